"""Loading files: good lines at full speed, bad ones set aside with their reason, nothing ever lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.warehouse.base import Delimited
from resources.warehouse.checks import Expression
from resources.warehouse.delimited.contract import DerivedColumn, FileColumn, FileContract, Rule, SourceFileError
from resources.warehouse.errors import ChecksFailed
from resources.warehouse.postgres.warehouse import PostgresWarehouse
from resources.warehouse.table import Column, Table

CONTRACT = FileContract(
    columns=(
        FileColumn("ID", "id", "integer", "Id."),
        FileColumn("WHO", "who", "text", "Who."),
        FileColumn("PRICE", "price", "decimal(8,2)", "Price.", required=False),
        FileColumn("HHMM", "hhmm", "integer", "Time."),
    ),
    derived=(
        DerivedColumn(
            "at", "timestamp", "At.", "timestamp '2024-01-01' + make_interval(mins => hhmm / 100 * 60 + hhmm % 100)"
        ),
    ),
    rules=(Rule("time_is_hhmm", "hhmm BETWEEN 0 AND 2359 AND hhmm % 100 < 60", "HHMM is not a time"),),
)
KEYED = replace(CONTRACT, key=("id",))
HEADER = b"ID,WHO,PRICE,HHMM\n"


def table_of(contract: FileContract, **options: Any) -> Table:
    return Table("staged", "visits", tuple(Column(*column) for column in contract.table_columns()), **options)


def source(contract: FileContract, data: bytes, chunk: int = 1000) -> Delimited:
    def chunks() -> Iterator[bytes]:
        return (data[i : i + chunk] for i in range(0, len(data), chunk))

    return Delimited(contract, "visits.csv", chunks)


def rejected(warehouse: PostgresWarehouse) -> list[tuple[int, str, str]]:
    rows = warehouse.rows("SELECT * FROM quarantine.rejected_rows ORDER BY line_number")
    assert all(row["table_name"] == "staged.visits" and row["source"] == "visits.csv" for row in rows)
    return [(row["line_number"], row["raw_text"], row["reason"]) for row in rows]


def test_bad_lines_are_set_aside_with_line_text_and_reason(warehouse: PostgresWarehouse) -> None:
    data = HEADER + (
        b"1,ann,1.50,1030\n"  # 2
        b"x,ann,1.50,1030\n"  # 3: type
        b",ann,1.50,1030\n"  # 4: required number
        b"2,,1.50,1030\n"  # 5: required text
        b"3,bob,,0\n"  # 6: optional price
        b"4,bob,1.505,0\n"  # 7: decimals
        b"5,bob,1.5,2575\n"  # 8: rule
        b"6,bob,1.5\n"  # 9: fields
        b'7,"bob, jr",1.5,2359\n'  # 10: quoted comma
        b"8,\xff,1.5,0\n"  # 11: encoding
        b"9,eve,1234567.00,0\n"  # 12: more digits than the column holds
        b"99999999999,eve,1,0\n"  # 13: out of range
    )
    report = warehouse.replace(table_of(CONTRACT), source(CONTRACT, data))
    assert warehouse.rows("SELECT id, who, price::text, at::text FROM staged.visits ORDER BY id") == [
        {"id": 1, "who": "ann", "price": "1.50", "at": "2024-01-01 10:30:00"},
        {"id": 3, "who": "bob", "price": None, "at": "2024-01-01 00:00:00"},
        {"id": 7, "who": "bob, jr", "price": "1.50", "at": "2024-01-01 23:59:00"},
    ]
    assert rejected(warehouse) == [
        (3, "x,ann,1.50,1030", 'ID is "x", which is not a valid integer'),
        (4, ",ann,1.50,1030", "ID is empty"),
        (5, "2,,1.50,1030", "WHO is empty"),
        (7, "4,bob,1.505,0", "PRICE is 1.505, which has more than 2 decimals"),
        (8, "5,bob,1.5,2575", "HHMM is not a time"),
        (9, "6,bob,1.5", "expected 4 fields, found 3"),
        (11, "8,\\xff,1.5,0", "not UTF-8: byte 0xff at position 3"),
        (12, "9,eve,1234567.00,0", 'PRICE is "1234567.00", which is not a valid decimal(8,2)'),
        (13, "99999999999,eve,1,0", 'ID is "99999999999", which is not a valid integer'),
    ]
    exact = warehouse.rows("SELECT raw_bytes FROM quarantine.rejected_rows WHERE line_number = 11")
    assert bytes(exact[0]["raw_bytes"]) == b"8,\xff,1.5,0"
    assert (report.rows, report.lines, report.rejected) == (3, 12, 9)


def test_many_lines_that_break_a_rule_are_each_found(warehouse: PostgresWarehouse) -> None:
    lines = [f"{i},p,1.0,{2575 if i % 7 == 0 else 1200}\n".encode() for i in range(1, 5001)]
    report = warehouse.replace(table_of(CONTRACT), source(CONTRACT, HEADER + b"".join(lines), 10_000))
    assert (report.rows, report.rejected) == (5000 - 714, 714)
    assert {line for line, _, _ in rejected(warehouse)} == {i + 1 for i in range(1, 5001) if i % 7 == 0}


def test_repeated_keys_keep_the_first_line(warehouse: PostgresWarehouse) -> None:
    data = HEADER + b"1,ann,1,0\n2,bob,1,0\n1,ann,1,0\n1,eve,9,0\n"
    warehouse.replace(table_of(KEYED), source(KEYED, data))
    assert warehouse.rows("SELECT id, who, source_line FROM staged.visits ORDER BY id") == [
        {"id": 1, "who": "ann", "source_line": 2},
        {"id": 2, "who": "bob", "source_line": 3},
    ]
    assert rejected(warehouse) == [
        (4, "1,ann,1,0", "repeats the id of line 2"),
        (5, "1,eve,9,0", "repeats the id of line 2"),
    ]


def test_a_mended_file_empties_its_quarantine(warehouse: PostgresWarehouse) -> None:
    table = table_of(CONTRACT)
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,bob,1,0\n"))
    assert len(rejected(warehouse)) == 1
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\n2,bob,1,0\n"))
    assert rejected(warehouse) == []
    assert warehouse.rows("SELECT count(*) AS n FROM staged.visits") == [{"n": 2}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEADER + b"x,a,1,0\ny,b,1,0\n", "none of its 2 lines could be loaded; line 2: ID is"),
        (b"", "is empty"),
        (b"ID,WHO\n1,a\n", "column PRICE, HHMM is missing"),
    ],
)
def test_a_refused_file_leaves_the_old_table_and_quarantine(
    warehouse: PostgresWarehouse, data: bytes, sentence: str
) -> None:
    table = table_of(CONTRACT)
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\n2,bob,1,9999\n"))
    before = rejected(warehouse)
    with pytest.raises(SourceFileError, match=sentence):
        warehouse.replace(table, source(CONTRACT, data))
    assert warehouse.rows("SELECT id FROM staged.visits") == [{"id": 1}]
    assert rejected(warehouse) == before


def test_a_failed_check_leaves_table_and_quarantine(warehouse: PostgresWarehouse) -> None:
    table = table_of(CONTRACT, checks=(Expression("id < 10", title="small"),))
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,bob,1,0\n"))
    with pytest.raises(ChecksFailed, match="small"):
        warehouse.replace(table, source(CONTRACT, HEADER + b"11,ann,1,0\n2,b,1\n3,c,1\n"))
    assert [line for line, _, _ in rejected(warehouse)] == [3]
    assert warehouse.rows("SELECT id FROM staged.visits") == [{"id": 1}]


def test_the_published_version_is_remembered_with_the_rows(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    table = table_of(CONTRACT)
    assert warehouse.published(table) is None
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,b,1,0\n"), fingerprint="version-1")
    published = warehouse.published(table)
    assert published is not None
    assert (published.fingerprint, published.rows, published.lines, published.rejected) == ("version-1", 1, 2, 1)
    assert warehouse.review(table).rows == 1
    pg.execute("DROP TABLE staged.visits")
    assert warehouse.published(table) is None


CELL = st.sampled_from(["1", "7", "x", "", "12.5", "1.505", '"q,q"', '"', "2575", "1030", "é", "a b"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(CELL, min_size=3, max_size=5).map(",".join), min_size=1, max_size=12))
def test_loaded_plus_rejected_is_every_line(warehouse: PostgresWarehouse, lines: list[str]) -> None:
    data = HEADER + b"5000,sure,1,0\n" + "".join(f"{line}\n" for line in lines).encode()
    for contract in (CONTRACT, KEYED):
        table = Table("staged", f"v{bool(contract.key):d}", table_of(contract).columns)
        report = warehouse.replace(table, source(contract, data))
        numbers = warehouse.rows(
            "SELECT line_number AS n, raw_text FROM quarantine.rejected_rows WHERE table_name = %s", (table.key,)
        )
        assert report.rows + len(numbers) == len(lines) + 1
        assert all(["5000,sure,1,0", *lines][row["n"] - 2] == row["raw_text"] for row in numbers)
