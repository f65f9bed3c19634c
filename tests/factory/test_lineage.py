"""Column lineage of single SELECTs: where values come from, by which expressions, and what only decides on rows."""

from __future__ import annotations

import pytest
import sqlglot

from tributary.assets.factory.flow import Flow
from tributary.assets.factory.lineage import LONGEST, flow_of
from tributary.assets.source import SourceColumn

SCHEMA = {
    "core.sale": {"id": "integer", "store": "integer", "day": "date", "amount": "decimal(9,2)", "tax": "decimal(9,2)"},
    "core.store": {"id": "integer", "city": "text", "opened": "date"},
}


def flow(sql: str) -> Flow:
    found = sqlglot.parse_one(sql, dialect="postgres")
    assert isinstance(found, sqlglot.exp.Query)
    return flow_of(found, SCHEMA)


def steps(sql: str, column: str) -> list[tuple[str, set[str]]]:
    return [(one.sql, {name for _, name in one.sources}) for one in flow(sql).steps[column]]


def conditions(sql: str) -> list[tuple[str, str, set[str]]]:
    return [(one.how, one.sql, {".".join(source) for source in one.sources}) for one in flow(sql).conditions]


def test_what_is_handed_on_has_no_expression_and_what_is_renamed_has_its_column() -> None:
    sql = "SELECT s.id, s.amount AS paid FROM core.sale AS s"
    assert steps(sql, "id") == []
    assert steps(sql, "paid") == [("paid = s.amount", {"amount"})]


def test_expressions_are_told_from_the_outside_in_each_with_what_it_looks_at() -> None:
    sql = """
        WITH sums AS (SELECT s.store, sum(s.amount) AS paid, max(s.tax) AS tax FROM core.sale AS s GROUP BY s.store),
        shares AS (SELECT t.store, t.paid - t.tax AS net FROM sums AS t)
        SELECT round(n.net, 0) AS net, n.store FROM shares AS n"""
    assert steps(sql, "net") == [
        ("net = ROUND(n.net, 0)", {"amount", "tax"}),
        ("n.net = t.paid - t.tax", {"amount", "tax"}),
        ("t.paid = SUM(s.amount)", {"amount"}),
        ("t.tax = MAX(s.tax)", {"tax"}),
    ]
    assert steps(sql, "store") == []


def test_columns_that_share_an_expression_each_tell_it() -> None:
    sql = "WITH c AS (SELECT s.amount + s.tax AS all_in FROM core.sale AS s) SELECT c.all_in, -c.all_in AS back FROM c"
    assert ("c.all_in = s.amount + s.tax", {"amount", "tax"}) in steps(sql, "back")
    assert steps(sql, "all_in") == [("c.all_in = s.amount + s.tax", {"amount", "tax"})]


def test_each_branch_of_a_union_has_its_expression() -> None:
    sql = "SELECT amount * 2 AS x FROM core.sale UNION ALL SELECT tax AS y FROM core.sale"
    assert steps(sql, "x") == [("x = sale.amount * 2", {"amount"}), ("x = sale.tax", {"tax"})]
    assert flow(sql).columns["x"] == (SourceColumn("core.sale", "amount"), SourceColumn("core.sale", "tax"))


def test_what_joins_filters_and_groups_is_told_apart_condition_by_condition() -> None:
    sql = """
        WITH big AS (SELECT s.store, s.amount FROM core.sale AS s WHERE s.amount > 10 AND s.day > s.day - 1)
        SELECT t.city, sum(b.amount) AS paid
        FROM big AS b JOIN core.store AS t ON t.id = b.store
        WHERE EXISTS (SELECT 1 FROM core.sale AS x WHERE x.tax > 0 AND x.id = b.store)
        GROUP BY t.city HAVING count(*) > 1 AND min(t.opened) IS NOT NULL"""
    assert {(how, frozenset(names)) for how, _, names in conditions(sql)} == {
        ("filter", frozenset({"core.sale.amount"})),
        ("filter", frozenset({"core.sale.day"})),
        ("filter", frozenset({"core.sale.tax", "core.sale.id", "core.sale.store"})),
        ("filter", frozenset({"core.store.opened"})),
        ("group", frozenset({"core.store.city"})),
        ("join", frozenset({"core.store.id", "core.sale.store"})),
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT amount FROM core.sale", []),
        ("SELECT amount FROM core.sale JOIN core.store USING (id)", [("join", {"core.sale.id", "core.store.id"})]),
        ("SELECT amount FROM core.sale ORDER BY day", []),
        ("SELECT amount FROM core.sale ORDER BY day LIMIT 3", [("filter", {"core.sale.day"})]),
        ("SELECT amount FROM core.sale WHERE 1 = 1", []),
        ("SELECT s.amount FROM core.sale AS s CROSS JOIN core.store AS t", []),
    ],
)
def test_only_what_looks_at_columns_decides(sql: str, expected: list[tuple[str, set[str]]]) -> None:
    assert [(how, names) for how, _, names in conditions(sql)] == expected


def test_a_long_expression_is_cut() -> None:
    sql = f"SELECT {' + '.join(['s.amount'] * 500)} AS x FROM core.sale AS s"
    ((told, names),) = steps(sql, "x")
    assert names == {"amount"}
    assert len(told) <= LONGEST + len("x = ")
    assert told.endswith("…")


def test_relations_that_are_no_tables_are_left_out() -> None:
    sql = "SELECT s.amount * t.id AS x FROM core.sale AS s JOIN core.store AS t ON t.opened = s.day WHERE t.city = 'a'"
    found = flow(sql).without(["core.store"])
    assert found.columns["x"] == (SourceColumn("core.sale", "amount"),)
    assert found.steps["x"][0].sources == (SourceColumn("core.sale", "amount"),)
    assert [(one.how, one.sources) for one in found.conditions] == [("join", (SourceColumn("core.sale", "day"),))]
