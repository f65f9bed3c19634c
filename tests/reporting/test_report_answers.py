"""What can be asked: equal questions are one question whatever their spelling, and everything else is told or bound."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reporting.asking import HOSTILE, TEXT, load

from tributary.assets.factory.parameters.values import NotAValue, canonical_value, read_value
from tributary.assets.reporting.answers import Answers, AnswersError, Problem, read_answers
from tributary.assets.reporting.declaration import Choice, Report

CODES = {"lines.code": (Choice("b1", "Bangle"), Choice("b2", "Chain"))}
ASKED = {
    "since": "2024-01-02",
    "bills": ["2", 1, "2"],
    "lines": [{"code": " b1 ", "most": "7", "weight": "1.50"}, {"code": "b2", "least": 2, "most": 2}],
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return load(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def unordered(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The same, but its SELECT does not look at the order of lines."""
    text = TEXT.replace("item.bill, line.line_no", "item.bill, line.code")
    return load(tmp_path_factory.mktemp("reports"), text)


def problems(report: Report, raw: dict[str, Any], choices: Any = None) -> list[Problem]:
    with pytest.raises(AnswersError) as caught:
        read_answers(report, raw, choices)
    return list(caught.value.problems)


def test_answers_are_of_the_declared_types_with_defaults_filled_in(report: Report) -> None:
    found = read_answers(report, ASKED, CODES)
    assert found.values == {
        "match": "all",
        "since": date(2024, 1, 2),
        "note": None,
        "bills": (1, 2),
        "lines": (
            {"code": "b1", "least": 1, "most": 7, "weight": Decimal("1.500")},
            {"code": "b2", "least": 2, "most": 2, "weight": None},
        ),
    }
    assert json.loads(found.canonical)["lines"][0] == {"code": "b1", "least": 1, "most": 7, "weight": "1.500"}
    assert len(found.key) == 20


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lines": []}, [(("lines",), "must have at least 1 line.")]),
        ({"lines": [{"code": "b1", "most": 1}] * 6}, [(("lines",), "must have at most 5 lines.")]),
        ({"lines": "b1"}, [(("lines",), "must be a list of lines.")]),
        ({"lines": ["b1"]}, [(("lines", 0), "must be a line with a value for each of its fields.")]),
        (
            {"lines": [{"code": "", "most": "", "least": " "}, {"code": "b1", "least": 3, "most": "2"}]},
            [(("lines", 1, "most"), "must not be below the least.")],
        ),
        ({"lines": [{"code": "b9", "most": 1}]}, [(("lines", 0, "code"), "is none of the values that are offered.")]),
        (
            {"lines": [{"code": "b1", "least": 0, "most": "1e9", "weihgt": 1}]},
            [
                (("lines", 0, "weihgt"), "is no field of lines; did you mean weight?"),
                (("lines", 0, "least"), "must be at least 1."),
                (("lines", 0, "most"), "must be a whole number, in digits alone."),
            ],
        ),
        ({"match": "some"}, [(("match",), "is none of the values that are offered.")]),
        ({"match": ""}, [(("match",), "must be given.")]),
        ({"match": "any", "since": None}, [(("since",), "must be given where any line is enough.")]),
        ({"since": "2031-01-01"}, [(("since",), "must be at most 2030-12-31.")]),
        ({"since": "2023-02-29"}, [(("since",), "is no day of the calendar.")]),
        ({"note": "longer than twelve"}, [(("note",), "must be at most 12 characters long.")]),
        ({"bills": [1, "x", 0]}, [
            (("bills", 1), "must be a whole number, in digits alone."), (("bills", 2), "must be at least 1."),
        ]),
        ({"bills": list(range(1, 1500))}, [(("bills",), "must be at most 1,000 values.")]),
        ({"nte": 1}, [(("nte",), "is no parameter of this report; did you mean note?")]),
        ({"\ud800": 1}, [(("\\ud800",), "is no parameter of this report.")]),
    ],
)  # fmt: skip
def test_each_problem_stands_beside_its_field(
    report: Report, change: dict[str, Any], expected: list[tuple[tuple[str | int, ...], str]]
) -> None:
    assert problems(report, {**ASKED, **change}, CODES) == [Problem(*one) for one in expected]


def test_lines_are_one_question_in_any_order_unless_the_order_is_read(report: Report, unordered: Report) -> None:
    turned = {**ASKED, "lines": ASKED["lines"][::-1]}
    assert read_answers(unordered, turned).canonical == read_answers(unordered, ASKED).canonical
    assert read_answers(report, turned).key != read_answers(report, ASKED).key


def test_the_same_answers_to_two_reports_are_two_questions() -> None:
    assert Answers("one", {"a": 1}).key != Answers("two", {"a": 1}).key


def test_a_date_bound_and_choices_of_the_data_hold_only_where_they_are_known(report: Report) -> None:
    raw = {**ASKED, "lines": [{"code": "b9", "most": 1}]}
    assert read_answers(report, raw, {"lines.code": ()}).values["lines"][0]["code"] == "b9"  # type: ignore[index,call-overload]


TYPES = ["boolean", "integer", "bigint", "double", "decimal(9,3)", "decimal(38,0)", "text", "date", "timestamp"]


def values_of(kind: str) -> st.SearchStrategy[Any]:
    printable = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20).map(str.strip)
    return {
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "bigint": st.integers(-(2**63), 2**63 - 1),
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "decimal(9,3)": st.integers(-(10**9) + 1, 10**9 - 1).map(lambda n: Decimal(n).scaleb(-3)),
        "decimal(38,0)": st.integers(-(10**38) + 1, 10**38 - 1).map(Decimal),
        "text": printable.filter(bool),
        "date": st.dates(),
        "timestamp": st.datetimes(),
    }[kind]


def spellings(value: Any) -> Iterator[object]:
    """Other ways in which a person or a program writes a value, written apart from the code."""
    text = (
        value.isoformat()
        if hasattr(value, "isoformat")
        else str(value).lower()
        if value in (True, False)
        else str(value)
    )
    if isinstance(value, Decimal):
        text = f"{value:f}"
        yield from (text, text + ("0" if "." in text else ".0"), value)
        if value == int(value) and abs(value) < 2**53:
            yield from (int(value), float(value))
    elif isinstance(value, bool):
        yield from (value, text, text.upper())
    elif isinstance(value, int):
        yield from (value, text, f"+{text}" if value >= 0 else text, text.zfill(12))
        if abs(value) < 2**53:
            yield float(value)
    elif isinstance(value, float):
        yield from (value, repr(value))
    else:
        yield from (text, text.replace("T", " ")) if hasattr(value, "hour") else (text,)


@given(st.data())
def test_every_spelling_of_a_value_is_that_value_in_one_form(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    value = data.draw(values_of(kind))
    expected = canonical_value(read_value(kind, canonical_value(value)))
    for spelling in spellings(value):
        padded = f"  {spelling} " if isinstance(spelling, str) else spelling
        found = read_value(kind, padded)
        assert found == value
        assert json.dumps(canonical_value(found)) == json.dumps(expected)


@given(st.data())
def test_two_values_have_two_forms(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    one, other = data.draw(values_of(kind)), data.draw(values_of(kind))
    same = canonical_value(read_value(kind, one)) == canonical_value(read_value(kind, other))
    assert same == (one == other)


LINES = st.lists(
    st.fixed_dictionaries({
        "code": st.sampled_from(["b1", "b2", "b3"]),
        "least": st.integers(1, 20),
        "most": st.integers(20, 1000),
        "weight": st.none() | st.integers(0, 10**9 - 1).map(lambda n: f"{n // 1000}.{n % 1000:03}"),
    }),
    min_size=1,
    max_size=5,
)  # fmt: skip
QUESTIONS = st.fixed_dictionaries({
    "match": st.sampled_from(["all", "any"]),
    "since": st.dates(max_value=date(2030, 12, 31)).map(str),
    "note": st.none() | st.sampled_from(["a", "A", "á", "a b", "1", "null"]),
    "bills": st.lists(st.integers(1, 99), max_size=4),
    "lines": LINES,
})  # fmt: skip


def meant(raw: dict[str, Any]) -> object:
    """What a question asks, compared apart from how the code writes it down."""
    lines = sorted(str((a["code"], a["least"], a["most"], a["weight"] and Decimal(a["weight"]))) for a in raw["lines"])
    return raw["match"], raw["since"], raw["note"], sorted(set(raw["bills"])), lines


@given(QUESTIONS, st.randoms(use_true_random=False))
def test_the_key_is_that_of_the_question(unordered: Report, raw: dict[str, Any], chance: random.Random) -> None:
    shuffled = dict(chance.sample(sorted(raw.items()), len(raw)))
    shuffled["bills"] = [f" {bill}" for bill in chance.sample(raw["bills"] * 2, len(raw["bills"]) * 2)]
    shuffled["lines"] = [
        dict(chance.sample(sorted(line.items()), 4)) | {"code": f" {line['code']} ", "most": f"{line['most']}"}
        for line in chance.sample(raw["lines"], len(raw["lines"]))
    ]
    one, other = read_answers(unordered, raw), read_answers(unordered, shuffled)
    assert (one.canonical, one.key) == (other.canonical, other.key)
    # What was written down asks the same again.
    assert read_answers(unordered, json.loads(one.canonical)).canonical == one.canonical


@given(QUESTIONS, QUESTIONS)
def test_different_questions_have_different_keys(unordered: Report, raw: dict[str, Any], other: dict[str, Any]) -> None:
    same = meant(raw) == meant(other)
    assert (read_answers(unordered, raw).key == read_answers(unordered, other).key) == same


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_hostile_is_no_value_or_taken_as_it_stands(kind: str) -> None:
    for raw in HOSTILE:
        try:
            found = read_value(kind, raw)
        except NotAValue as problem:
            told = str(problem)
            assert len(told) < 200
            continue
        json.dumps(canonical_value(found), allow_nan=False).encode()
        if kind == "text":
            assert found == str(raw).strip()
        elif kind == "boolean":
            assert found is raw
        else:
            assert float(found) == float(raw)  # type: ignore[arg-type] - only numbers come through


@pytest.mark.parametrize("place", ["match", "since", "note", "bills", "lines", "line", "code", "weight"])
def test_what_is_hostile_in_any_field_is_told_or_asked(report: Report, place: str) -> None:
    for raw in HOSTILE:
        line: dict[str, Any] = {"code": "b1", "most": 9}
        asked: dict[str, Any] = {"lines": [{**line, place: raw} if place in ("code", "weight") else line]}
        if place == "line":
            asked["lines"] = [raw]
        elif place not in line and place != "weight":
            asked[place] = raw
        try:
            found = read_answers(report, asked)
        except AnswersError as error:
            told, places = str(error), {problem.at[0] for problem in error.problems}
            assert len(told) < 2_000
            assert places <= set(report.parameters)
        else:
            assert found.canonical.encode()
