"""What is made of the events of an object: a row each of its own, and a reason where one does not fit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tributary.cli.templates.events.source import RECORDS
from tributary.cli.templates.events.standin import messages
from tributary.sdk import SourceObject


def test_an_event_is_a_row_what_does_not_fit_is_set_aside_and_what_is_of_others_is_left_alone() -> None:
    moment = datetime(2026, 1, 31, 7, 30, tzinfo=UTC)
    read = RECORDS.content(SourceObject("some-object", "", ""), messages(moment))
    rows: Any = read.rows
    assert [row["record_id"] for row in rows] == ["standin-0", "standin-1"]
    assert (rows[0]["label"], rows[0]["recorded_at"]) == ("first", moment.replace(tzinfo=None))
    assert [one.reason for one in read.misfits] == ["its properties.amount is no decimal(12,2)"]
