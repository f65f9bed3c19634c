"""Which SELECTs can follow changes by keys, what they then read, and why the others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.keyed import by_keys
from tributary.assets.factory.keyed_select import NotByKeysError
from tributary.assets.factory.lint.parsing import parse
from tributary.assets.factory.model_reading import load_models
from tributary.resources.warehouse.following import Lookup, Read
from tributary.resources.warehouse.table import Column, Table

ORDERS = {"id": "bigint", "buyer": "text", "shop": "bigint", "amount": "integer", "note": "text"}
SHOPS = {"shop": "bigint", "town": "text", "owner": "text", "code": "integer"}
SCHEMA = {"staged.orders": ORDERS, "staged.shops": SHOPS}


def reads(select: str, *keys: str) -> set[tuple[str, tuple[str, ...], tuple[Lookup, ...]]]:
    """What is read: tables, the columns by which rows of them are found, and what gives the values of these."""
    plan = by_keys(parse(select), SCHEMA, {key: ORDERS[key] for key in keys}).plan
    return {(read.table, read.columns, plan.sets[read.within]) for read in plan.reads}


BY_BUYER = ("staged.orders", ("buyer",), ())
THEIR_SHOPS = Lookup("staged.orders", ("shop",), ("buyer",), 0)


@pytest.mark.parametrize(
    ("select", "found"),
    [
        ("select buyer, count(*) as n from staged.orders group by buyer", {BY_BUYER}),
        (
            """with a as (
                select buyer as b, row_number() over (partition by buyer order by id) as n from staged.orders
            ) select b as buyer from a where n = 1 union all select owner as buyer from staged.shops""",
            {BY_BUYER, ("staged.shops", ("owner",), ())},
        ),
        (
            """select o.buyer, s.town from staged.orders as o
            left join staged.shops as s on s.shop = o.shop and s.code > 1""",
            {BY_BUYER, ("staged.shops", ("shop",), (THEIR_SHOPS,))},
        ),
        (
            """with a(b, c) as (select buyer, max(id) from staged.orders group by buyer)
            select q.k as buyer from (select b, c from a) as q(k, n)""",
            {BY_BUYER},
        ),
        (
            "select s.owner as buyer from staged.shops as s inner join staged.orders as o on o.buyer = s.owner",
            {BY_BUYER, ("staged.shops", ("owner",), ())},
        ),
        (
            """select o.buyer from staged.orders as o
            where exists (select 1 from staged.shops as s where s.shop = o.shop)
            and o.shop in (select shop from staged.shops where code = 1)""",
            {BY_BUYER, ("staged.shops", ("shop",), (THEIR_SHOPS,))},
        ),
        (
            """with latest as (
                select buyer, max(case when amount > 1 then shop end) as shop from staged.orders group by buyer
            ) select l.buyer, s.town from latest as l left join staged.shops as s on s.shop = l.shop""",
            {BY_BUYER, ("staged.shops", ("shop",), (THEIR_SHOPS,))},
        ),
    ],
)
def test_rows_are_asked_for_where_the_key_leads(select: str, found: set[object]) -> None:
    assert reads(select, "buyer") == found


def test_a_table_that_is_cross_joined_matters_whole_to_every_key() -> None:
    select = "select o.buyer, s.town from staged.orders as o cross join staged.shops as s"
    assert reads(select, "buyer") == {BY_BUYER, ("staged.shops", (), ())}


def test_a_key_has_the_type_of_the_column_that_it_comes_from() -> None:
    with pytest.raises(NotByKeysError, match=r"staged.orders.id \(bigint\) and the table.id \(integer\) are compared"):
        by_keys(parse("select id from staged.orders"), SCHEMA, {"id": "integer"})


def test_keys_of_several_columns_go_together() -> None:
    select = "select buyer, shop, count(*) as n from staged.orders group by shop, buyer"
    assert reads(select, "buyer", "shop") == {("staged.orders", ("buyer", "shop"), ())}


def test_touched_keys_are_found_on_the_way_back() -> None:
    select = "select o.buyer, s.town from staged.orders as o left join staged.shops as s on s.shop = o.shop"
    plan = by_keys(parse(select), SCHEMA, {"buyer": "text"}).plan
    shops = next(read for read in plan.reads if read.table == "staged.shops")
    asked: list[Lookup] = []

    def look_up(lookup: Lookup, values: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
        asked.append(lookup)
        return frozenset({("ann",)}) if values == {("7",)} else frozenset()

    changed = [(shops, frozenset({("7",)})), (Read("staged.orders", ("buyer",), 0), frozenset({("bob",)}))]
    assert plan.touched(changed, look_up) == {("ann",), ("bob",)}
    assert asked == [Lookup("staged.orders", ("buyer",), ("shop",), 1)]


@pytest.mark.parametrize(
    ("select", "why"),
    [
        ("select lower(buyer) as buyer from staged.orders", "buyer is computed"),
        ("select buyer, row_number() over (order by id) as n from staged.orders", "a window takes rows together"),
        ("select buyer, sum(amount) over (partition by shop) as n from staged.orders", "whose buyer differs"),
        ("select max(o.buyer) as buyer from staged.orders as o", "buyer is computed"),
        ("select buyer from staged.orders order by id limit 3", "a LIMIT takes rows of all keys"),
        (
            "with s as (select max(shop) as n from staged.shops) select o.buyer from staged.orders as o cross join s",
            "s is joined by CROSS JOIN",
        ),
        (
            "select o.buyer from staged.orders as o full join staged.shops as s on s.shop = o.shop",
            "s is joined by FULL",
        ),
        ("select o.buyer from staged.orders as o join staged.shops as s on s.shop > o.shop", "by no equality"),
        ("select o.buyer from staged.orders as o join staged.shops as s on s.town = lower(o.note)", "by no equality"),
        (
            "select o.buyer from staged.shops as s left join staged.orders as o on o.shop = s.shop",
            "cannot be asked of one relation that keeps its rows",
        ),
        (
            """with a as (select buyer, max(upper(note)) as town from staged.orders group by buyer)
            select a.buyer from a join staged.shops as s on s.town = a.town""",
            "makes values of its own",
        ),
        (
            "select buyer from staged.orders where shop not in (select shop from staged.shops)",
            "NOT IN is decided by nulls",
        ),
        (
            "select buyer from staged.orders where amount > (select max(code) from staged.shops)",
            "shops is joined by no equality",
        ),
        ("select o.buyer from staged.orders as o join staged.shops as s on s.code = o.shop", "of several types"),
        (
            "select buyer from (with a as (select buyer from staged.orders) select buyer from a) as q",
            "a WITH stands inside of another query",
        ),
        ("select buyer from staged.orders group by rollup (buyer)", "a GROUP BY takes rows together"),
    ],
)
def test_what_mixes_keys_is_refused(select: str, why: str) -> None:
    with pytest.raises(NotByKeysError, match=why):
        by_keys(parse(select), SCHEMA, {"buyer": "text"})


MODEL = """/*
description: A.
grain: one row a buyer
{header}
columns:
  buyer: {{type: text, description: "B."}}
  n: {{type: bigint, description: "N."}}
checks:
  - not_null: [buyer]
*/
select buyer, count(*) as n from {table} group by buyer
"""


@pytest.mark.parametrize(
    ("header", "table", "why"),
    [
        ("incremental: {keys: [buyers]}", "staged.orders", "buyers is not one of .*did you mean buyer"),
        ("incremental: {keys: [n]}", "staged.orders", "n may be null; name it in a not_null check"),
        ("incremental: {keys: [buyer]}", "staged.seen", "staged.seen is a view, of which no changes are known"),
        ("kind: view\nincremental: {keys: [buyer]}", "staged.orders", "goes with no view, window or deduplicate"),
        ("incremental: {key: [buyer]}", "staged.orders", "unknown key incremental.key; did you mean keys"),
    ],
)
def test_a_header_that_cannot_be_is_refused_with_its_line(tmp_path: Path, header: str, table: str, why: str) -> None:
    path = tmp_path / "shop" / "core" / "counted.sql"
    path.parent.mkdir(parents=True)
    path.write_text(MODEL.format(header=header, table=table))
    columns = tuple(Column(name, type_, "C.") for name, type_ in ORDERS.items())
    tables = [Table("staged", "orders", columns), Table("staged", "seen", columns, kind="view")]
    with pytest.raises(ModelError, match=rf"counted.sql:{4 + header.count(chr(10))}: .*{why}"):
        load_models(tmp_path, tables)
