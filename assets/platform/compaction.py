"""The asset that puts small raw objects of past hours together, and its schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

import dagster as dg

from tributary.resources.lake.bundles import BundledLake
from tributary.resources.lake.model import Lake
from tributary.resources.stream.naming import EVENTS

KEY = dg.AssetKey(["platform", "raw_compaction"])
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


@dg.asset(
    key=KEY,
    group_name="platform",
    kinds={"json"},
    pool="raw_compaction",
    description=f"Small event objects of each hour, {DAYS} days later put together into one file. They are read as "
    "before, under their keys; receipts, the ledger and the quarantine stay true.",
)
def raw_compaction(lake: dg.ResourceParam[BundledLake]) -> dg.MaterializeResult[None]:
    """Objects of an hour that were put together in one run go in the next one."""
    hours = list(past_hours(lake.single, datetime.now(UTC)))
    went = [lake.bundle(place) for place in hours]
    return dg.MaterializeResult(metadata={"hours": len(hours), "files_saved": sum(went)})


nightly_compaction = dg.ScheduleDefinition(
    name="nightly_compaction",
    target=[KEY],
    cron_schedule="53 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night puts small event objects of past hours together.",
)
