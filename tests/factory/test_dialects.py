"""What is run on each engine: the author's own SELECT on Postgres, and one that means the same on Athena."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import sqlglot
from sqlglot import exp
from tests.factory.lint_cases import CASES, MODEL

from tributary.assets.factory.dialects import DialectError, statement
from tributary.assets.factory.lint.check import lint
from tributary.assets.factory.lint.parsing import parse
from tributary.resources.postgres.databases import Databases

TABLES = """
create schema core;
create table core.sale (
    id integer, household_id integer, amount double precision, price decimal(10, 2), units bigint, note text,
    sold_on date, sold_at timestamp, is_paid boolean
);
create table core.household (id integer, name text);
insert into core.household values (1, 'one'), (2, 'two'), (3, null);
insert into core.sale values
    (1, 1, 10.5, 1.25, 3, ' a-b ', '2024-01-31', '2024-01-31 23:59:58.123456', true),
    (2, 1, -2.5, 2.50, -4, 'ab', '2024-02-29', '2024-02-29 00:00:00', false),
    (3, 2, null, null, null, null, null, null, null);
"""


def athena(sql: str) -> str:
    """The SELECT for Athena on one line."""
    return re.sub(r"\s+", " ", statement(parse(sql), "athena")).replace("( ", "(").replace(" )", ")")


def expression(sql: str) -> str:
    """One expression over core.sale as Athena gets it."""
    text = athena(f"select {sql} as x from core.sale")
    return text.removeprefix("SELECT ").removesuffix(" AS x FROM core.sale")


@pytest.fixture(scope="module")
def sales(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database of this module's own, with the tables that the examples read."""
    name = f"dialects_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
        with psycopg.connect(databases.url("app").replace("/app?", f"/{name}?"), autocommit=True) as connection:
            connection.execute(TABLES)
            yield connection
        admin.execute(f'drop database "{name}" with (force)')


@pytest.mark.parametrize("sql", sorted({case.accepted for case in CASES} | {MODEL}))
def test_every_portable_select_runs_on_postgres_as_its_author_wrote_it(
    sales: psycopg.Connection[Any], sql: str
) -> None:
    written = sales.execute(sql.encode())
    printed = sales.execute(statement(parse(sql), "postgres").encode())
    assert [column.name for column in printed.description or ()] == [
        column.name for column in written.description or ()
    ]
    assert [column.type_code for column in printed.description or ()] == [
        column.type_code for column in written.description or ()
    ]
    assert sorted(map(repr, printed)) == sorted(map(repr, written))


@pytest.mark.parametrize("sql", sorted({case.accepted for case in CASES} | {MODEL}))
def test_every_portable_select_can_be_read_back_as_athena_sql(sql: str) -> None:
    tree = parse(sql)
    text = statement(tree, "athena")
    again = sqlglot.parse_one(text, dialect="athena")
    assert isinstance(again, exp.Query)
    assert again.named_selects == tree.named_selects
    assert not [node for node in again.walk() if isinstance(node, exp.Command)]
    assert "::" not in text
    assert "~" not in text


def test_a_statement_leaves_the_tree_as_it_is_and_is_the_same_each_time() -> None:
    tree = parse(MODEL)
    before = repr(tree)
    assert statement(tree, "athena") == statement(tree, "athena")
    assert repr(tree) == before


def test_the_postgres_statement_keeps_the_authors_comments_and_the_athena_one_drops_them() -> None:
    tree = parse("select id /* the key */ from core.sale")
    assert "the key" in statement(tree, "postgres")
    assert "the key" not in statement(tree, "athena")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("sold_at::timestamp", "CAST(sold_at AS TIMESTAMP(6))"),
        ("timestamp '2024-01-01 00:00:00.000001'", "CAST('2024-01-01 00:00:00.000001' AS TIMESTAMP(6))"),
        ("note::text", "CAST(note AS VARCHAR)"),
        ("id::double precision", "CAST(id AS DOUBLE)"),
        ("is_paid is true", "(COALESCE(is_paid, FALSE))"),
        ("is_paid is false", "(NOT COALESCE(is_paid, TRUE))"),
        ("is_paid is not true", "NOT (COALESCE(is_paid, FALSE))"),
        ("is_paid is null", "is_paid IS NULL"),
        ("trim(note)", "TRIM(BOTH ' ' FROM note)"),
        ("ltrim(note)", "TRIM(LEADING ' ' FROM note)"),
        ("rtrim(note, 'x')", "TRIM(TRAILING 'x' FROM note)"),
        ("note ~ '^[a-z]+$'", "REGEXP_LIKE(note, '^[a-z]+\\z')"),
        ("note ~ 'a\\$'", "REGEXP_LIKE(note, 'a\\$')"),
        ("sold_on + interval '1 week'", "CAST(sold_on AS TIMESTAMP(6)) + INTERVAL '7' DAY"),
        ("sold_on - interval '-2 weeks'", "CAST(sold_on AS TIMESTAMP(6)) - INTERVAL '-14' DAY"),
        (
            "sold_on + interval '1 day' - interval '1 hour'",
            "CAST(sold_on AS TIMESTAMP(6)) + INTERVAL '1' DAY - INTERVAL '1' HOUR",
        ),
        ("cast(sold_on as timestamp) + interval '1 day'", "CAST(sold_on AS TIMESTAMP(6)) + INTERVAL '1' DAY"),
        ("interval '1 day' * 3 + sold_on", "INTERVAL '1' DAY * 3 + CAST(sold_on AS TIMESTAMP(6))"),
        ("date_trunc('month', sold_at)", "DATE_TRUNC('MONTH', CAST(sold_at AS TIMESTAMP(6)))"),
        (
            "cast(extract(epoch from sold_at) as bigint)",
            "CAST(TO_UNIXTIME(CAST(sold_at AS TIMESTAMP(6))) AS BIGINT)",
        ),
        ("extract(year from sold_on)", "EXTRACT(YEAR FROM sold_on)"),
        ("note || id", "CONCAT(CAST(note AS VARCHAR), CAST(id AS VARCHAR))"),
        ("to_char(sold_at, 'YYYY-MM-DD')", "DATE_FORMAT(sold_at, '%Y-%m-%d')"),
        ("position('a' in note)", "STRPOS(note, 'a')"),
        (
            "rank() over (partition by id order by amount desc, note)",
            "RANK() OVER (PARTITION BY id ORDER BY amount DESC NULLS FIRST, note)",
        ),
        (
            "string_agg(note, ',' order by note desc)",
            "LISTAGG(note, ',') WITHIN GROUP (ORDER BY note DESC NULLS FIRST)",
        ),
    ],
)
def test_athena_is_told_what_postgres_means(written: str, expected: str) -> None:
    sql = f"select {written} as x from core.sale"
    assert lint(parse(sql), sql) == []
    assert expression(written) == expected


def test_a_nested_repair_is_not_lost() -> None:
    inner = "DATE_TRUNC('DAY', CAST(TRIM(BOTH ' ' FROM note) AS TIMESTAMP(6)) + INTERVAL '7' DAY)"
    written = "date_trunc('day', cast(trim(note) as timestamp) + interval '1 week')"
    assert expression(f"({written} is null) is true") == f"(COALESCE(({inner} IS NULL), FALSE))"


def test_athena_orders_nulls_as_postgres_does_and_takes_no_hint() -> None:
    assert athena(
        "with a as materialized (select id from core.sale) select id from a order by id desc limit 2 offset 1"
    ) == ("WITH a AS (SELECT id FROM core.sale) SELECT id FROM a ORDER BY id DESC NULLS FIRST OFFSET 1 LIMIT 2")


def test_names_that_only_trino_reserves_are_quoted() -> None:
    assert athena('select id as "end", note as skip from core.sale') == (
        'SELECT id AS "end", note AS "skip" FROM core.sale'
    )


def test_what_an_engine_has_no_words_for_is_an_error() -> None:
    sql = "select sum(id) over (order by id rows between 1 preceding and current row exclude ties) as x from core.sale"
    with pytest.raises(DialectError, match=r"cannot be written for athena.*EXCLUDE"):
        statement(parse(sql), "athena")


def test_portable_values_are_what_the_messages_promise(sales: psycopg.Connection[Any]) -> None:
    row = sales.execute(
        statement(
            parse(
                """
                select
                    (cast(extract(epoch from sold_at) as bigint) - cast(extract(epoch from sold_on) as bigint))
                        / cast(3600 as bigint) as hours,
                    nullif(split_part(trim(note), '-', 3), '') as third,
                    cast(date_trunc('month', sold_on) as date) as month,
                    sold_on + interval '1 month' as next_month,
                    round(cast(amount as decimal(18, 4)), 1) as rounded
                from core.sale
                where id = 1
                """
            ),
            "postgres",
        ).encode()
    ).fetchone()
    assert row == (23, None, date(2024, 1, 1), datetime(2024, 2, 29), Decimal("10.5"))  # noqa: DTZ001
