"""Runs of the source's assets against a made-up Meetup over real HTTP, on a real instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import httpx
from tests.meetup.faults import FaultPlan

from tributary.assets.factory.object_loading import Loaded, Reading, load
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import DAY, Span
from tributary.assets.meetup.api.opening import Meetup, open_meetup
from tributary.assets.meetup.arrivals import MEETUP_EVENTS, MEETUP_GROUPS, RAW_EVENTS, event_key
from tributary.assets.meetup.canonical import lines_of, node_of
from tributary.assets.meetup.raw_assets import raw_events_asset, raw_groups_asset
from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.meetup.staged_assets import STAGED as TABLES
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.resources.lake.model import Lake
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import WriteReport
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table

NOW = datetime(2019, 1, 1, tzinfo=UTC)
TOPICS = "python,data science,machine learning,javascript,cloud,women in tech,startup,hiking,rust,design"
RAW = (raw_groups_asset(), raw_events_asset())
STAGED = tuple(one.asset() for one in TABLES)
RAW_EVENTS_KEY = dg.AssetKey(MEETUP_EVENTS.split("."))
RAW_GROUPS_KEY = dg.AssetKey(MEETUP_GROUPS.split("."))
_START, _END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass
class Bench:
    """Everything a run of the source needs."""

    simulator: RunningSimulator
    home: Path
    lake: Lake
    instance: dg.DagsterInstance
    warehouse: PostgresWarehouse | None = None

    @property
    def settings(self) -> Settings:
        """The platform's settings, under which the simulator stands in for Meetup."""
        return Settings(_env_file=None, home=self.home)

    def searching(self, topics: str = TOPICS) -> Meetup:
        """The resource, which looks for groups on some topics."""
        port = urlsplit(self.simulator.base).port
        return open_meetup(self.settings, MeetupSettings(_env_file=None, port=port, topics=topics))

    @property
    def meetup(self) -> Meetup:
        """The resource."""
        return self.searching()

    def run(
        self,
        first: date | str,
        last: date | str,
        assets: tuple[dg.AssetsDefinition, ...] = RAW,
        tags: dict[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """One run of some assets over a range of days; it may fail."""
        resources: dict[str, Any] = {"lake": self.lake, "meetup": self.meetup, "warehouse": self.warehouse}
        return dg.materialize(
            assets,
            instance=self.instance,
            resources=resources,
            tags={_START: str(first), _END: str(last), **(tags or {})},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )

    def faults(self, plan: FaultPlan) -> None:
        """Put a plan of faults in force."""
        self.simulator.simulation.faults.follow(plan)

    def go_to(self, now: datetime) -> None:
        """Set the world's time."""
        httpx.post(f"{self.simulator.base}/now", json={"now": now.isoformat()}, trust_env=False).raise_for_status()

    def objects(self) -> dict[str, bytes]:
        """The objects of events, by key."""
        keys = [found.key for found in self.lake.list(RAW_EVENTS)]
        return dict(self.lake.get_many(keys))

    def tokens(self, day: date) -> set[str]:
        """The events in a day's object."""
        return {str(node_of(line)["token"]) for line in lines_of(self.lake.get(event_key(day)))}


def _staged(table: Table) -> ObjectTable:
    return next(one for one in TABLES if one.table.key == table.key)


def load_days(
    warehouse: PostgresWarehouse, lake: Lake, table: Table, first: date, last: date, *, force: bool = False
) -> tuple[WriteReport, Loaded, Reading]:
    """Load the objects of some days; the report, what was done, and what was read."""
    start, end = (datetime.combine(day, time(), UTC) for day in (first, last + DAY))
    done = load(_staged(table), warehouse, lake, Span(start, end), force=force)
    return done.report, done, done.reading


def load_snapshots(
    warehouse: PostgresWarehouse, lake: Lake, table: Table, *, force: bool = False, replay: bool = False
) -> tuple[WriteReport, Reading]:
    """Load the snapshots that were not loaded yet; the report, and what was read."""
    done = load(_staged(table), warehouse, lake, force=force, replay=replay)
    return done.report, done.reading


def metadata_of(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, Any]:
    """What the last materialisation of an asset told."""
    events = result.asset_materializations_for_node("__".join(key.path))
    return {name: found.value for name, found in events[-1].metadata.items()}


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """The sentence with which the first step failed."""
    data = result.get_step_failure_events()[0].step_failure_data
    return (data.user_failure_data.description if data.user_failure_data else None) or str(data.error)


def check_of(result: dg.ExecuteInProcessResult, name: str, key: dg.AssetKey) -> bool:
    """Whether a check of an asset passed."""
    found = [one for one in result.get_asset_check_evaluations() if one.check_name == name and one.asset_key == key]
    return found[-1].passed
