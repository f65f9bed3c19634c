"""What a change of a model's file breaks, and for whom; held against rows of a real Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tributary.asset_graph import Asset, AssetGraph
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.source import SourceColumn, Step
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry
from tributary.model_changes import Affected, Change, change_of, diff

HEADER = """/*
description: Sales.
grain: one row a shop
columns:
{columns}
*/
"""
SCHEMA = {"core.sale": {"shop": "integer", "day": "date", "amount": "integer", "kind": "text"}}
BASE = """
with priced as (
    select sale.shop, sale.amount * 2 as price, sale.kind, sale.amount as plain from core.sale as sale
)
select priced.shop, sum(priced.price) as total, max(priced.kind) as kind
from priced
where priced.plain > 1
group by priced.shop
"""
TYPES = {"shop": "integer", "total": "bigint", "kind": "text", "least": "integer"}


def text(sql: str, *columns: str, **types: str) -> str:
    known = TYPES | types
    told = "\n".join(f'  {name}: {{type: {known[name]}, description: "It."}}' for name in columns)
    return HEADER.format(columns=told) + sql


def change(then: str, now: str, tmp_path: Path) -> Change:
    path = tmp_path / "shop" / "gold" / "by_shop.sql"
    folders = ModelFolders({"": tmp_path})
    return change_of(read_model(path, folders, now), then, folders, SCHEMA)


ALL = ("shop", "total", "kind")
CASES: list[tuple[str, str, tuple[str, ...], Change]] = [
    ("a comment and layout", BASE.replace("from priced\n", "from  priced -- those\n"), ALL, Change()),
    ("an expression", BASE.replace("max(priced.kind)", "min(priced.kind)"), ALL, Change(changed=("kind",))),
    ("an expression within", BASE.replace("amount * 2", "amount * 3"), ALL, Change(changed=("total",))),
    (
        "what a filter looks at",
        BASE.replace("sale.amount as plain", "sale.amount + 1 as plain"),
        ALL,
        Change(rows=True),
    ),
    ("a filter", BASE.replace("> 1", "> 2"), ALL, Change(rows=True)),
    ("a grouping", BASE.replace("group by priced.shop", "group by priced.shop, priced.plain"), ALL, Change(rows=True)),
    (
        "a filter within",
        BASE.replace("core.sale as sale\n", "core.sale as sale where sale.shop > 1\n"),
        ALL,
        Change(rows=True),
    ),
    (
        "a new column",
        BASE.replace("as kind\n", "as kind, min(priced.plain) as least\n"),
        (*ALL, "least"),
        Change(added=("least",)),
    ),
    ("a column less", BASE.replace(", max(priced.kind) as kind", ""), ("shop", "total"), Change(removed=("kind",))),
    ("distinct rows", BASE.replace("select priced.shop", "select distinct priced.shop"), ALL, Change(rows=True)),
    ("the best alone", BASE + "order by total desc limit 1", ALL, Change(rows=True)),
]


@pytest.mark.parametrize(("sql", "columns", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_is_told_by_the_columns_that_it_may_alter(
    sql: str, columns: tuple[str, ...], expected: Change, tmp_path: Path
) -> None:
    assert change(text(BASE, *ALL), text(sql, *columns), tmp_path) == expected
    assert expected.breaks == (expected not in (Change(), Change(added=("least",))))


@pytest.mark.parametrize(("sql", "columns", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_columns_that_are_told_to_be_the_same_are_so_in_rows(
    sql: str, columns: tuple[str, ...], expected: Change, pg: psycopg.Connection[Any]
) -> None:
    pg.execute("CREATE SCHEMA core")
    pg.execute(
        "CREATE TABLE core.sale AS SELECT n % 5 AS shop, date '2024-01-01' + n AS day, n % 7 AS amount, "
        "chr(97 + n % 3) AS kind FROM generate_series(1, 100) AS n"
    )
    if expected.rows:
        return
    same = [name for name in ALL if name in columns and name not in expected.changed]
    rows = [
        sorted(pg.execute(f"SELECT {', '.join(same)} FROM ({one}) AS made").fetchall())
        for one in (BASE, sql)  # type: ignore[arg-type]
    ]
    assert rows[0] == rows[1]


def test_a_limit_and_types_and_what_cannot_be_read_are_breaking(tmp_path: Path) -> None:
    top = BASE + "order by total desc limit 3"
    assert change(text(top, *ALL), text(top.replace("amount * 2", "amount * 3"), *ALL), tmp_path) == Change(rows=True)
    kinds = change(text(top, *ALL), text(top.replace("max(", "min("), *ALL), tmp_path)
    assert kinds == Change(changed=("kind",))
    retyped = text(BASE, *ALL).replace("{type: bigint", "{type: integer")
    assert change(retyped, text(BASE, *ALL), tmp_path) == Change(changed=("total",))
    assert change("/* not: a header */", text(BASE, *ALL), tmp_path) == Change(rows=True)


def test_a_diff_shows_both_texts() -> None:
    told = diff("shop/gold/by_shop.sql", "select 1\nfrom a", "select 2\nfrom a")
    assert told.splitlines()[0] == "--- shop/gold/by_shop.sql (as it made the rows)"
    assert told.splitlines()[-3:] == ["-select 1", "+select 2", " from a"]


def test_only_what_reads_an_altered_column_is_affected() -> None:
    def table(key: str, reads: str, how: str, *columns: tuple[str, str]) -> TableEntry:
        made = tuple(ColumnEntry(name, "text", "", sources=(SourceColumn(reads, source),)) for name, source in columns)
        conditions = (Step("filter", "", (SourceColumn(reads, how),)),) if how else ()
        return TableEntry(key, "s", "table", "", "", made, reads=(reads,), conditions=conditions)

    tables = (
        table("core.a", "staged.a", "", ("x", "x"), ("y", "y")),
        table("gold.x", "core.a", "", ("x", "x"), ("z", "x")),
        table("gold.y", "core.a", "", ("y", "y")),
        table("gold.chosen", "core.a", "x", ("y", "y")),
        table("gold.top", "gold.chosen", "", ("y", "y")),
    )
    assets = [Asset(one.key, "s", "model", one.reads) for one in tables]
    assets.append(Asset("gold.python", "s", "python", ("core.a",)))
    affected = Affected(AssetGraph("", tuple(assets)), Catalogue("", tables))
    assert affected.by("core.a", Change(changed=("x",))) == {
        "gold.x": {"x", "z"},
        "gold.chosen": {"y"},
        "gold.top": {"y"},
        "gold.python": set(),
    }
    assert set(affected.by("core.a", Change(changed=("y",)))) == {"gold.y", "gold.chosen", "gold.top", "gold.python"}
    assert affected.by("core.a", Change(added=("w",))) == {}
    assert set(affected.by("core.a", Change(rows=True))) == {one.key for one in assets} - {"core.a"}
