"""How tables follow what they read: the real condition, evaluated look by look on a real instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from tributary.assets.factory.following import FOLLOW, PARTITIONED, follow
from tributary.assets.factory.specs import REFUSED

HOURS = dg.StaticPartitionsDefinition(["a", "b", "c"])


class World:
    """`source` → `table` → `summary`, and `hours` → `total`, on an instance of their own.

    `source` and `hours` have the data version that the test sets; what is in `during` is called while `table` is made.
    """

    def __init__(self, instance: dg.DagsterInstance, follow: dg.AutomationCondition[Any] = FOLLOW) -> None:
        self.instance = instance
        self.version = "1"
        self.fail = False
        self.during: Callable[[], None] = lambda: None

        @dg.asset(code_version="1")
        def source() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.version))

        @dg.asset(deps=[source], code_version="1", automation_condition=follow)
        def table() -> None:
            self.during()
            if self.fail:
                raise dg.Failure("no")

        @dg.asset(deps=[table], code_version="1", automation_condition=follow)
        def summary() -> None: ...

        @dg.asset(deps=[source], code_version="1", tags={REFUSED: "true"})
        def refused() -> None: ...

        @dg.asset(
            partitions_def=HOURS,
            code_version="1",
            tags={PARTITIONED: "true"},
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def hours() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.version))

        @dg.asset(deps=[hours], code_version="1", automation_condition=follow)
        def total() -> None: ...

        self.assets: list[dg.AssetsDefinition] = [source, table, summary, refused, hours, total]
        self.sensor = dg.AutomationConditionSensorDefinition(
            "automation", target=dg.AssetSelection.all(), use_user_code_server=True
        )
        self.defs = dg.Definitions(assets=self.assets, sensors=[self.sensor], executor=dg.in_process_executor)
        self.cursor: str | None = None

    def make(self, *names: str, **options: Any) -> None:
        dg.materialize(self.assets, instance=self.instance, selection=list(names), raise_on_error=False, **options)

    def make_everything(self) -> None:
        self.make("source", "table", "summary", "refused")
        self.make("hours", partition_key="a")
        self.make("total")
        assert self.look() == set()

    def look(self) -> set[str]:
        """One tick of the sensor; the assets that it asks for."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, repository_def=self.defs.get_repository_def()
        )
        result = self.sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        requests = result.run_requests or []
        return {key.to_user_string() for request in requests for key in request.asset_selection or ()}

    def follow(self) -> set[str]:
        """One tick, and the run that it asks for."""
        asked = self.look()
        if asked:
            self.make(*asked)
        return asked


@pytest.fixture
def world() -> Iterator[World]:
    with dg.instance_for_test() as instance:
        found = World(instance)
        found.make_everything()
        yield found


def test_a_change_is_followed_once_by_everything_downstream_in_one_run(world: World) -> None:
    world.version = "2"
    world.make("source")
    assert world.follow() == {"table", "summary"}
    assert world.follow() == set()


def test_what_was_made_again_and_says_the_same_is_followed_by_nothing(world: World) -> None:
    world.make("source")
    world.make("hours", partition_key="a")
    assert world.look() == set()


def test_an_input_that_is_updated_while_the_table_is_being_made_is_not_lost(world: World) -> None:
    def update() -> None:
        world.version = "2"
        world.make("source")

    world.during = update
    world.make("table")
    world.during = lambda: None
    assert world.follow() == {"table", "summary"}
    assert world.follow() == set()


def test_an_input_that_is_updated_while_the_run_that_was_asked_for_goes_on_is_not_lost(world: World) -> None:
    def update() -> None:
        world.during = lambda: None
        world.version = "3"
        world.make("source")

    world.version, world.during = "2", update
    world.make("source")
    assert world.follow() == {"table", "summary"}
    assert world.follow() == {"table", "summary"}
    assert world.follow() == set()


def test_what_another_run_made_of_the_change_is_not_made_again(world: World) -> None:
    world.version = "2"
    world.make("source")
    world.make("table")
    world.make("summary")
    assert world.look() == set()
    world.version = "3"
    world.make("source", "table", "summary")
    assert world.look() == set()


def test_what_failed_is_asked_for_again_only_when_its_inputs_change(world: World) -> None:
    world.version, world.fail = "2", True
    world.make("source")
    assert world.follow() == {"table", "summary"}
    assert world.follow() == set()
    world.version, world.fail = "3", False
    world.make("source")
    assert world.follow() == {"table", "summary"}
    assert world.follow() == set()


def test_what_failed_in_the_run_that_made_its_input_is_not_asked_for_either(world: World) -> None:
    world.version, world.fail = "2", True
    world.make("source", "table", "summary")
    assert world.look() == set()


def test_a_memory_that_was_lost_costs_no_update(world: World) -> None:
    world.version = "2"
    world.make("source")
    world.cursor = None
    assert world.follow() == {"table", "summary"}


def test_nothing_is_asked_for_while_a_run_makes_it(world: World) -> None:
    world.version = "2"
    world.make("source")
    job = world.defs.resolve_implicit_global_asset_job_def()
    keys = frozenset([dg.AssetKey("table"), dg.AssetKey("summary")])
    run = world.instance.create_run_for_job(job.get_subset(asset_selection=set(keys)), asset_selection=keys)
    assert world.look() == set()
    world.instance.delete_run(run.run_id)
    assert world.look() == {"table", "summary"}


def test_each_changed_partition_of_an_input_is_followed_once(world: World) -> None:
    world.version = "2"
    world.make("hours", partition_key="a")
    assert world.follow() == {"total"}
    world.make("hours", partition_key="b")
    assert world.follow() == {"total"}
    assert world.follow() == set()


def test_a_run_over_many_partitions_that_made_the_table_too_is_followed_by_nothing(world: World) -> None:
    world.version = "2"
    world.make(
        "hours", "total", tags={"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": "c"}
    )
    assert len(world.instance.get_materialized_partitions(dg.AssetKey("hours"))) == 3
    assert world.look() == set()


def test_what_is_refused_is_left_alone_and_what_is_missing_waits_for_an_arrival() -> None:
    with dg.instance_for_test() as instance:
        world = World(instance)
        world.make("refused")
        assert world.look() == set()
        world.make("source")
        assert world.follow() == {"table", "summary"}
        assert world.follow() == set()


def test_of_a_windowed_table_the_newest_partition_follows() -> None:
    days = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-04")
    version = "1"

    @dg.asset(partitions_def=days, tags={PARTITIONED: "true"}, code_version="1")
    def events() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(data_version=dg.DataVersion(version))

    @dg.asset(code_version="1")
    def names() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(data_version=dg.DataVersion(version))

    @dg.asset(
        partitions_def=days,
        deps=[events, names],
        tags={PARTITIONED: "true"},
        code_version="1",
        automation_condition=FOLLOW,
    )
    def fact() -> None: ...

    assets = [events, names, fact]
    with dg.instance_for_test() as instance:

        def make(asset: dg.AssetsDefinition, day: str | None) -> None:
            dg.materialize(assets, instance=instance, selection=[asset], partition_key=day)

        cursor = None

        def looked() -> set[str]:
            nonlocal cursor
            result = dg.evaluate_automation_conditions(
                assets, instance, cursor=cursor, evaluation_time=datetime(2024, 1, 10, tzinfo=UTC)
            )
            cursor = result.cursor
            found = result.get_requested_partitions(fact.key)
            for day in found:
                make(fact, day)
            return {str(day) for day in found}

        make(names, None)
        for day in ("2024-01-02", "2024-01-03"):
            make(events, day)
            make(fact, day)
        assert looked() == set()
        version = "2"
        make(events, "2024-01-02")
        assert looked() == set()
        make(events, "2024-01-03")
        assert looked() == {"2024-01-03"}
        make(names, None)
        assert looked() == {"2024-01-03"}
        assert looked() == set()


def test_a_table_with_a_pace_takes_up_changes_at_the_full_hour() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        _at_the_full_hour(World(instance, follow("hourly")))


def _at_the_full_hour(world: World) -> None:
    world.make("source", "table", "summary", "refused")
    world.make("hours", partition_key="a")
    world.make("total")
    cursor: Any = None

    def asked(clock: str) -> int:
        nonlocal cursor
        result = dg.evaluate_automation_conditions(
            world.defs,
            world.instance,
            asset_selection=dg.AssetSelection.assets("table"),
            evaluation_time=datetime.fromisoformat(f"2026-03-01T{clock}+00:00"),
            cursor=cursor,
        )
        cursor = result.cursor
        return result.total_requested

    assert asked("10:05") == 0
    world.version = "2"
    world.make("source")
    assert [asked(clock) for clock in ("10:06", "10:59", "11:01")] == [0, 0, 1]
    world.make("table")
    assert [asked(clock) for clock in ("11:02", "12:01")] == [0, 0]
    world.version = "3"
    world.make("source")
    assert [asked(clock) for clock in ("12:30", "13:00")] == [0, 1]
