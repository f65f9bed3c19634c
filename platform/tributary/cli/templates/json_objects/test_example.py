"""What is made of an object: a row a record, and a reason where a record is none."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tributary.cli.templates.json_objects.source import RECORDS
from tributary.cli.templates.json_objects.standin import lines
from tributary.sdk import SourceObject


def test_a_record_is_a_row_and_one_without_a_time_is_set_aside() -> None:
    read = RECORDS.content(SourceObject("2026.jsonl", "", ""), lines(datetime.fromisoformat("2026-01-31")))
    rows: Any = read.rows
    assert [row["record_id"] for row in rows] == ["0131-1", "0131-2"]
    assert (rows[0]["label"], rows[0]["amount"]) == ("first", Decimal("12.5"))
    assert [(one.number, one.reason) for one in read.misfits] == [(3, "its at is no timestamp")]
