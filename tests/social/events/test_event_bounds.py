"""When an event is believed to have happened: not after its arrival, and not before the first day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.social.events.making import SOURCE, follow, track

from tributary.assets.social.events.rows import Delivery, row_of
from tributary.assets.social.events.transform import transform
from tributary.resources.segment.errors import BadMessage

WHOLE = datetime(2026, 3, 1, 9, tzinfo=UTC)
"""By then all that lies in the hour of SOURCE had arrived."""

RECEIVED = "2026-03-01T07:20:00Z"


def times(raw: bytes) -> list[str]:
    """The times of a record's row, by the quick way and by the definition, which agree."""
    (table,) = transform(SOURCE, raw).tables.values()
    row = row_of(raw, 0, Delivery.of(SOURCE))
    cells = dict(zip(row.table.column_names, row.cells, strict=True))
    (quick,) = table.to_pylist()
    names = [name for name in ("timestamp", "published_at") if name in cells]
    for name in names:
        assert quick[name] == datetime(1970, 1, 1) + timedelta(microseconds=cells[name])  # noqa: DTZ001 - as stored
    return [str(quick[name]) for name in names]


@pytest.mark.parametrize("timestamp", ["2034-06-01T00:00:00Z", "2026-03-01T07:20:00.000001Z", 2_000_000_000])
def test_an_event_of_a_clock_that_runs_ahead_happened_when_it_arrived(timestamp: Any) -> None:
    assert times(follow(timestamp=timestamp, receivedAt=RECEIVED)) == ["2026-03-01 07:20:00"]


def test_a_post_dated_ahead_was_published_when_it_arrived() -> None:
    post = track("Post Created", {"post_id": "p", "created_at": "2034-06-01T00:00:00Z"}, receivedAt=RECEIVED)
    assert times(post) == ["2026-03-01 07:10:00.123000", "2026-03-01 07:20:00"]


@pytest.mark.parametrize("received", [..., None, "2034-06-02T00:00:00Z"])
def test_where_the_arrival_is_not_told_or_no_better_the_objects_hour_bounds_it(received: Any) -> None:
    post = track("Post Created", {"created_at": "2035-01-01"}, timestamp="2034-06-01T00:00:00Z", receivedAt=received)
    assert times(post) == ["2026-03-01 09:00:00", "2026-03-01 09:00:00"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (follow(timestamp="1970-01-01T00:00:05Z"), "the time of the event"),
        (follow(timestamp="2024-12-31T23:59:59.999Z"), "the time of the event"),
        (follow(receivedAt="2024-12-31T00:00:00Z"), "receivedAt"),
        (track("Post Created", {"created_at": 0}), "properties.created_at"),
        (track("Post Created", {"created_at": "2001-01-01T00:00:00Z"}), "properties.created_at"),
    ],
)
def test_what_is_dated_before_the_first_day_is_kept_apart_and_costs_nothing_else(raw: bytes, field: str) -> None:
    found = transform(SOURCE, follow(1) + raw + follow(2))
    assert [bad.reason for bad in found.rejected] == [
        f"{field} lies before 2025-01-01, the first day believed (TRIBUTARY_SOCIAL_FIRST_DAY)"
    ]
    assert found.rows == 2
    with pytest.raises(BadMessage, match="first day believed"):
        row_of(raw, 0, Delivery.of(SOURCE))


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)).map(lambda moment: f"{moment.isoformat()}Z")  # noqa: DTZ001


@given(st.lists(st.tuples(MOMENTS, st.none() | MOMENTS, st.none() | MOMENTS), min_size=1, max_size=8))
def test_the_quick_way_bounds_as_the_definition_does(told: list[tuple[str, str | None, str | None]]) -> None:
    records = [
        track("Post Created", {"post_id": n, "created_at": created}, messageId=f"m{n}", timestamp=at, receivedAt=got)
        if n % 2
        else follow(n, timestamp=at, receivedAt=got)
        for n, (at, got, created) in enumerate(told)
    ]
    found = transform(SOURCE, b"".join(records))
    rows = [row for table in found.tables.values() for row in table.to_pylist()]
    assert len(rows) + len(found.rejected) == len(told)
    for row in rows:
        happened = {row["timestamp"], row.get("published_at", row["timestamp"])}
        assert max(happened) <= (row["received_at"] or WHOLE.replace(tzinfo=None))
        assert max(happened) <= WHOLE.replace(tzinfo=None)
        assert min(happened) >= datetime(2025, 1, 1)  # noqa: DTZ001
