"""The asset that puts small raw objects of past hours together, and its schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import dagster as dg

from tributary.assets.factory.dagster_events import IN_SHORT, asset_key
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.specs import object_spec
from tributary.resources.lake.bundles import BundledLake
from tributary.resources.lake.model import Lake
from tributary.resources.stream.naming import EVENTS
from tributary.resources.wording import count

KEY = "platform.raw_compaction"
_HOUR = re.compile(r"\d{4}/\d\d/\d\d/\d\d/")
DAYS = 7
"""Days after which an hour's objects are put together: what comes later still is put to them."""


def past_hours(lake: Lake, now: datetime) -> Iterator[str]:
    """The folders of hours before `DAYS` ago in which objects lie by themselves."""
    end = f"{EVENTS}{now - timedelta(days=DAYS):%Y/%m/%d/%H}/"
    for place, _ in groupby(info.key.rpartition("/")[0] + "/" for info in lake.list(EVENTS)):
        if place >= end:
            return
        if _HOUR.fullmatch(place.removeprefix(EVENTS)):
            yield place


@object_step(
    object_spec(
        KEY,
        source="platform",
        kinds=("json",),
        description=f"Small event objects of each hour, {DAYS} days later put together into one file. They are read as "
        "before, under their keys; receipts, the ledger and the quarantine stay true.",
        defined_in=Path(__file__),
        code_version="1",
    ),
    pool="raw_compaction",
)
def raw_compaction(lake: dg.ResourceParam[BundledLake]) -> Told:
    """Objects of an hour that were put together in one run go in the next one."""
    hours = list(past_hours(lake.single, datetime.now(UTC)))
    saved = sum([lake.bundle(place) for place in hours])
    told = {IN_SHORT: f"{count(saved, 'file')} fewer in {count(len(hours), 'hour')}"}
    yield dg.MaterializeResult(asset_key=asset_key(KEY), metadata={**told, "hours": len(hours), "files_saved": saved})


@dg.schedule(
    name="nightly_compaction",
    cron_schedule="53 3 * * *",
    job_name="platform",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night puts small event objects of past hours together.",
)
def nightly_compaction(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run of this asset alone."""
    return dg.RunRequest(asset_selection=[asset_key(KEY)])
