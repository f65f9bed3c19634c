"""What a SQL model may and may not say: every rule with a text that it refuses and the portable way to say the same."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factory.lint_cases import CASES, MODEL, Case

from tributary.assets.factory.lint.check import lint
from tributary.assets.factory.lint.errors import SqlSyntaxError
from tributary.assets.factory.lint.finding import Finding
from tributary.assets.factory.lint.parsing import parse


def rules(sql: str) -> set[str]:
    return {finding.rule for finding in lint(parse(sql), sql)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}: {case.refused[:60]}")
def test_each_rule_refuses_what_is_not_portable(case: Case) -> None:
    assert case.rule in rules(case.refused)


@pytest.mark.parametrize("sql", sorted({case.accepted for case in CASES}))
def test_the_portable_way_to_say_it_is_accepted(sql: str) -> None:
    assert lint(parse(sql), sql) == []


def test_an_ordinary_analytics_model_is_accepted() -> None:
    assert lint(parse(MODEL), MODEL) == []


def test_messages_are_one_sentence_that_says_what_to_do() -> None:
    for case in CASES:
        for finding in lint(parse(case.refused), case.refused):
            assert finding.message.endswith("."), finding
            assert "\n" not in finding.message
            assert len(finding.message) < 220


def test_findings_name_the_lines_of_the_text_in_their_order() -> None:
    sql = "select\n    id,\n    now() as at_now,\n    id\n    / 2 as half\nfrom sale\nlimit 3"
    assert [(finding.line, finding.rule) for finding in lint(parse(sql), sql)] == [
        (3, "volatile"), (4, "untyped-division"), (6, "table-name"), (7, "limit-without-order"),
    ]  # fmt: skip


def test_declared_column_types_decide_what_the_tree_alone_cannot() -> None:
    schema = {"core.sale": {"amount": "double", "units": "bigint", "sold_on": "date", "price": "decimal(10,2)"}}

    def found(expression: str) -> list[str]:
        sql = f"with a as (select * from core.sale) select {expression} as x from a as s"
        return [finding.rule for finding in lint(parse(sql), sql, schema)]

    assert found("s.amount / 2") == []
    assert found("avg(amount)") == []
    assert found("round(price, 1)") == []
    assert found("amount / units") == ["division-by-zero"]
    assert found("sum(units)") == ["untyped-number"]
    assert found("units / 2") == ["integer-division"]
    assert found("sold_on + 1") == ["date-plus-number"]
    assert found("units = '5'") == ["untyped-literal"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from core.sale group by id having sum(amount) / 2 > 1", []),
        ("select id from core.sale group by id having sum(units) / 2 > 1", ["decimal-division"]),
        ("select id, sum(amount) / 2 as x from core.sale group by id order by sum(amount) / 2 limit 3", []),
        ("select units as x from core.sale union all select sum(amount) / 2 as x from core.sale", []),
        ("select s.y / 2 as x from (select price from core.sale union select amount from core.sale) as s (y)", []),
        ("select v.y / 2 as x from (values (1, 2), (3, 2.5)) as v (x, y)", ["decimal-division"]),
        ("select (select max(s.amount) from core.sale as s where s.id = t.id) / 2 as x from core.sale as t", []),
        ("select id as x from core.sale as s where exists (select 1 from core.day as d where nope = 1)", ["column"]),
        ("select id from core.sale group by id having sum(nope) > 1", ["column"]),
        ("select s.id from core.sale as s join core.day as d on d.day = s.amount", ["column"]),
    ],
)
def test_types_and_columns_are_known_in_every_clause(sql: str, expected: list[str]) -> None:
    schema = {"core.sale": {"id": "integer", "units": "bigint", "price": "decimal(10,2)", "amount": "double"}}
    schema["core.day"] = {"date": "date"}
    assert [finding.rule for finding in lint(parse(sql), sql, schema)] == expected


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("", 1), ("-- only a comment", 1), (";", 1),
        ("select 1 as a;\nselect 2 as b", 1), ("select 1 as a;;", 1),
        ("insert into core.sale select 1", 1), ("delete from core.sale", 1), ("create table core.x (a int)", 1),
        ("vacuum", 1), ("values (1)", 1), ("table core.sale", 1), ("(select 1 as a)", 1),
        ("with a as (select 1 as x) insert into core.sale select x from a", 1),
        ("select 'abc", 1), ("select 1 as a\n/* open", 2), ('select "a', 1),
        ("select id\nfrom core.sale\nwhere", 3), ("select (1 as a", 1), ("select id id id from core.sale", 1),
        ("select id\nfrom core.sale order by", 2), ("select case when id then 1 from core.sale", 1),
        ("select extract(day\nfrom sold_on as x from core.sale", 1), ("select 1 as a\n)", 2),
        ("select " + "(" * 5000 + "1" + ")" * 5000, 1), ("select `id` from core.sale", 1),
    ],
)  # fmt: skip
def test_text_that_is_not_one_select_is_an_error_with_its_line(sql: str, line: int) -> None:
    with pytest.raises(SqlSyntaxError) as raised:
        parse(sql)
    assert raised.value.line == line
    assert str(raised.value).endswith(f"{raised.value.problem}")
    assert raised.value.problem.endswith(".")


def test_one_closing_semicolon_is_allowed() -> None:
    assert parse("select 1 as a;").named_selects == ["a"]


WORDS = MODEL.split()


@given(st.lists(st.integers(0, len(WORDS) - 1), max_size=40), st.sampled_from(CASES), st.data())
@settings(max_examples=300, deadline=None)
def test_any_text_gives_findings_or_the_syntax_error(dropped: list[int], case: Case, data: st.DataObject) -> None:
    kept = [word for place, word in enumerate(WORDS) if place not in set(dropped)]
    pieces = case.refused.split()
    start = data.draw(st.integers(0, len(kept)))
    end = data.draw(st.integers(start, len(kept)))
    for sql in (
        " ".join(kept),
        " ".join([*kept[:start], *pieces]),
        " ".join(kept[start:end]),
        " ".join(_shuffled(pieces, data)),
    ):
        try:
            findings = lint(parse(sql), sql)
        except SqlSyntaxError:
            continue
        assert all(isinstance(finding, Finding) and finding.line >= 1 for finding in findings)


def _shuffled(pieces: Sequence[str], data: st.DataObject) -> list[str]:
    return ["select", *data.draw(st.permutations(pieces))]


def test_reading_and_checking_a_long_model_is_fast() -> None:
    rounds = 20
    begin = time.process_time()
    for number in range(rounds):
        sql = f"{MODEL}-- {number}"
        lint(parse(sql), sql)
    assert (time.process_time() - begin) / rounds < 0.05  # a generous multiple, for slow and busy machines
