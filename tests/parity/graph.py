"""The graph made twice, on Postgres and on another engine, of the same sources, each on its own upstream rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import dagster as dg
import pytest
from tests.parity import hostile
from tests.running_trino import RunningTrino

from tributary.assets.meetup.api.opening import open_meetup
from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.server import Simulation
from tributary.assets.meetup.standin.world import World
from tributary.assets.pledges.standin.make import make_sample as make_pledges
from tributary.assets.retail.standin import make_retail_sample
from tributary.assets.sneakers.app.database import open_engine
from tributary.assets.sneakers.standin.make import make_sample as make_sneakers
from tributary.assets.social.standin import make_social_sample
from tributary.platform import Platform, load_platform
from tributary.resources.lake.model import Lake
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.warehouse import Warehouse

NOW = datetime(2019, 1, 1, tzinfo=UTC)
UNTIL = datetime(2026, 3, 4, tzinfo=UTC)
ODD_HOUR = datetime(2026, 3, 2, 7, tzinfo=UTC)
MEETUP_DAYS = ("2018-11-20", "2018-12-31")
SOCIAL_HOURS = ("2026-03-02-00:00", "2026-03-03-23:00")
SOCIAL_LATER = ("2026-03-02-06:00", "2026-03-02-07:00")
"""The hours of the later delivery, as the sensor asks for them."""

_START, _END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_TOPICS = "python,data science,machine learning,javascript,cloud,women in tech,startup,hiking,rust,design"
_NOT_HERE = (
    "raw/json_meetup_groups",
    "raw/json_meetup_events",
    "platform/table_maintenance",
    "platform/raw_compaction",
)
"""Assets that are made of no warehouse, or of its files."""


@dataclass
class Side:
    """One engine's graph: what was told of it when it was made."""

    name: str
    settings: Settings
    platform: Platform
    instance: dg.DagsterInstance
    checks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    told: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @cached_property
    def resources(self) -> dict[str, Any]:
        """The resources of the settings."""
        return {**self.platform.resources(self.settings), "io_manager": dg.mem_io_manager}

    @cached_property
    def _job(self) -> dg.JobDefinition:
        defs = dg.Definitions(self.platform.assets, resources=self.resources, executor=dg.in_process_executor)
        return defs.resolve_implicit_global_asset_job_def()

    @property
    def warehouse(self) -> Warehouse:
        """Its warehouse."""
        found: Warehouse = self.resources["warehouse"]
        return found

    @property
    def lake(self) -> Lake:
        """Its lake."""
        found: Lake = self.resources["lake"]
        return found

    def upstream(self, targets: Collection[str]) -> set[str]:
        """Assets, and all that they are made of."""
        graph = {spec.key: spec.deps for asset in self.platform.assets for spec in asset.specs}
        found, left = set[dg.AssetKey](), [dg.AssetKey.from_user_string(one) for one in targets]
        while left:
            key = left.pop()
            if key not in found:
                found.add(key)
                left += [dep.asset_key for dep in graph[key]]
        return {key.to_user_string() for key in found}

    def make(
        self, *groups: str, partitions: tuple[str, str] | None = None, only: Collection[str] | None = None
    ) -> None:
        """Materialise the assets of some sources, or a few of these; what fails is noted, and fails the comparison."""
        keys = [
            spec.key
            for asset in self.platform.assets
            for spec in asset.specs
            if spec.group_name in groups
            and spec.key.path[0] != "reports"
            and spec.key.to_user_string() not in _NOT_HERE
            and (only is None or spec.key.to_user_string() in only)
        ]
        tags = {} if partitions is None else dict(zip((_START, _END), partitions, strict=True))
        job = self._job.get_subset(asset_selection=set(keys))
        done = job.execute_in_process(_QUIET, self.instance, tags=tags, raise_on_error=False)
        for event in done.get_step_failure_events():
            data = event.step_failure_data
            told = data.user_failure_data.description if data.user_failure_data else None
            self.failures.append(f"{self.name}: {event.step_key} failed: {told or str(data.error).splitlines()[0]}")
        for one in done.get_asset_check_evaluations():
            told_of = {name: value.value for name, value in one.metadata.items() if name != "offending rows"}
            self.checks[one.asset_key.to_user_string(), one.check_name] = {"passed": one.passed, **told_of}
        for event in done.get_asset_materialization_events():
            made = event.step_materialization_data.materialization
            self.told[made.asset_key.to_user_string()] = {name: value.value for name, value in made.metadata.items()}


@contextmanager
def both(trino: RunningTrino) -> Iterator[tuple[Side, Side]]:
    """The graph on Postgres and on Trino: made, and what follows from a later delivery made again."""
    home = trino.settings.home
    local = trino.settings.model_copy(update={"warehouse": "postgres"})
    with whole(
        local, trino.settings.model_copy(update={"lake_url": str(home / "lake-trino")}), trino.databases
    ) as sides:
        yield sides


@contextmanager
def pair(local: Settings, other: Settings) -> Iterator[tuple[Side, Side]]:
    """The two sides, of which nothing is made yet."""
    platform = load_platform()
    with dg.DagsterInstance.ephemeral() as one, dg.DagsterInstance.ephemeral() as two:
        yield Side("postgres", local, platform, one), Side(other.warehouse, other, platform, two)


def copy_lake(source: Lake, target: Lake) -> None:
    """Put all objects of one lake into another."""
    for info in source.list(""):
        target.put(info.key, source.get(info.key))


@contextmanager
def whole(local: Settings, other: Settings, databases: Databases) -> Iterator[tuple[Side, Side]]:
    """All that there is on both sides, in one home: made, and what follows from a later delivery made again."""
    home = local.home
    with pair(local, other) as sides:
        _make_sources(local, databases, sides[0].lake)
        copy_lake(sides[0].lake, sides[1].lake)
        for side in sides:
            side.make("calendar", "retail", "pledges", "sneakers")
            side.make("meetup", partitions=MEETUP_DAYS)
            side.make("social", partitions=SOCIAL_HOURS)
        pledges = home / "sample" / "pledges"
        hostile.put_later(sides[0].lake, ODD_HOUR, pledges)
        hostile.put_later(sides[1].lake, ODD_HOUR, pledges)
        for side in sides:
            side.make("pledges")
            side.make("social", partitions=SOCIAL_LATER)
            side.make("platform")
        yield sides


def _make_sources(settings: Settings, databases: Databases, lake: Lake) -> None:
    home = settings.home
    make_retail_sample(home / "sample" / "retail", 0.001)
    hostile.put_retail(home / "sample" / "retail")
    make_pledges(home / "sample" / "pledges", 400)
    hostile.put_pledges(home / "sample" / "pledges")
    engine = open_engine(databases.sqlalchemy_url("app"))
    make_sneakers(engine, date(2026, 1, 1))
    engine.dispose()
    hostile.put_sneakers(databases)
    make_social_sample(lake, until=UNTIL, days=2)
    hostile.put_social(lake, ODD_HOUR)
    _pull_meetup(settings, lake)
    hostile.put_meetup(lake)


def _pull_meetup(settings: Settings, lake: Lake) -> None:
    from tributary.assets.meetup.raw_assets import raw_events_asset, raw_groups_asset

    with RunningSimulator(Simulation(World(seed=1, groups=14), now=NOW)) as running:
        port = int(running.base.rpartition(":")[2])
        meetup = open_meetup(settings, MeetupSettings(_env_file=None, port=port, topics=_TOPICS))
        done = dg.materialize(
            [raw_groups_asset(), raw_events_asset()], resources={"lake": lake, "meetup": meetup}, run_config=_QUIET,
            tags=dict(zip((_START, _END), MEETUP_DAYS, strict=True)),
        )  # fmt: skip
    if not done.success:
        pytest.fail("the simulated Meetup could not be pulled")
