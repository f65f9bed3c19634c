"""What counts as out of date, and the sensor that catches up, on a real instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from tributary.assets.automation.asking import being_made
from tributary.assets.factory.specs import REFUSED
from tributary.automation.catching_up import catching_up
from tributary.freshness import behind, out_of_date


class World:
    """Three assets in a row on an instance of their own; `source` has the data version that the test sets."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.version = "1"
        self.fail = False

        @dg.asset(code_version="1")
        def source() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.version))

        @dg.asset(deps=[source], code_version="1")
        def table() -> None:
            if self.fail:
                raise dg.Failure("no")

        @dg.asset(deps=[table], code_version="1")
        def summary() -> None: ...

        self.assets: list[dg.AssetsDefinition] = [source, table, summary]
        self.defs = dg.Definitions(assets=self.assets, executor=dg.in_process_executor)

    def make(self, *names: str) -> None:
        dg.materialize(self.assets, instance=self.instance, selection=list(names) or None, raise_on_error=False)

    def tick(self, cursor: str | None = None) -> tuple[set[str], str | None]:
        context = dg.build_sensor_context(
            instance=self.instance, cursor=cursor, repository_def=self.defs.get_repository_def()
        )
        result = catching_up(context)
        if not isinstance(result, dg.SensorResult):
            return set(), context.cursor
        requests = result.run_requests or []
        keys = {key.to_user_string() for request in requests for key in request.asset_selection or ()}
        return keys, result.cursor

    @property
    def behind(self) -> list[str]:
        graph = self.defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
        return list(behind(graph, self.instance))


@pytest.fixture
def world() -> Iterator[World]:
    with dg.instance_for_test() as instance:
        yield World(instance)


def test_what_was_never_made_is_out_of_date_but_not_behind(world: World) -> None:
    assert out_of_date(world.defs, world.instance) == ["source", "table", "summary"]
    assert world.behind == []
    world.make()
    assert out_of_date(world.defs, world.instance) == []


def test_moved_inputs_put_everything_downstream_behind(world: World) -> None:
    world.make()
    world.version = "2"
    world.make("source")
    assert world.behind == ["table", "summary"]
    assert out_of_date(world.defs, world.instance) == ["table", "summary"]
    world.make("table", "summary")
    assert world.behind == []


def test_the_same_data_again_puts_nothing_behind(world: World) -> None:
    world.make()
    world.make("source")
    assert world.behind == []


def test_the_sensor_asks_once_for_what_is_behind(world: World) -> None:
    world.make()
    assert world.tick() == (set(), "")
    world.version = "2"
    world.make("source")
    asked, cursor = world.tick()
    assert asked == {"table", "summary"}
    world.fail = True
    world.make("table", "summary")
    assert world.tick(cursor)[0] == set()
    world.fail, world.version = False, "3"
    world.make("source")
    assert world.tick(cursor)[0] == {"table", "summary"}


def test_nothing_is_asked_for_while_a_run_goes_on(world: World) -> None:
    world.make()
    world.version = "2"
    world.make("source")
    job = world.defs.resolve_implicit_global_asset_job_def()
    key = dg.AssetKey("table")
    run = world.instance.create_run_for_job(job.get_subset(asset_selection={key}), asset_selection=frozenset([key]))
    assert being_made(world.instance) == {key}
    assert world.tick()[0] == set()
    world.instance.report_run_failed(run)
    assert world.tick()[0] == {"table", "summary"}


def test_runs_of_other_assets_hold_up_nothing(world: World) -> None:
    world.make()
    world.version = "2"
    world.make("source")

    @dg.asset
    def elsewhere() -> None: ...

    job = dg.Definitions(assets=[elsewhere]).resolve_implicit_global_asset_job_def()
    world.instance.create_run_for_job(job, asset_selection=frozenset([dg.AssetKey("elsewhere")]))
    assert world.tick()[0] == {"table", "summary"}


def test_a_new_partition_of_an_input_puts_what_reads_it_behind() -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]), code_version="1")
    def events() -> None: ...

    @dg.asset(deps=[events], code_version="1")
    def summary() -> None: ...

    defs = dg.Definitions(assets=[events, summary], executor=dg.in_process_executor)
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    with dg.instance_for_test() as instance:
        dg.materialize([events], instance=instance, partition_key="a")
        assert out_of_date(defs, instance) == ["summary"]
        dg.materialize([summary], instance=instance, selection=[summary])
        assert out_of_date(defs, instance) == []
        assert behind(graph, instance) == {}
        dg.materialize([events], instance=instance, partition_key="b")
        assert out_of_date(defs, instance) == ["summary"]
        assert list(behind(graph, instance)) == ["summary"]


def test_what_is_refused_for_now_is_asked_for_by_nobody_but_people() -> None:
    @dg.asset(code_version="1")
    def source() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(data_version=dg.DataVersion("2"))

    @dg.asset(deps=[source], code_version="1", tags={REFUSED: "true"})
    def broken() -> None: ...

    @dg.asset(deps=[source], code_version="1")
    def sound() -> None: ...

    @dg.asset(deps=[broken], code_version="1")
    def report() -> None: ...

    defs = dg.Definitions(assets=[source, broken, sound, report], executor=dg.in_process_executor)
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    with dg.instance_for_test() as instance:
        assert out_of_date(defs, instance) == ["source", "sound", "report"]
        dg.materialize([broken, sound, report], instance=instance)
        dg.materialize([source], instance=instance)
        assert list(behind(graph, instance)) == ["sound"]


@pytest.mark.parametrize(("seconds", "is_behind"), [(0.0, False), (30.0, True)])
def test_a_partition_made_while_the_table_was_being_made_was_not_read(seconds: float, is_behind: bool) -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]), code_version="1")
    def events() -> None: ...

    @dg.asset(deps=[events], code_version="1")
    def summary() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata={"seconds": seconds})

    defs = dg.Definitions(assets=[events, summary], executor=dg.in_process_executor)
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    with dg.instance_for_test() as instance:
        dg.materialize([events], instance=instance, partition_key="a")
        # The table is told of now, and began to be made so many seconds before.
        dg.materialize([summary], instance=instance, selection=[summary])
        assert (out_of_date(defs, instance) == ["summary"]) is is_behind
        assert (list(behind(graph, instance)) == ["summary"]) is is_behind
