"""A form keeps what was typed, whatever it was, and shows each message beside its field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report_pages.conftest import CODES, Shop

from tributary.assets.factory.parameters.parameter import Choice
from tributary.assets.reporting.answers import Problem
from tributary.assets.reporting.declaration import Report
from tributary.web.reports import form, form_fields

OFFERED = {name: [Choice(code, code) for code in CODES] for name in ("codes", "lines.code")}
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30)
LINES = st.lists(st.fixed_dictionaries({"code": TEXT, "lower": TEXT, "upper": TEXT}), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def report(shop: Shop) -> Report:
    return shop.reports.report("gem_check")


def pairs_of(parts: Sequence[form_fields.Field | form_fields.Lines]) -> Iterator[tuple[str, str]]:
    """What a browser sends of a form as it is shown."""
    for part in parts:
        fields = [part] if isinstance(part, form_fields.Field) else [one for line in part.lines for one in line]
        for one in fields:
            if one.kind == "several":
                yield one.name, "\r\n".join(one.texts)
            elif one.kind in ("choice", "boxes"):
                yield from ((one.name, value) for value, _ in one.choices if value in one.texts)
            else:
                yield one.name, next(iter(one.texts), "")


@given(
    match=TEXT.filter(str.strip),
    since=TEXT,
    note=TEXT,
    codes=st.lists(st.one_of(st.sampled_from(CODES), TEXT.filter(str.strip)), unique=True, max_size=4),
    lines=LINES,
)
def test_nothing_typed_is_lost(report: Report, **typed: Any) -> None:
    shown = form_fields.shown(report, typed, OFFERED)
    again = form.sent(report, pairs_of(shown.parts))
    assert again == {**typed, "codes": again["codes"]}
    assert sorted(again["codes"]) == sorted(typed["codes"])


@given(LINES, st.integers(-3, 14))
def test_lines_come_and_go_one_at_a_time(report: Report, lines: list[dict[str, str]], place: int) -> None:
    typed = {**form.empty(report), "lines": lines}
    more = form.with_line(report, typed, "lines")
    assert more["lines"] == [*lines, {"code": "", "lower": "1", "upper": "99"}]
    less = form.without_line(typed, "lines", max(place, 0))
    left = [line for at, line in enumerate(lines) if at != max(place, 0)]
    assert less["lines"] == (left or lines)
    assert form.with_line(report, {**typed, "lines": lines * 50}, "lines")["lines"] == lines * 50
    assert form.with_line(report, typed, "match") == typed


def test_messages_stand_beside_their_fields_and_the_page_begins_at_the_first(report: Report) -> None:
    typed = {**form.empty(report), "lines": [{"code": "b1", "lower": "1", "upper": "2"}] * 3}
    problems = [
        Problem(("lines", 1, "upper"), "must not be below the lower count."),
        Problem(("codes", 4), "is none of the values that are offered."),
        Problem(("lines",), "must have at most 50 lines."),
        Problem(("stranger",), "is no parameter of this report."),
    ]
    shown = form_fields.shown(report, typed, OFFERED, problems)
    assert shown.faults == [
        ("codes", "Only these is none of the values that are offered."),
        ("lines", "Gems must have at most 50 lines."),
        ("lines-1-upper", "Line 2: Count to must not be below the lower count."),
        ("", "is no parameter of this report."),
    ]
    by_name = {part.name: part for part in shown.parts}
    codes, lines = by_name["codes"], by_name["lines"]
    assert isinstance(codes, form_fields.Field)
    assert isinstance(lines, form_fields.Lines)
    assert codes.is_first
    assert [bool(one.errors) for row in lines.lines for one in row] == [False] * 5 + [True] + [False] * 3


@pytest.mark.parametrize(
    ("choices", "kind"), [(0, "text"), (3, "list"), (200, "list"), (201, "suggested")], ids=lambda one: str(one)
)
def test_how_a_value_is_asked_for_follows_from_its_choices(report: Report, choices: int, kind: str) -> None:
    offered = {"lines.code": [Choice(f"c{number}", "") for number in range(choices)]}
    shown = form_fields.shown(report, form.empty(report), offered)
    fields = {part.name: part for part in shown.parts}
    assert isinstance(fields["lines"], form_fields.Lines)
    assert fields["lines"].lines[0][0].kind == kind
    assert isinstance(fields["match"], form_fields.Field)
    assert fields["match"].kind == "choice"


def test_a_day_that_is_none_is_shown_as_it_was_typed(report: Report) -> None:
    kinds = []
    for text in ("2024-05-01", "1 May", ""):
        shown = form_fields.shown(report, {**form.empty(report), "since": text}, OFFERED)
        [since] = [part for part in shown.parts if part.name == "since"]
        assert isinstance(since, form_fields.Field)
        kinds.append((since.input, since.texts, dict(since.bounds)))
    bounds = {"min": "2020-01-01"}
    assert kinds == [("date", ["2024-05-01"], bounds), ("text", ["1 May"], {}), ("date", [""], bounds)]


def test_answers_of_an_older_file_fill_in_what_is_still_asked(report: Report) -> None:
    old = {"match": "any", "gone": 3, "lines": [{"code": "b2", "lower": 4, "was": 1}], "codes": None}
    typed = form.asked_before(report, old)
    assert typed["lines"] == [{"code": "b2", "lower": "4", "upper": ""}]
    assert (typed["match"], typed["note"], typed["codes"]) == ("any", "", [])
