"""A table that keeps the first row of each key, whatever the windows, their order and their repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.warehouse.contract.rows import select

from tributary.resources.warehouse.base import Batches, Select, WriteReport
from tributary.resources.warehouse.checks import Expression, Unique
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Column, Deduplication, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range, SourceObjects

COLUMNS = (
    Column("id", "text", "Id."),
    Column("n", "integer", "N."),
    Column("source", "text", "Source."),
    Column("place", "bigint", "Place."),
)
EVENTS = Table(
    "staged",
    "events",
    COLUMNS,
    checks=(Unique(("id",)), Expression("n < 1000", title="small")),
    deduplicate=Deduplication(("id",), ("source", "place")),
)
Contents = Sequence[tuple[str | None, int]]


def batches(contents: Mapping[str, Contents]) -> Batches:
    rows = [(id_, n, source, place) for source, held in contents.items() for place, (id_, n) in enumerate(held)]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    types = (pa.string(), pa.int32(), pa.string(), pa.int64())
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    return Batches(pa.table(arrays, names=["id", "n", "source", "place"]).to_batches())


def load(warehouse: Warehouse, contents: Mapping[str, Contents], table: Table = EVENTS) -> WriteReport:
    prints = {source: repr(held) for source, held in contents.items()}
    return warehouse.replace(
        table, batches(contents), window=SourceObjects("source", list(contents)), fingerprints=prints
    )


def standing(warehouse: Warehouse) -> set[tuple[str, int, str, int]]:
    rows = warehouse.rows("SELECT id, n, source, place FROM staged.events")
    found = {(row["id"], row["n"], row["source"], row["place"]) for row in rows}
    assert len(found) == len(rows)
    return found


def first_of_each(contents: Mapping[str, Contents]) -> set[tuple[str, int, str, int]]:
    """The naive reckoning: of all that the sources hold now, the first of each id by source and place."""
    kept: dict[str, tuple[str, int, str, int]] = {}
    for source in sorted(contents):
        for place, (id_, n) in enumerate(contents[source]):
            assert id_ is not None
            kept.setdefault(id_, (id_, n, source, place))
    return set(kept.values())


HELD = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9)), max_size=6)
GROWTH = st.lists(st.dictionaries(st.sampled_from(["s1", "s2", "s3", "s4"]), HELD, min_size=1), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(growth=GROWTH, again=st.lists(st.sampled_from(["s1", "s2", "s3", "s4"]), max_size=3))
def test_any_sequence_of_growing_windows_keeps_the_first_of_each_key(
    warehouse: Warehouse, growth: list[dict[str, Contents]], again: list[str]
) -> None:
    warehouse.replace(EVENTS, batches({}))
    current: dict[str, Contents] = {}
    for step in growth:
        grown = {source: [*current.get(source, ()), *held] for source, held in step.items()}
        current |= grown
        load(warehouse, grown)
        assert standing(warehouse) == first_of_each(current)
    for source in again:
        load(warehouse, {source: current.get(source, ())})
    assert standing(warehouse) == first_of_each(current)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=GROWTH)
def test_rewriting_every_window_mends_what_shrunken_ones_left_out(
    warehouse: Warehouse, steps: list[dict[str, Contents]]
) -> None:
    warehouse.replace(EVENTS, batches({}))
    current: dict[str, Contents] = {}
    for step in steps:
        current |= step
        load(warehouse, step)
        # Never a row that no source holds, never two of a key; only one that had lost may be missing.
        assert {row[0] for row in standing(warehouse)} <= {row[0] for row in first_of_each(current)}
    for source in sorted(current):
        load(warehouse, {source: current[source]})
    assert standing(warehouse) == first_of_each(current)


def test_a_window_that_loses_a_winner_leaves_its_key_out_until_the_loser_is_written_again(
    warehouse: Warehouse,
) -> None:
    load(warehouse, {"s1": [("a", 1)], "s2": [("a", 2)]})
    load(warehouse, {"s1": []})
    assert standing(warehouse) == set()
    load(warehouse, {"s2": [("a", 2)]})
    assert standing(warehouse) == {("a", 2, "s2", 0)}


def test_the_report_counts_new_rows_dropped_and_old_rows_displaced(warehouse: Warehouse) -> None:
    report = load(warehouse, {"s2": [("a", 1), ("b", 1), ("a", 2)]})
    assert (report.rows, report.duplicates, report.displaced) == (2, 1, 0)
    report = load(warehouse, {"s3": [("b", 3), ("c", 3)]})
    assert (report.rows, report.duplicates, report.displaced) == (1, 1, 0)
    report = load(warehouse, {"s1": [("a", 4), ("b", 4), ("c", 4), ("d", 4)]})
    assert (report.rows, report.duplicates, report.displaced) == (4, 0, 3)


def test_a_failed_check_leaves_rows_and_ledger_as_they_were(warehouse: Warehouse) -> None:
    load(warehouse, {"s2": [("a", 1), ("b", 1)]})
    before = standing(warehouse)
    with pytest.raises(ChecksFailed, match="small"):
        load(warehouse, {"s1": [("a", 5000)], "s2": []})
    assert standing(warehouse) == before
    assert warehouse.published_sources(EVENTS, ["s1", "s2"]).keys() == {"s2"}


def test_a_write_of_the_whole_keeps_the_first_too(warehouse: Warehouse) -> None:
    report = warehouse.replace(EVENTS, batches({"s2": [("a", 1), ("b", 1)], "s1": [("a", 2)]}))
    assert (report.rows, report.duplicates) == (2, 1)
    assert standing(warehouse) == {("a", 2, "s1", 0), ("b", 1, "s2", 1)}
    report = warehouse.replace(EVENTS, select(EVENTS, [("x", 1, "s", 1), ("x", 2, "s", 2), ("x", 3, "s", 3)]))
    assert (report.rows, report.duplicates) == (1, 2)
    assert standing(warehouse) == {("x", 1, "s", 1)}


def test_ranges_of_time_settle_keys_across_each_other(warehouse: Warehouse) -> None:
    table = Table(
        "staged",
        "events",
        COLUMNS,
        checks=(Unique(("id",)),),
        partition_by="place",
        deduplicate=Deduplication(("id",), ("place",)),
    )

    def write(low: int, rows: str) -> None:
        window = Range("place", low, low + 10)  # type: ignore[arg-type]
        warehouse.replace(table, Select(f"SELECT * FROM (VALUES {rows}) AS v(id, n, source, place)"), window=window)

    write(10, "('a', 1, 's', 10), ('b', 1, 's', 11)")
    write(20, "('a', 2, 's', 20), ('c', 2, 's', 21)")
    write(0, "('b', 3, 's', 5)")
    assert standing(warehouse) == {("a", 1, "s", 10), ("b", 3, "s", 5), ("c", 2, "s", 21)}


def test_a_missing_key_is_nobodys_duplicate_and_the_check_still_tells(warehouse: Warehouse) -> None:
    loose = Table("staged", "events", COLUMNS, deduplicate=EVENTS.deduplicate)
    load(warehouse, {"s1": [(None, 1), (None, 2)]}, loose)
    assert len(standing(warehouse)) == 2
    with pytest.raises(ChecksFailed, match="unique_id"):
        load(warehouse, {"s2": [(None, 3)]})
    assert len(standing(warehouse)) == 2


def test_what_the_order_does_not_tell_apart_stays_as_it_stands(warehouse: Warehouse) -> None:
    vague = Table("staged", "events", COLUMNS, deduplicate=Deduplication(("id",), ("n",)))
    load(warehouse, {"s1": [("a", 1)]}, vague)
    load(warehouse, {"s0": [("a", 1)]}, vague)
    assert standing(warehouse) == {("a", 1, "s1", 0)}
