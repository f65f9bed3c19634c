"""What counts as out of date, and what is being made, on a real instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from tributary.assets.automation.asking import being_made
from tributary.assets.factory.specs import REFUSED
from tributary.freshness import out_of_date


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


@pytest.fixture
def world() -> Iterator[World]:
    with dg.instance_for_test() as instance:
        yield World(instance)


def test_what_was_never_made_is_out_of_date(world: World) -> None:
    assert out_of_date(world.defs, world.instance) == ["source", "table", "summary"]
    world.make()
    assert out_of_date(world.defs, world.instance) == []


def test_changed_inputs_put_everything_downstream_out_of_date(world: World) -> None:
    world.make()
    world.version = "2"
    world.make("source")
    assert out_of_date(world.defs, world.instance) == ["table", "summary"]
    world.make("table", "summary")
    assert out_of_date(world.defs, world.instance) == []


def test_the_same_data_again_puts_nothing_out_of_date(world: World) -> None:
    world.make()
    world.make("source")
    assert out_of_date(world.defs, world.instance) == []


def test_what_announced_and_starting_runs_are_to_make_is_being_made(world: World) -> None:
    job = world.defs.resolve_implicit_global_asset_job_def()
    for status, name in ((dg.DagsterRunStatus.MANAGED, "table"), (dg.DagsterRunStatus.STARTING, "summary")):
        key = dg.AssetKey(name)
        world.instance.create_run_for_job(
            job.get_subset(asset_selection={key}), asset_selection=frozenset([key]), status=status
        )
    assert being_made(world.instance) == {dg.AssetKey("table"), dg.AssetKey("summary")}
    for run in world.instance.get_runs():
        world.instance.report_run_failed(run)
    assert being_made(world.instance) == set()


def test_a_new_partition_of_an_input_puts_what_reads_it_out_of_date() -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]), code_version="1")
    def events() -> None: ...

    @dg.asset(deps=[events], code_version="1")
    def summary() -> None: ...

    defs = dg.Definitions(assets=[events, summary], executor=dg.in_process_executor)
    with dg.instance_for_test() as instance:
        dg.materialize([events], instance=instance, partition_key="a")
        assert out_of_date(defs, instance) == ["summary"]
        dg.materialize([summary], instance=instance, selection=[summary])
        assert out_of_date(defs, instance) == []
        dg.materialize([events], instance=instance, partition_key="b")
        assert out_of_date(defs, instance) == ["summary"]


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
    with dg.instance_for_test() as instance:
        assert out_of_date(defs, instance) == ["source", "sound", "report"]
        dg.materialize([broken, sound, report], instance=instance)
        dg.materialize([source], instance=instance)
        assert out_of_date(defs, instance) == ["sound"]


def test_a_partition_made_while_the_table_was_being_made_was_not_read() -> None:
    meanwhile: list[str] = []

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]), code_version="1")
    def events() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(data_version=dg.DataVersion("1"))

    @dg.asset(deps=[events], code_version="1")
    def summary() -> None:
        for key in meanwhile:
            dg.materialize([events], instance=instance, partition_key=key)

    defs = dg.Definitions(assets=[events, summary], executor=dg.in_process_executor)
    with dg.instance_for_test() as instance:
        dg.materialize([events], instance=instance, partition_key="a")
        dg.materialize([summary], instance=instance, selection=[summary])
        assert out_of_date(defs, instance) == []
        meanwhile.append("b")
        dg.materialize([summary], instance=instance, selection=[summary])
        assert out_of_date(defs, instance) == ["summary"]
