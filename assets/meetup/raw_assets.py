"""The raw assets of the source `meetup`: a snapshot of the groups a day, and the events by the day of each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key, failure
from tributary.assets.factory.object_step import Told, object_step, warning
from tributary.assets.factory.partition_rows import row_counts
from tributary.assets.factory.specs import MISSING, object_spec
from tributary.assets.meetup.api.opening import Meetup
from tributary.assets.meetup.arrivals import (
    MEETUP_EVENTS,
    MEETUP_GROUPS,
    RAW_EVENTS,
    RAW_GROUPS,
    UNDATED_EVENTS,
    VANISHED_EVENTS,
)
from tributary.assets.meetup.backfill import Backfill
from tributary.assets.meetup.origin import claim
from tributary.assets.meetup.partitions import EVENT_DAYS, days_between, days_of, key_of
from tributary.resources.dagster_internals.assets import tell_partitions
from tributary.resources.errors import TributaryError
from tributary.resources.lake.model import Lake

MEETUP_API = "meetup"
POOL = "meetup"
"""The pool that lets one run pull at a time."""

SEARCH_TELLS_ALL = "search_tells_all"
EVERY_EVENT_HAS_A_DAY = "every_event_has_a_day"
EVERY_GROUP_ANSWERED = "every_group_answered"
NO_EVENT_DISAPPEARED = "no_event_disappeared"
_QUOTED = 20


def raw_groups_asset() -> dg.AssetsDefinition:
    """The asset that takes today's snapshot of the groups; its data version is the object's SHA-256."""
    key = asset_key(MEETUP_GROUPS)
    spec = object_spec(
        MEETUP_GROUPS,
        source="meetup",
        description="Groups around the place of the settings on its topics, as Meetup's API gives them: JSON lines "
        f"sorted by id, one object a day (UTC) under `{RAW_GROUPS}YYYY/MM/`, replaced within the day.",
        kinds=("json", "graphql"),
        defined_in=Path(__file__).with_name("snapshots.py"),
        code_version="1",
    )
    tells_all = dg.AssetCheckSpec(
        SEARCH_TELLS_ALL,
        asset=key,
        description="Meetup told all groups of every topic, however small the circle had to be made.",
    )
    answered = dg.AssetCheckSpec(
        EVERY_GROUP_ANSWERED,
        asset=key,
        description="Each topic's search and each group known before gave an answer, in full. What is known of one "
        "that did not stays, and it is asked again with the next snapshot.",
    )

    @object_step(spec, checks=[tells_all, answered], pool=POOL)
    def run(lake: dg.ResourceParam[Lake], meetup: dg.ResourceParam[Meetup]) -> Told:
        from tributary.assets.meetup.snapshots import take_snapshot

        client = meetup.client()
        claim(lake, meetup.origin)
        taken = take_snapshot(client, meetup.search, lake, today())
        yield warning(key, SEARCH_TELLS_ALL, not taken.capped, {"topics not told in full": ", ".join(taken.capped)})
        yield warning(
            key,
            EVERY_GROUP_ANSWERED,
            not taken.unreached and not taken.failed_fields,
            {"no answer": _told(taken.unreached), "fields not given": _told(taken.failed_fields)},
        )
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": taken.groups,
                "groups gone": ", ".join(taken.gone),
                "groups silent": ", ".join(taken.unreached),
                "calls": taken.calls,
                "bytes": taken.bytes,
                "object": lake.url(taken.key),
            },
            data_version=dg.DataVersion(taken.sha256),
        )

    return run


def raw_events_asset() -> dg.AssetsDefinition:
    """The asset that pulls the events of some days; its data version is of their objects' keys and bytes."""
    key = asset_key(MEETUP_EVENTS)
    spec = object_spec(
        MEETUP_EVENTS,
        source="meetup",
        description="Events of the known groups, as Meetup's API gives them: JSON lines sorted by token, one object a "
        f"day (where the group is) under `{RAW_EVENTS}YYYY/MM/`; a day without events has an empty one. Pulling a day "
        "again replaces its object by what Meetup says now; of groups that are gone or do not answer it keeps what it "
        f"held. Events without a start that can be read are in `{UNDATED_EVENTS}`, those that disappeared under "
        f"`{VANISHED_EVENTS}`.",
        kinds=("json", "graphql"),
        defined_in=Path(__file__).with_name("pull.py"),
        code_version="1",
        deps=(MEETUP_GROUPS,),
        partitions=EVENT_DAYS,
    )
    dated = dg.AssetCheckSpec(
        EVERY_EVENT_HAS_A_DAY,
        asset=key,
        description="Every event that Meetup told has a start that can be read, and so a day to be put to. Others are "
        f"in `{UNDATED_EVENTS}`, and in quarantine.",
    )
    answered = dg.AssetCheckSpec(
        EVERY_GROUP_ANSWERED,
        asset=key,
        description="Every group gave its events, in full. Of one that did not, what was pulled before stays; pull the "
        "days again when it does.",
    )
    stayed = dg.AssetCheckSpec(
        NO_EVENT_DISAPPEARED,
        asset=key,
        description="Every event that was pulled before is still listed by Meetup. One that is not was deleted, or "
        "moved to a day that is not pulled now: it leaves its day, and is kept as it last was under "
        f"`{VANISHED_EVENTS}`.",
    )

    @object_step(spec, checks=[dated, answered, stayed], pool=POOL)
    def run(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], meetup: dg.ResourceParam[Meetup]) -> Told:
        only_missing = context.run.tags.get(MISSING) == "true"
        client = meetup.client()
        claim(lake, meetup.origin)
        work = Backfill(client, lake, days_between(*days_of(context)), today(), only_missing=only_missing)
        with _noting_what_is_done(context, work):
            for told in work.years():
                context.log.info(told)
        yield warning(
            key, EVERY_EVENT_HAS_A_DAY, not work.undated, {"some events without a day": ", ".join(work.undated)}
        )
        silent = {**work.silent, **work.gone}
        yield warning(
            key,
            EVERY_GROUP_ANSWERED,
            not silent and not work.failed_fields,
            {"no answer": _told(silent), "some events' fields not given": _told(work.failed_fields)},
        )
        lost = work.vanished
        named = {token: str(day) for day, token in lost[:_QUOTED]}
        yield warning(
            key,
            NO_EVENT_DISAPPEARED,
            not lost,
            {"disappeared": len(lost), "some of them, and their days": _told(named)},
        )
        tell_partitions(context, key, row_counts(list(work.rows), work.rows))
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={**work.metadata(), "prefix": lake.url(RAW_EVENTS.rstrip("/"))},
            data_version=dg.DataVersion(work.version),
        )

    return run


def _told(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


@contextmanager
def _noting_what_is_done(context: dg.AssetExecutionContext, work: Backfill) -> Iterator[None]:
    """Have Dagster know the days that are done where not all of them will be, however that comes about.

    A step that fails marks none of its partitions as made; one that succeeds marks all of them by itself.
    """
    try:
        yield
    except BaseException as error:
        for day in work.done:
            context.log_event(dg.AssetMaterialization(asset_key(MEETUP_EVENTS), partition=key_of(day)))
        if isinstance(error, TributaryError):
            raise failure(work.interrupted(error)) from error
        raise


def today() -> date:
    """The day in UTC, under which a snapshot is kept."""
    return datetime.now(tz=UTC).date()
