"""Makes the raw asset of a source that is pulled day by day: an object a day in the lake, put only where it is new."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import cast

import dagster as dg

from tributary.assets.factory.loading import LAKE
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.objects import DAY, DailyObjects
from tributary.assets.factory.specs import MISSING, object_spec
from tributary.assets.parts import Due, KeyRange, RangesOfSources
from tributary.resources.lake.model import Lake


def daily_asset(
    key: str,
    days: DailyObjects,
    fetch: Callable[[date], bytes],
    *,
    source: str,
    description: str,
    defined_in: str,
    kinds: Sequence[str] = ("json",),
    code_version: str = "1",
) -> dg.AssetsDefinition:
    """The asset whose objects are what `fetch` gives for each day of a run, empty where nothing happened.

    A day that says the same is not put again, so that nothing follows from it. Where a day fails, those before it stay
    and count as made; a run for `--missing` ones leaves days that are in the lake.
    """
    spec = object_spec(
        key,
        source=source,
        description=description,
        kinds=kinds,
        defined_in=Path(defined_in),
        code_version=code_version,
        partitions=days.partitions(),
    )

    @object_step(spec)
    def run(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Told:
        missing = context.run.tags.get(MISSING) == "true"
        done: list[str] = []
        digest, put = hashlib.sha256(), 0
        try:
            for name in context.partition_keys:
                place = days.key(date.fromisoformat(name))
                held = lake.get(place) if lake.head(place) is not None else None
                data = held if missing and held is not None else fetch(date.fromisoformat(name))
                if data != held:
                    lake.put(place, data)
                    put += 1
                digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
                done.append(name)
        except BaseException:
            # A step that fails, however that comes about, marks none of its partitions as made.
            for name in done:
                context.log_event(dg.AssetMaterialization(spec.key, partition=name))
            raise
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={"days": len(done), "objects changed": put, "prefix": lake.url(days.prefix.rstrip("/"))},
            data_version=dg.DataVersion(digest.hexdigest()),
        )

    return run


def due_days(days: DailyObjects) -> Due:
    """Says which days are due: those up to yesterday that have no object; all of them, where all are asked for."""

    def due(resources: Mapping[str, object], everything: bool) -> Sequence[KeyRange]:
        held = set() if everything else {day for day, _ in days.between(cast("Lake", resources[LAKE]))}
        count = (datetime.now(tz=UTC).date() - days.first).days
        return _ranges([day for day in (days.first + n * DAY for n in range(count)) if day not in held])

    return due


def days_of_objects(days: DailyObjects) -> RangesOfSources:
    """Says which days some objects are of."""
    return lambda names: _ranges(sorted({day for day in map(days.day, names) if day is not None}))


def _ranges(days: Sequence[date]) -> list[KeyRange]:
    """The days, which are in order, as ranges without gaps."""
    runs = groupby(enumerate(days), key=lambda found: found[1].toordinal() - found[0])
    spans = ([day for _, day in run] for _, run in runs)
    return [KeyRange(span[0].isoformat(), span[-1].isoformat()) for span in spans]
