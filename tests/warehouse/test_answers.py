"""A query's answer is what the server says: psql, another client of the same server, is the judge."""

from __future__ import annotations

import io
import json
import subprocess
from typing import Any

import psycopg
import pytest

from tributary.cli.answer_files import write_csv, write_json
from tributary.resources.errors import UsageError
from tributary.resources.postgres.binaries import program
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

VALUES = (
    "SELECT 1 AS same, 2 AS same, true AS yes, false AS no, NULL AS nothing, '' AS empty, 'null' AS word",
    "SELECT 'NaN'::float8, '-Infinity'::float8, 1e30, 0.1::float4, 'NaN'::numeric, 1.10::numeric, 9007199254740993",
    "SELECT '0044-03-15 BC'::date, 'infinity'::timestamp, '-infinity'::date, timestamptz '2024-02-29 23:59+02'",
    "SELECT ARRAY[1, NULL, 3], ARRAY[[true]], '{\"a\": [1, 2.50]}'::jsonb, '{\"a\":1,\"a\":2}'::json, '\\x00ff'::bytea",
    "SELECT interval '1 year -3 days 04:05', int4range(1, 5), '{[1,2),[5,9)}'::int4multirange, money '12.50'",
    "SELECT row(1, 'a,b'), 'a\"b', E'two\\nlines', E'cr\\r', E'\\\\.', '[x] :smile: [/]', '-1', '=1+1', '女', ' b '",
    "SELECT 'uuid'::name, gen_random_uuid() IS NULL, B'101', '08:00:2b:01:02:03'::macaddr, '::1'::inet, point(1, 2)",
    "SELECT g AS \"a,b\", g AS \"q\"\"q\" FROM generate_series(1, 2) AS g",
    "SELECT 1 AS nobody WHERE false",
    "VALUES (1, 'a'), (2, NULL);",
    "WITH a AS (SELECT 1 AS n) TABLE a",
    "SHOW server_version",
    "EXPLAIN (COSTS OFF) SELECT * FROM pg_class ORDER BY oid LIMIT 3",
    "-- a comment; with a semicolon\nSELECT ';' AS a, $x$;$x$ AS b, E'\\';' AS c /* ; /* nested ; */ */ ; -- the end",
)  # fmt: skip


def as_csv(warehouse: PostgresWarehouse, sql: str, limit: int | None = None) -> bytes:
    file = io.BytesIO()
    with warehouse.answer(sql, limit=limit) as answer:
        write_csv(answer, file)
    return file.getvalue()


def as_json(warehouse: PostgresWarehouse, sql: str) -> list[dict[str, Any]]:
    file = io.BytesIO()
    with warehouse.answer(sql) as answer:
        write_json(answer, file)
    found: list[dict[str, Any]] = json.loads(file.getvalue(), parse_constant=pytest.fail)
    return found


@pytest.mark.parametrize("sql", VALUES)
def test_csv_is_what_psql_writes(warehouse: PostgresWarehouse, database_url: str, sql: str) -> None:
    psql = subprocess.run(
        [program("psql"), "--no-psqlrc", "--csv", database_url],
        input=(sql if sql.endswith((";", "the end")) else f"{sql};").encode(),
        capture_output=True,
        check=True,
    )
    assert as_csv(warehouse, sql).decode() == psql.stdout.decode()


def test_json_keeps_every_value_and_is_json(warehouse: PostgresWarehouse) -> None:
    (first,) = as_json(warehouse, VALUES[0])
    assert first == {
        "same": 1, "same_2": 2, "yes": True, "no": False, "nothing": None, "empty": "", "word": "null"
    }  # fmt: skip
    (row,) = as_json(warehouse, VALUES[1])
    assert list(row.values()) == ["NaN", "-Infinity", "1" + "0" * 30, 0.1, "NaN", "1.10", 9007199254740993]
    (row,) = as_json(warehouse, VALUES[3])
    assert list(row.values()) == ["{1,NULL,3}", "{{t}}", {"a": [1, 2.5]}, {"a": 2}, "\\x00ff"]
    assert as_json(warehouse, VALUES[8]) == []
    (row,) = as_json(warehouse, "SELECT 1 AS a, 2 AS a_2, 3 AS a, 4 AS a")
    assert row == {"a": 1, "a_2": 2, "a_3": 3, "a_4": 4}


def test_only_so_many_rows_are_asked_for(warehouse: PostgresWarehouse) -> None:
    assert as_csv(warehouse, "SELECT generate_series(1, 1000000000) AS g", limit=2) == b"g\n1\n2\n"
    assert as_csv(warehouse, "SELECT g FROM generate_series(1, 9) AS g ORDER BY g DESC", limit=2) == b"g\n9\n8\n"


def test_rows_come_as_they_are_read(warehouse: PostgresWarehouse) -> None:
    with warehouse.answer("SELECT g, pg_sleep(g / 2000) FROM generate_series(1, 100000000) AS g") as answer:
        assert [next(answer.rows)[0] for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE kept",
        "DELETE FROM kept",
        "SELECT 1; DROP TABLE kept",
        "SELECT 1;\nDELETE FROM kept;",
        "SELECT 1) AS q; DROP TABLE kept; SELECT * FROM (SELECT 1",
        "SELECT 1 AS n) AS q; DROP TABLE kept --",
        "WITH gone AS (DELETE FROM kept RETURNING n) SELECT * FROM gone",
        "EXPLAIN ANALYZE DELETE FROM kept",
        "EXPLAIN (ANALYZE) WITH gone AS (DELETE FROM kept RETURNING n) SELECT * FROM gone",
        "EXPLAIN ANALYZE CREATE TABLE other AS SELECT 1",
        "EXPLAIN ANALYZE EXECUTE something",
        "EXPLAIN (ANALYZE) SELECT 1) AS q; DROP TABLE kept; SELECT * FROM (SELECT 1",
        "EXPLAIN (ANALYZE, FORMAT 'json') SELECT n INTO other FROM kept",
        "EXPLAIN (ANALYZE) DELETE FROM kept) SELECT 1",
        "SHOW server_version; DROP TABLE kept",
        "SELECT n INTO other FROM kept",
        "SELECT * FROM kept FOR UPDATE",
        "TABLE kept; COMMIT; DROP TABLE kept",
        "SELECT set_config('transaction_read_only', 'off', false), set_config('role', 'postgres', false)",
        "SELECT nextval('counted')",
        "SELECT lo_create(0)",
        "DO $$ BEGIN DROP TABLE kept; END $$",
        "COPY kept TO PROGRAM 'true'",
        "CALL something()",
        "SET ROLE postgres",
        "COMMIT",
        "PREPARE a AS DELETE FROM kept",
        "SELECT 1 AS n /* open ; DROP TABLE kept",
        "SELECT E'\\'; DROP TABLE kept; --",
        "SELECT $a$; DROP TABLE kept; --",
        "SELECT U&'d\\0061t' UESCAPE '!'; DROP TABLE kept",
    ],
)
def test_nothing_but_a_query_is_run(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], sql: str) -> None:
    pg.execute("CREATE TABLE kept AS SELECT 1 AS n; CREATE SEQUENCE counted")
    with pytest.raises(WarehouseError) as refused:
        as_csv(warehouse, sql)
    assert "\n" not in str(refused.value)
    assert pg.execute("SELECT count(*) FROM kept").fetchall() == [(1,)]
    assert pg.execute("SELECT to_regclass('other'), (SELECT is_called FROM counted)").fetchall() == [(None, False)]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT 1;\nSELECT 2", "these are several; give one at a time"),
        ("DROP TABLE kept", "DROP begins no query. Only one query can be run here: SELECT"),
        ("SELECT 1,\n\n  nobody\nFROM pg_class", 'column "nobody" does not exist, in line 3'),
        ("-- what\nSELECT 1 +", "syntax error at the end of the statement"),
        ("SELECT 1/0", "division by zero"),
        ("SELECT 1 / (g - 3000) FROM generate_series(1, 4000) AS g", "division by zero"),
    ],
)
def test_a_refusal_says_where_and_why(warehouse: PostgresWarehouse, sql: str, sentence: str) -> None:
    with pytest.raises(WarehouseError, match=r"^[^\n]*\.$") as refused:
        as_csv(warehouse, sql)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("sql", ["", "  ;; ", "-- nothing", "/* /* */ */", "SELECT '\0'", "SELECT '\udcff'"])
def test_what_is_no_statement_is_a_mistake_of_use(warehouse: PostgresWarehouse, sql: str) -> None:
    with pytest.raises(UsageError):
        as_csv(warehouse, sql)
