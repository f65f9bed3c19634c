"""What a selection takes along, and what is not begun in vain, on a real instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg
import pytest

from tributary.assets.automation.partitions import Partitions
from tributary.execution import check_partitions
from tributary.planning import Upstream, missing_upstream, plan, without_downstream
from tributary.reports.unmade import RequestRun
from tributary.selection import SelectionError

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-02-01")
JANUARY_2 = Partitions("2024-01-02")
NONE = Partitions()


class World:
    """Days of events that are pulled, read, and summed up with a calendar of another source; and a stranger."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance

        @dg.asset
        def calendar() -> None: ...

        @dg.asset
        def groups() -> None: ...

        @dg.asset(deps=[groups], partitions_def=DAYS)
        def pulled() -> None: ...

        @dg.asset(deps=[pulled], partitions_def=DAYS)
        def read() -> None: ...

        @dg.asset(deps=[read, calendar])
        def summary() -> None: ...

        @dg.asset(deps=[summary])
        def report() -> None: ...

        @dg.asset
        def stranger() -> None: ...

        self.assets = [calendar, groups, pulled, read, summary, report, stranger]
        self.job = dg.Definitions(assets=self.assets).resolve_implicit_global_asset_job_def()

    def make(self, name: str, partition: str | None = None) -> None:
        dg.materialize(self.assets, instance=self.instance, selection=[name], partition_key=partition)

    def taken(self, *names: str, partitions: Partitions = NONE) -> tuple[set[str], set[str]]:
        found = missing_upstream(self.job, self.instance, keys(*names), partitions)
        return {key.to_user_string() for key in found.before}, {key.to_user_string() for key in found.along}


def keys(*names: str) -> list[dg.AssetKey]:
    return [dg.AssetKey(name) for name in names]


@pytest.fixture
def world() -> Iterator[World]:
    with dg.instance_for_test() as instance:
        yield World(instance)


def test_all_that_was_never_made_upstream_is_taken_along_and_nothing_else(world: World) -> None:
    assert world.taken("summary") == ({"calendar", "groups", "pulled", "read"}, set())
    assert world.taken("calendar", "stranger") == (set(), set())
    assert world.taken("calendar", "groups", "pulled", "read", "summary") == (set(), set())
    assert world.taken("groups", "pulled", "read", "summary") == ({"calendar"}, set())


def test_what_was_made_is_left_and_so_is_what_it_was_made_from(world: World) -> None:
    world.make("calendar")
    world.make("read", "2024-01-02")
    assert world.taken("report") == ({"summary"}, set())


def test_of_named_partitions_those_that_lack_upstream_are_made_along(world: World) -> None:
    assert world.taken("read", partitions=JANUARY_2) == ({"groups"}, {"pulled"})
    world.make("groups")
    world.make("pulled", "2024-01-02")
    assert world.taken("read", partitions=JANUARY_2) == (set(), set())
    assert world.taken("read", partitions=Partitions(None, "2024-01-02", "2024-01-03")) == (set(), {"pulled"})
    assert world.taken("read", "summary", partitions=JANUARY_2) == ({"calendar"}, set())


def test_what_stands_between_partitions_and_the_selection_is_made_along_too(world: World) -> None:
    world.make("groups")
    both = world.taken("pulled", "report", partitions=JANUARY_2)
    assert both == ({"calendar"}, {"read", "summary"})


def test_what_reads_something_that_failed_is_left_out(world: World) -> None:
    everything = keys("calendar", "pulled", "read", "summary", "stranger")
    possible = without_downstream(world.job, everything, keys("groups"))
    assert [key.to_user_string() for key in possible] == ["calendar", "stranger"]
    assert without_downstream(world.job, everything, ()) == everything


def test_upstream_tells_all_of_it() -> None:
    assert Upstream((dg.AssetKey("a"),), (dg.AssetKey("b"),)).keys == tuple(keys("a", "b"))


def test_where_no_domain_says_what_is_due_the_partitions_that_were_never_made_are(world: World) -> None:
    everything = keys("calendar", "groups", "pulled", "read", "summary", "report", "stranger")
    for day in ("2024-01-01", "2024-01-03"):
        world.make("pulled", day)
        world.make("read", day)
    runs = plan(world.job, world.instance, everything, {}, {}).runs
    assert [(set(run.keys), run.partitions) for run in runs] == [
        (set(keys("calendar", "groups", "stranger")), NONE),
        (set(keys("pulled", "read")), Partitions(None, "2024-01-02", "2024-01-02")),
        (set(keys("pulled", "read")), Partitions(None, "2024-01-04", "2024-01-31")),
        (set(keys("summary", "report")), NONE),
    ]


class Asked(World):
    """The small graph with a report: an extract for each question, a table of them, and what reads that."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        super().__init__(instance)
        questions = dg.DynamicPartitionsDefinition(name="reports/found")

        @dg.asset(deps=["calendar"], partitions_def=questions)
        def extracts() -> None: ...

        @dg.asset(deps=[extracts])
        def answers() -> None: ...

        @dg.asset(deps=[answers])
        def overview() -> None: ...

        self.assets = [*self.assets, extracts, answers, overview]
        self.job = dg.Definitions(assets=self.assets).resolve_implicit_global_asset_job_def()

    def planned(self, *names: str, waiting: Sequence[str] = ()) -> list[tuple[set[str], str]]:
        runs = [RequestRun(None, tuple(keys("extracts", "answers")), key, {"asked": key}) for key in waiting]  # type: ignore[arg-type]
        found = plan(self.job, self.instance, keys(*names), {}, {}, lambda: runs)
        return [({key.to_user_string() for key in run.keys}, str(run.partitions)) for run in found.runs]


@pytest.fixture
def asked() -> Iterator[Asked]:
    with dg.instance_for_test() as instance:
        yield Asked(instance)


def test_extracts_are_made_where_somebody_waits_and_what_reads_them_after_that(asked: Asked) -> None:
    names = ("calendar", "extracts", "answers", "overview")
    assert asked.planned(*names) == [({"calendar", "answers", "overview"}, "")]
    assert asked.planned(*names, waiting=["k1", "k2"]) == [
        ({"calendar"}, ""),
        ({"extracts", "answers"}, "k1"),
        ({"extracts", "answers"}, "k2"),
        ({"overview"}, ""),
    ]


def test_extracts_that_nobody_waits_for_are_not_due_and_are_not_taken_along(asked: Asked) -> None:
    found = plan(asked.job, asked.instance, keys("extracts"), {}, {})
    assert (found.runs, found.nothing_due) == ((), ("extracts",))
    asked.make("calendar")
    assert asked.taken("overview") == ({"answers"}, set())


def test_a_question_is_named_by_its_key_and_never_by_a_range(asked: Asked) -> None:
    check_partitions(asked.job, keys("extracts"), Partitions("k1"))
    with pytest.raises(SelectionError, match="in no order"):
        check_partitions(asked.job, keys("extracts"), Partitions(None, "k1", "k2"))
