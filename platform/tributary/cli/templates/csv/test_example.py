"""What is made of a file: a row a line, and a reason where a line is none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tributary.cli.templates.csv.source import FILES
from tributary.cli.templates.csv.standin import FILE


def test_a_line_is_a_row_and_one_without_a_time_is_set_aside() -> None:
    read = FILES.read("2026.csv", FILE.encode())
    rows: Any = read.rows
    rows = rows.to_pylist()
    assert [row["record_id"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["recorded_at"] == datetime.fromisoformat("2026-01-01 09:30")
    assert [one.number for one in read.misfits] == [5]
    assert read.misfits[0].reason.startswith("at is not a valid timestamp")
