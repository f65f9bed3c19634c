"""What is pulled of a day, and what is made of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tributary.cli.templates.api import pull
from tributary.cli.templates.api.source import RECORDS, ExampleSettings
from tributary.cli.templates.api.standin import records, serving
from tributary.sdk import SourceObject

DAY = date(2026, 1, 31)


def test_all_pages_of_a_day_are_pulled_and_what_cannot_be_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(0) as port:
        monkeypatch.setattr(pull, "own_settings", lambda _: ExampleSettings(port=port))
        read = RECORDS.content(SourceObject("2026.jsonl", "", ""), pull.fetch(DAY))
    rows: Any = read.rows
    assert [row["record_id"] for row in rows] == [one["id"] for one in records(DAY)[:-1]]
    assert [one.reason for one in read.misfits] == ["its amount is no decimal(12,2)"]


def test_a_day_of_which_less_came_than_was_said_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"records": [], "total": 1, "next": None}
    monkeypatch.setattr(pull, "_page", lambda *_: page)
    with pytest.raises(pull.ExampleError, match="has 1 records, and gave 0"):
        pull.fetch(DAY)
