"""The statement of a report: its rows are those that were asked for, on each dialect; no value is in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reporting.asking import HOSTILE, TEXT, load

from tributary.assets.reporting.answers import Answers, AnswersError, read_answers
from tributary.assets.reporting.binding import bind
from tributary.assets.reporting.choices import MOST, natural, read_choices
from tributary.assets.reporting.declaration import Choice, Report
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

DIALECTS: tuple[Dialect, ...] = ("postgres", "athena")
CODES = ("b1", "b2", "b3")
ROWS = [
    (
        n // 2,
        CODES[n * 7 % 3],
        n * 5 % 9 + 1,
        Decimal(n * 37 % 50) / 8,
        date(2024, 1, 1) + timedelta(n % 40),
        f"o{n % 5}",
    )
    for n in range(120)
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return load(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def items(pg: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The items, in a database of the test's own."""
    pg.execute(
        "create schema staged; create table staged.items "
        "(bill integer, code text, pieces integer, weight numeric(9,3), pledged_on date, owner text)"
    )
    with pg.cursor() as cursor:
        cursor.executemany("insert into staged.items values (%s, %s, %s, %s, %s, %s)", ROWS)
    return pg


def asked_of(connection: psycopg.Connection[Any], report: Report, answers: Answers, dialect: Dialect) -> list[Any]:
    """The rows, sorted; Trino's statement is asked of Postgres as well, in whose words sqlglot puts it."""
    bound = bind(report, answers, dialect)
    sql = bound.sql
    if dialect == "athena":
        marked = sql.replace("%s", "?").replace("%%", "%")
        [told] = sqlglot.transpile(marked, read="trino", write="postgres")
        sql = told.replace("%", "%%").replace("%%s", "%s")
    return sorted(connection.execute(sql, bound.values).fetchall(), key=str)


def expected(answers: dict[str, Any]) -> list[Any]:
    """The rows by the words of the report: a plain filter, written apart from SQL."""

    def hit(line: dict[str, Any], row: Any) -> bool:
        enough = line.get("weight") is None or row[3] >= line["weight"]
        return bool(row[1] == line["code"] and line["least"] <= row[2] <= line["most"] and enough)

    bills = {row[0] for row in ROWS}
    how = all if answers["match"] == "all" else any
    matching = {
        bill
        for bill in bills
        if how(any(hit(line, row) for row in ROWS if row[0] == bill) for line in answers["lines"])
    }
    return sorted(
        (
            (bill, code, weight, float(weight) * 100, owner, answers.get("note"))
            for bill, code, _, weight, day, owner in ROWS
            if bill in matching
            and (answers.get("since") is None or day >= answers["since"])
            and (not answers["bills"] or bill in answers["bills"])
        ),
        key=str,
    )


LINE = st.fixed_dictionaries({
    "code": st.sampled_from((*CODES, "b9")),
    "least": st.integers(1, 6),
    "most": st.integers(6, 12),
    "weight": st.none() | st.integers(0, 6000).map(lambda n: Decimal(n).scaleb(-3)),
})  # fmt: skip
ASKED = st.fixed_dictionaries({
    "match": st.sampled_from(["all", "any"]),
    "since": st.dates(date(2024, 1, 1), date(2024, 2, 10)),
    "note": st.none() | st.sampled_from(["a", "50%", "?", "it's", ":note", "asked_0_"]),
    "bills": st.lists(st.integers(1, 70), max_size=30),
    "lines": st.lists(LINE, min_size=1, max_size=3),
})  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(ASKED)
def test_the_rows_are_those_of_a_plain_filter_on_each_dialect(
    items: psycopg.Connection[Any], report: Report, asked: dict[str, Any]
) -> None:
    answers = read_answers(report, asked)
    rows = expected(asked)
    for dialect in DIALECTS:
        assert asked_of(items, report, answers, dialect) == rows


def test_what_is_not_given_is_null_and_an_empty_list_is_a_relation_without_rows(
    items: psycopg.Connection[Any], report: Report
) -> None:
    lines = [{"code": "b1", "least": 1, "most": 9}]
    answers = read_answers(report, {"lines": lines})
    for dialect in DIALECTS:
        bound = bind(report, answers, dialect)
        assert bound.values.count(None) >= 3
        found = asked_of(items, report, answers, dialect)
        assert found == expected({"match": "all", "lines": lines, "bills": []})


def texts() -> Iterator[str]:
    yield from (raw for raw in HOSTILE if isinstance(raw, str))


def test_no_value_is_ever_in_the_text_and_the_server_gets_each_as_it_stands(
    items: psycopg.Connection[Any], report: Report
) -> None:
    plain = {dialect: bind(report, read_answers(report, _asking("zz", "zz")), dialect).sql for dialect in DIALECTS}
    taken = 0
    for text in texts():
        try:
            answers = read_answers(report, _asking(text, text[:12]))
        except AnswersError:
            continue
        taken += 1
        for dialect in DIALECTS:
            bound = bind(report, answers, dialect)
            assert bound.sql == plain[dialect]
            assert text.strip() in bound.values
        items.execute("delete from staged.items where bill = 1000")
        items.execute("insert into staged.items values (1000, %s, 2, 1, '2024-01-01', 'x')", (text.strip(),))
        rows = asked_of(items, report, answers, "postgres")
        assert [(row[0], row[1], row[5]) for row in rows] == [(1000, text.strip(), text[:12].strip())]
    assert taken > 15
    assert items.execute("select count(*) from staged.items").fetchone() == (len(ROWS) + 1,)


def _asking(code: str, note: str) -> dict[str, Any]:
    return {"note": note, "lines": [{"code": code, "most": 9}]}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_placeholder_is_cast_to_the_type_of_its_value(report: Report, dialect: Dialect) -> None:
    answers = read_answers(report, {"since": "2024-01-02", "bills": [7], "lines": [{"code": "b1", "most": 9}] * 2})
    bound = bind(report, answers, dialect)
    kinds = {"TEXT": str, "VARCHAR": str, "INT": int, "INTEGER": int, "DATE": date, "DECIMAL": Decimal}
    casts = re.findall(r"CAST\(%s AS (\w+)", bound.sql)
    assert bound.sql.count("%s") == len(casts) == len(bound.values)
    for kind, value in zip(casts, bound.values, strict=True):
        assert value is None or isinstance(value, kinds[kind])


def test_choices_are_the_values_of_the_column(
    items: psycopg.Connection[Any], report: Report, warehouse: PostgresWarehouse
) -> None:
    [(path, choices)] = report.offers.items()
    assert path == "lines.code"
    items.execute("grant usage on schema staged to public; grant select on staged.items to public")
    assert read_choices(warehouse, choices) == tuple(Choice(code, code) for code in CODES)
    items.execute("insert into staged.items select 1, 'c' || n from generate_series(1, %s) as n", (MOST,))
    assert read_choices(warehouse, choices) == ()


def test_numbers_in_choices_are_ordered_by_their_size() -> None:
    codes = ["b10", "B2", "b1", "", "b2x", "12", "a10b2", "a10b10", "b2"]
    assert sorted(codes, key=natural) == ["", "12", "a10b2", "a10b10", "b1", "B2", "b2", "b2x", "b10"]


def test_what_is_personal_is_offered_to_nobody(tmp_path: Path) -> None:
    for choices in ("{from: staged.items.owner}", "{from: staged.items.code, label: owner}"):
        assert load(tmp_path, TEXT.replace("{from: staged.items.code}", choices)).offers == {}
