"""What the form takes, and what is made of an entry."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tributary.cli.templates.form.form import read
from tributary.cli.templates.form.source import RECORDS
from tributary.sdk import SourceObject

ENTRY = b'{"entry_id": 1, "recorded_at": "2026-01-31T07:30:00+00:00", "entered_by": "me", "details": '


def test_the_form_says_what_is_wrong_with_an_entry() -> None:
    assert read({"label": " first ", "amount": "12.50"}) == ({"label": "first", "amount": "12.50"}, {})
    assert sorted(read({"label": "", "amount": "much"})[1]) == ["amount", "label"]
    assert sorted(read({"label": "first", "amount": "1.005"})[1]) == ["amount"]


def test_an_entry_is_a_row_and_one_without_a_label_is_set_aside() -> None:
    data = ENTRY + b'{"label": "first", "amount": "12.50"}}\n' + ENTRY + b"{}}\n"
    read_ = RECORDS.content(SourceObject("some-object", "", ""), data)
    rows: Any = read_.rows
    assert [(row["label"], row["amount"]) for row in rows] == [("first", Decimal("12.50"))]
    assert [one.reason for one in read_.misfits] == ["its details.label is missing"]
