"""Loading files: good lines at full speed, bad ones set aside with their reason, nothing ever lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tributary.resources.warehouse.base import Delimited, RejectedSource
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.counting import NoRejects, Reconcile
from tributary.resources.warehouse.delimited.contract import (
    DerivedColumn,
    FileColumn,
    FileContract,
    Rule,
    SourceFileError,
)
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

CONTRACT = FileContract(
    columns=(
        FileColumn("ID", "id", "integer", "Id."),
        FileColumn("WHO", "who", "text", "Who."),
        FileColumn("PRICE", "price", "decimal(8,2)", "Price.", required=False),
        FileColumn("HHMM", "hhmm", "integer", "Time."),
    ),
    derived=(DerivedColumn("minute", "integer", "Minute.", "hhmm % 100"),),
    rules=(Rule("time_is_hhmm", "hhmm BETWEEN 0 AND 2359 AND hhmm % 100 < 60", "HHMM is not a time"),),
)
KEYED = replace(CONTRACT, key=("id",))
HEADER = b"ID,WHO,PRICE,HHMM\n"
COUNTED = (Reconcile(), NoRejects())


def table_of(contract: FileContract, **options: Any) -> Table:
    return Table("staged", "visits", tuple(Column(*column) for column in contract.table_columns()), **options)


def source(contract: FileContract, data: bytes, chunk: int = 1000, lines: int | None = None) -> Delimited:
    def chunks() -> Iterator[bytes]:
        return (data[i : i + chunk] for i in range(0, len(data), chunk))

    return Delimited(contract, "visits.csv", chunks, lines=lines)


def rejected(warehouse: Warehouse) -> list[tuple[int, str, str, str | None]]:
    rows = warehouse.rows("SELECT * FROM quarantine.rejected_rows ORDER BY line_number")
    assert all(row["table_name"] == "staged.visits" and row["source"] == "visits.csv" for row in rows)
    return [(row["line_number"], row["raw_text"], row["reason"], row["detail"]) for row in rows]


def test_bad_lines_are_set_aside_with_line_text_and_reason(warehouse: Warehouse) -> None:
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
    assert warehouse.rows("SELECT id, who, CAST(price AS varchar) AS price, minute FROM staged.visits ORDER BY id") == [
        {"id": 1, "who": "ann", "price": "1.50", "minute": 30},
        {"id": 3, "who": "bob", "price": None, "minute": 0},
        {"id": 7, "who": "bob, jr", "price": "1.50", "minute": 59},
    ]
    assert rejected(warehouse) == [
        (3, "x,ann,1.50,1030", "ID is not a valid integer", '"x"'),
        (4, ",ann,1.50,1030", "ID is empty", '""'),
        (5, "2,,1.50,1030", "WHO is empty", '""'),
        (7, "4,bob,1.505,0", "PRICE has more than 2 decimals", '"1.505"'),
        (8, "5,bob,1.5,2575", "HHMM is not a time", None),
        (9, "6,bob,1.5", "expected 4 fields, found 3", None),
        (11, "8,\\xff,1.5,0", "not UTF-8", "byte 0xff at position 3"),
        (12, "9,eve,1234567.00,0", "PRICE is out of range for decimal(8,2)", '"1234567.00"'),
        (13, "99999999999,eve,1,0", "ID is out of range for integer", '"99999999999"'),
    ]
    exact = warehouse.rows("SELECT raw_bytes FROM quarantine.rejected_rows WHERE line_number = 11")
    assert bytes(exact[0]["raw_bytes"]) == b"8,\xff,1.5,0"
    assert (report.rows, report.lines, report.rejected) == (3, 12, 9)


def test_what_no_pattern_finds_is_kept_as_it_stood_in_the_file(warehouse: Warehouse) -> None:
    contract = FileContract(
        (
            FileColumn("ON", "on", "date", "."),
            FileColumn("WHAT", "what", "text", "."),
            FileColumn("N", "n", "integer", "."),
        ),
        rules=(Rule("small", "n < 10", "N is not small"),),
    )
    data = (
        b"ON,WHAT,N\r\n"
        b'2004-02-28,"a\r\nb, ""c""",1\r\n'  # 2 and 3
        b'2004-02-30,"a\\\r\nb",2\r\n'  # 4 and 5: no such day
        b"2004-02-30,x\\,3\r\n"  # 6: the same, in a line that is sent as it is
        b'"2004-02-31","x","4"\r\n'  # 7
    )
    with_rule = b'2004-02-29,"d\r\ne",99\r\n'  # 8 and 9
    days = [(4, '2004-02-30,"a\\\r\nb",2'), (6, "2004-02-30,x\\,3"), (7, '"2004-02-31","x","4"')]
    for more, broken in ((b"", []), (with_rule, [(8, '2004-02-29,"d\r\ne",99', "N is not small")])):
        warehouse.replace(table_of(contract), source(contract, data + more, 7))
        assert warehouse.rows("SELECT what FROM staged.visits") == [{"what": 'a\r\nb, "c"'}]
        no_days = [(line, raw, "ON is not a valid date") for line, raw in days]
        assert [row[:3] for row in rejected(warehouse)] == no_days + broken


def test_many_lines_that_break_a_rule_are_each_found(warehouse: Warehouse) -> None:
    lines = [f"{i},p,1.0,{2575 if i % 7 == 0 else 1200}\n".encode() for i in range(1, 5001)]
    report = warehouse.replace(table_of(CONTRACT), source(CONTRACT, HEADER + b"".join(lines), 10_000))
    assert (report.rows, report.rejected) == (5000 - 714, 714)
    assert {line for line, *_ in rejected(warehouse)} == {i + 1 for i in range(1, 5001) if i % 7 == 0}


def test_repeated_keys_keep_the_first_line(warehouse: Warehouse) -> None:
    data = HEADER + b"1,ann,1,0\n2,bob,,0\n1,ann,1.0,0\n1,eve,9,0\n2,bob,,0\n"
    report = warehouse.replace(table_of(KEYED, checks=COUNTED), source(KEYED, data))
    assert warehouse.rows("SELECT id, who, source_line FROM staged.visits ORDER BY id") == [
        {"id": 1, "who": "ann", "source_line": 2},
        {"id": 2, "who": "bob", "source_line": 3},
    ]
    assert rejected(warehouse) == [
        (4, "1,ann,1.0,0", "exact duplicate of an earlier line", "line 2"),
        (5, "1,eve,9,0", "repeats the id of an earlier line, with other values", "line 2"),
        (6, "2,bob,,0", "exact duplicate of an earlier line", "line 3"),
    ]
    assert (report.lines, report.rows, report.rejected, report.duplicates) == (5, 2, 1, 2)
    assert warehouse.rejected() == [RejectedSource("staged.visits", "visits.csv", 1)]
    again = warehouse.review(table_of(KEYED, checks=COUNTED))
    assert [(result.passed, result.counts) for result in again.checks] == [
        (passed, {"read": 5, "loaded": 2, "rejected": 1, "duplicates": 2}) for passed in (True, False)
    ]


def test_a_file_of_nothing_but_duplicates_and_good_lines_warns_of_nothing(warehouse: Warehouse) -> None:
    report = warehouse.replace(table_of(KEYED, checks=COUNTED), source(KEYED, HEADER + b"1,ann,1,0\n" * 3))
    assert [result.passed for result in report.checks] == [True, True]
    assert (report.rejected, report.duplicates) == (0, 2)


def test_a_mended_file_empties_its_quarantine(warehouse: Warehouse) -> None:
    table = table_of(CONTRACT)
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,bob,1,0\n"))
    assert len(rejected(warehouse)) == 1
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\n2,bob,1,0\n"))
    assert rejected(warehouse) == []
    assert warehouse.rows("SELECT count(*) AS n FROM staged.visits") == [{"n": 2}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEADER + b"x,a,1,0\ny,b,1,0\n", "none of its 2 records could be loaded; line 2: ID is"),
        (b"", "is empty"),
        (b"ID,WHO\n1,a\n", "column PRICE, HHMM is missing"),
    ],
)
def test_a_refused_file_leaves_the_old_table_and_quarantine(warehouse: Warehouse, data: bytes, sentence: str) -> None:
    table = table_of(CONTRACT)
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\n2,bob,1,9999\n"))
    before = rejected(warehouse)
    with pytest.raises(SourceFileError, match=sentence):
        warehouse.replace(table, source(CONTRACT, data))
    assert warehouse.rows("SELECT id FROM staged.visits") == [{"id": 1}]
    assert rejected(warehouse) == before


def test_a_failed_check_leaves_table_and_quarantine(warehouse: Warehouse) -> None:
    table = table_of(CONTRACT, checks=(Expression("id < 10", title="small"),))
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,bob,1,0\n"))
    with pytest.raises(ChecksFailed, match="small"):
        warehouse.replace(table, source(CONTRACT, HEADER + b"11,ann,1,0\n2,b,1\n3,c,1\n"))
    assert [line for line, *_ in rejected(warehouse)] == [3]
    assert warehouse.rows("SELECT id FROM staged.visits") == [{"id": 1}]


def test_the_published_version_is_remembered_with_the_rows(warehouse: Warehouse) -> None:
    table = table_of(CONTRACT)
    assert warehouse.published(table) is None
    warehouse.replace(table, source(CONTRACT, HEADER + b"1,ann,1,0\nx,b,1,0\n"), fingerprint="version-1")
    published = warehouse.published(table)
    assert published is not None
    assert (published.fingerprint, published.rows, published.lines, published.rejected) == ("version-1", 1, 2, 1)
    assert warehouse.review(table).rows == 1


TYPED = FileContract(
    columns=(
        FileColumn("I", "i", "integer", "."),
        FileColumn("B", "b", "bigint", ".", required=False),
        FileColumn("D1", "d1", "decimal(4,1)", ".", required=False),
        FileColumn("D0", "d0", "decimal(3,0)", ".", required=False),
        FileColumn("F", "f", "double", ".", required=False),
        FileColumn("T", "t", "boolean", ".", required=False),
        FileColumn("D", "d", "date", ".", required=False),
        FileColumn("TS", "ts", "timestamp", ".", required=False),
    )
)
TYPED_HEADER = "I,B,D1,D0,F,T,D,TS\n"
GOOD = {
    "I": ["1.0", " 7 ", "-5", "+5", "007", "2147483647", "-2147483648", "3."],
    "B": ["9223372036854775807", "-9223372036854775808", "31198705046.0"],
    "D1": ["1", "1.", ".5", "999.9", "-999.9", "4.440892e-16", "1.2999999999", "1e2", "11.50"],
    "D0": ["7", "999", "7.0"],
    "F": ["1e3", "0.1", "-1.5e-3", "12345678901234567890"],
    "T": ["t", "F", "true", "FALSE", "1", "0"],
    "D": ["2004-02-29"],
    "TS": ["2004-03-23", "2004-03-23 07:30", "2004-03-23T07:30:59.123456"],
}
BAD = {
    "I": ["900_004", "0x7", "0b1", "0o7", "1e3", "2147483648", "NaN", "one", "1 2", "--1", "\u0663", "1.5", "-"],
    "B": ["9223372036854775808", "3.1E+10", "0X7", "1__0"],
    "D1": ["NaN", "nan", "Infinity", "-inf", "1.05", "21.96", "1000", "999.99", "1_0", "0x1F", "$1", "1,5", "."],
    "D0": ["0.5", "7.4", "1000", "999.6"],
    "F": ["NaN", "inf", "-Infinity", "1e400", "0x1p3", "1_0"],
    "T": ["on", "off", "yes", "n", "tr", "2", "falsey"],
    "D": ["now", "today", "epoch", "infinity", "-infinity", "2004-02-30", "23.03.2004", "03/04/2004", "20040323",
          "2004-03-23 BC", "March 3, 2004", "J2451187", "2004-3-23", "0000-01-01", "2004-03-23 07:30"],
    "TS": ["now", "infinity", "2004-03-23 24:00", "2004-03-23 07:30+02", "2004-03-23T07:30:00Z", "07:30",
           "2004-03-23 07:30:60", "2004-03-23 07:30:00.1234567", "2004-02-30 00:00", "allballs"],
}  # fmt: skip


def one_value(name: str, value: str) -> str:
    """A line whose other fields are empty, or surely right; the value quoted, so that any text is one field."""
    names = TYPED_HEADER.strip().split(",")
    return ",".join(f'"{value}"' if each == name else ("1" if each == "I" else "") for each in names) + "\n"


@pytest.mark.parametrize("quoted", [True, False])
def test_a_column_takes_what_its_type_says_and_nothing_else(warehouse: Warehouse, quoted: bool) -> None:
    def file(values: dict[str, list[str]]) -> bytes:
        lines = (one_value(name, value) for name in values for value in values[name] if quoted or "," not in value)
        text = TYPED_HEADER + "1,,,,,,,\n" + "".join(lines)
        return (text if quoted else text.replace('"', "")).encode()

    table = table_of(TYPED)
    report = warehouse.replace(table, source(TYPED, file(GOOD)))
    assert rejected(warehouse) == []
    assert report.rows == 1 + sum(map(len, GOOD.values()))
    shown = warehouse.rows("SELECT CAST(i AS varchar) AS i, CAST(d1 AS varchar) AS d1 FROM staged.visits")
    assert {row["i"] for row in shown} == {"1", "7", "-5", "5", "2147483647", "-2147483648", "3"}
    assert {row["d1"] for row in shown} - {None} == {"1.0", "0.5", "999.9", "-999.9", "0.0", "1.3", "100.0", "11.5"}
    report = warehouse.replace(table, source(TYPED, file(BAD)))
    assert report.rows == 1
    assert report.rejected == file(BAD).count(b"\n") - 2
    reasons = {(row[2].partition(" ")[0], row[3]) for row in rejected(warehouse)}
    assert ("D1", '"NaN"') in reasons
    assert {name for name, _ in reasons} == set(BAD)


def test_float_noise_below_a_column_with_many_decimals_is_a_digit(warehouse: Warehouse) -> None:
    contract = FileContract((FileColumn("N", "n", "decimal(12,6)", "."), FileColumn("M", "m", "decimal(3,3)", ".")))
    data = b"N,M\n1.0000004,0.1\n1.00000000000004,.25\n1,1.0\n1,0.9999999999\n"
    warehouse.replace(table_of(contract), source(contract, data))
    assert [(line, reason) for line, _, reason, _ in rejected(warehouse)] == [
        (2, "N has more than 6 decimals"),
        (4, "M is out of range for decimal(3,3)"),
        (5, "M is out of range for decimal(3,3)"),
    ]


CELL = st.sampled_from(["1", "7", "x", "", "12.5", "1.505", '"q,q"', "2575", "1030", "é", "a b", '5"', "\\.", "\\N"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(CELL, min_size=3, max_size=5).map(",".join), min_size=1, max_size=12))
def test_loaded_plus_rejected_is_every_line(warehouse: Warehouse, lines: list[str]) -> None:
    data = HEADER + b"5000,sure,1,0\n" + "".join(f"{line}\n" for line in lines).encode()
    for contract in (CONTRACT, KEYED):
        table = Table("staged", f"v{bool(contract.key):d}", table_of(contract).columns)
        report = warehouse.replace(table, source(contract, data))
        numbers = warehouse.rows(
            "SELECT line_number AS n, raw_text FROM quarantine.rejected_rows WHERE table_name = %s", (table.key,)
        )
        assert report.rows + len(numbers) == len(lines) + 1
        assert all(["5000,sure,1,0", *lines][row["n"] - 2] == row["raw_text"] for row in numbers)


TEXTS = FileContract(
    (
        FileColumn("N", "n", "integer", "."),
        FileColumn("A", "a", "text", ".", required=False),
        FileColumn("B", "b", "text", ".", required=False),
    )
)
TEXT = st.text(st.sampled_from('ab ,;"\\\n\r\t.N5é1'), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=10),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    chunk=st.integers(1, 60),
)
def test_whatever_a_csv_writer_writes_is_loaded_as_it_was(
    warehouse: Warehouse, texts: list[tuple[str, str]], quoting: Any, end: str, chunk: int
) -> None:
    # Python's writer leaves a carriage return bare unless it quotes everything.
    assume(quoting == csv.QUOTE_ALL or not any("\r" in text for pair in texts for text in pair))
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=quoting, lineterminator=end)
    writer.writerows([("N", "A", "B"), *((number, *pair) for number, pair in enumerate(texts))])
    report = warehouse.replace(
        table_of(TEXTS, checks=COUNTED),
        source(TEXTS, file.getvalue().encode(), chunk, lines=file.getvalue().count("\n")),
    )
    assert (report.rows, report.rejected) == (len(texts), 0)
    loaded = warehouse.rows("SELECT coalesce(a, '') AS a, coalesce(b, '') AS b FROM staged.visits ORDER BY n")
    assert [(row["a"], row["b"]) for row in loaded] == texts
