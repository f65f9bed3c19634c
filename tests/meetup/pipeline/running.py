"""Runs of the domain's assets against a made-up Meetup over real HTTP, on a real instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import httpx
from tests.meetup.faults import FaultPlan

from tributary.assets.meetup.api.opening import Meetup, open_meetup
from tributary.assets.meetup.arrivals import RAW_EVENTS, event_key
from tributary.assets.meetup.canonical import lines_of, node_of
from tributary.assets.meetup.raw_assets import MEETUP_EVENTS, MEETUP_GROUPS, raw_events_asset, raw_groups_asset
from tributary.assets.meetup.staged_events import staged_events_asset
from tributary.assets.meetup.staged_groups import staged_groups_asset
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.tables import EVENTS, GROUP_TOPICS, GROUPS, VENUES
from tributary.resources.lake.model import Lake
from tributary.resources.settings import Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NOW = datetime(2019, 1, 1, tzinfo=UTC)
TOPICS = "python,data science,machine learning,javascript,cloud,women in tech,startup,hiking,rust,design"
RAW = (raw_groups_asset(), raw_events_asset())
STAGED = (
    *(staged_groups_asset(table) for table in (GROUPS, GROUP_TOPICS)),
    *(staged_events_asset(table) for table in (EVENTS, VENUES)),
)
RAW_EVENTS_KEY = dg.AssetKey(MEETUP_EVENTS.split("."))
RAW_GROUPS_KEY = dg.AssetKey(MEETUP_GROUPS.split("."))
_START, _END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass
class Bench:
    """Everything a run of the domain needs."""

    simulator: RunningSimulator
    home: Path
    lake: Lake
    instance: dg.DagsterInstance
    warehouse: PostgresWarehouse | None = None

    @property
    def settings(self) -> Settings:
        """Settings under which the simulator stands in for Meetup."""
        port = urlsplit(self.simulator.base).port
        return Settings(_env_file=None, home=self.home, meetup_port=port, meetup_topics=TOPICS)

    @property
    def meetup(self) -> Meetup:
        """The resource."""
        return open_meetup(self.settings)

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
