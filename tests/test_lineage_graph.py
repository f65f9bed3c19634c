"""Lineage over all tables: what is reached, how far it is, and what only decides on rows; oracles by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.source import Source, SourceColumn, Step
from tributary.assets.sources import Sources
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry, catalogue_of
from tributary.lineage_graph import ROWS, Edge, Lineages
from tributary.model_store import HANDED_DOWN
from tributary.resources.warehouse.table import Column, Table

HEADER = "/*\ndescription: d\ngrain: g\ncolumns:\n{columns}*/\n"
PEOPLE = Table(
    "staged",
    "people",
    (Column("id", "integer", "i"), Column("mail", "text", "m", ("pii",)), Column("left_on", "date", "l")),
    "People.",
)
MODELS = {
    "core/dim_person": (
        {"id": "integer", "domain": "text"},
        "SELECT p.id, lower(p.mail) AS domain FROM staged.people AS p WHERE p.left_on IS NULL",
    ),
    "gold/domains": (
        {"domain": "text", "people": "bigint"},
        "SELECT p.domain, count(p.id) AS people FROM core.dim_person AS p GROUP BY p.domain",
    ),
}


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Two models over one table, whose lineage is known."""
    monkeypatch.delenv(HANDED_DOWN, raising=False)
    for name, (columns, select) in MODELS.items():
        path = tmp_path / "models" / f"{name}.sql"
        path.parent.mkdir(parents=True)
        told = "".join(f"  {column}: {{type: {kind}, description: d}}\n" for column, kind in columns.items())
        path.write_text(HEADER.format(columns=told) + select + "\n")
    lineage = {"staged.people": {name: (SourceColumn("raw.people", name),) for name in PEOPLE.column_names}}
    source = Source("club", tables=(PEOPLE,), lineage=lineage, models=tmp_path / "models")
    (tmp_path / "home").mkdir()
    return catalogue_of(Sources((source,), {}), tmp_path / "home")


def c(text: str) -> SourceColumn:
    table, _, column = text.rpartition(".")
    return SourceColumn(table, column)


def rows(table: str) -> SourceColumn:
    return SourceColumn(table, ROWS)


def test_a_column_s_picture_is_all_that_it_comes_from_and_all_that_depends_on_it(catalogue: Catalogue) -> None:
    found = Lineages(catalogue).around([c("core.dim_person.domain")])
    assert found.hops == {
        c("core.dim_person.domain"): 0,
        c("staged.people.mail"): -1,
        c("raw.people.mail"): -2,
        c("gold.domains.domain"): 1,
        c("staged.people.left_on"): -1,
        rows("core.dim_person"): 0,
    }
    assert set(found.edges) == {
        Edge(c("staged.people.mail"), c("core.dim_person.domain"), ("value",), ("domain = LOWER(p.mail)",)),
        Edge(c("raw.people.mail"), c("staged.people.mail"), ("value",), ()),
        Edge(c("core.dim_person.domain"), c("gold.domains.domain"), ("value",), ()),
        Edge(c("staged.people.left_on"), rows("core.dim_person"), ("filter",), ("p.left_on IS NULL",)),
    }


def test_a_column_that_only_filters_has_the_rows_below_it_and_no_columns(catalogue: Catalogue) -> None:
    found = Lineages(catalogue).around([c("staged.people.left_on")], up=False)
    assert found.hops == {c("staged.people.left_on"): 0, rows("core.dim_person"): 1}
    without = Lineages(catalogue).around([c("staged.people.left_on")], up=False, conditions=False)
    assert without.hops == {c("staged.people.left_on"): 0}
    assert without.edges == ()


def test_what_gives_values_is_not_told_again_for_grouping(catalogue: Catalogue) -> None:
    found = Lineages(catalogue).around([c("gold.domains.domain")])
    assert rows("gold.domains") not in found.hops
    assert {edge.how for edge in found.edges} == {("value",), ("filter",)}
    counted = Lineages(catalogue).around([c("gold.domains.people")])
    assert Edge(c("core.dim_person.domain"), rows("gold.domains"), ("group",), ("p.domain",)) in counted.edges


def test_the_tag_of_personal_data_travels_with_the_values(catalogue: Catalogue) -> None:
    tags = {f"{table.key}.{one.name}": one.tags for table in catalogue.tables for one in table.columns}
    assert [name for name, told in tags.items() if "pii" in told] == [
        "staged.people.mail",
        "core.dim_person.domain",
        "gold.domains.domain",
    ]


def test_the_nearest_are_kept_and_those_that_only_decide_go_first(catalogue: Catalogue) -> None:
    found = Lineages(catalogue).around([c("core.dim_person.domain")])
    nearest = found.nearest(4)
    assert set(nearest.hops.values()) == {-2, -1, 0, 1}
    assert {edge.is_value for edge in nearest.edges} == {True}
    assert found.nearest(2).edges == (found.edges[0],)


WIDTH = 3


@given(st.lists(st.lists(st.sets(st.integers(0, 11), max_size=3), min_size=WIDTH, max_size=WIDTH), max_size=4))
def test_what_is_reached_is_what_repeated_joining_reaches(drawn: list[list[set[int]]]) -> None:
    """Each table has three columns, each of any of those of the tables before it; the oracle knows pairs alone."""
    names = [SourceColumn(f"core.t{place // WIDTH}", f"c{place % WIDTH}") for place in range(len(drawn) * WIDTH)]
    pairs: set[tuple[SourceColumn, SourceColumn]] = set()
    tables = []
    for place, wanted in enumerate(drawn):
        before = names[: place * WIDTH]
        of = [sorted({before[one % len(before)] for one in each} if before else set()) for each in wanted]
        own = names[place * WIDTH : (place + 1) * WIDTH]
        pairs |= {(source, column) for column, sources in zip(own, of, strict=True) for source in sources}
        columns = tuple(
            ColumnEntry(one.column, "text", "", sources=tuple(sources), steps=(Step("value", "f()", tuple(sources)),))
            for one, sources in zip(own, of, strict=True)
        )
        tables.append(TableEntry(f"core.t{place}", "s", "table", "", "", columns))
    lineages = Lineages(Catalogue("", tuple(tables)))
    closed = set(pairs)
    while more := {(a, d) for a, b in closed for c_, d in closed if b == c_} - closed:
        closed |= more
    for one in names:
        up = lineages.around([one], down=False)
        assert set(up.hops) == {a for a, b in closed if b == one} | {one}
        assert {(edge.source, edge.target) for edge in up.edges} == {(a, b) for a, b in pairs if b in up.hops}
        down = lineages.around([one], up=False)
        assert set(down.hops) == {b for a, b in closed if a == one} | {one}
        both = lineages.around([one])
        assert both.hops.keys() == up.hops.keys() | down.hops.keys()
        assert [abs(far) for far in up.hops.values()] == sorted(abs(far) for far in up.hops.values())
