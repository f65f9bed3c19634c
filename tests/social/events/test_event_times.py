"""How times are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import LATEST, micros_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = (datetime(year, 1, 1) for year in (1971, 2199))  # noqa: DTZ001 - the zone is drawn apart
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def shown(value: Any) -> str:
    micros = micros_of(value, "field")
    assert micros is not None
    return (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01T07:10:00Z", "2026-03-01 07:10:00.000000"),
        ("2026-03-01T07:10:00.Z", "2026-03-01 07:10:00.000000"),
        ("2026-03-01T07:10:00.1Z", "2026-03-01 07:10:00.100000"),
        ("2026-03-01T07:10:00.123456789Z", "2026-03-01 07:10:00.123456"),
        ("2026-03-01t07:10:00,999999999z", "2026-03-01 07:10:00.999999"),
        ("2026-03-01T07:10:00+05:30", "2026-03-01 01:40:00.000000"),
        ("2026-03-01T07:10:00-0800", "2026-03-01 15:10:00.000000"),
        ("2026-03-01 07:10+01", "2026-03-01 06:10:00.000000"),
        ("2026-03-01T07:10:00", "2026-03-01 07:10:00.000000"),
        ("2026-03-01", "2026-03-01 00:00:00.000000"),
        ("2015-2-02T00:30:08.276Z", "2015-02-02 00:30:08.276000"),
        ("1970-01-01T00:00:00Z", "1970-01-01 00:00:00.000000"),
        (0, "1970-01-01 00:00:00.000000"),
        (1_772_349_000, "2026-03-01 07:10:00.000000"),
        (1_772_349_000.25, "2026-03-01 07:10:00.250000"),
        (1_772_349_000_123, "2026-03-01 07:10:00.123000"),
    ],
)
def test_times_that_are_read(value: Any, expected: str) -> None:
    assert shown(value) == expected


NO_TEXTS = (
    "",
    "yesterday",
    "2026-3",
    " 2026-03-01",
    "1772349000",
    "٢٠٢٦-03-01",
    "0000-01-01",
    "2026-03-01T07:10:00Z\n",
)
NO_DATES = ("2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T07:10:60Z", "2026-03-01T07:10:00+01:60")
TOO_MUCH = ("2026-03-01T07:10:00.1234567890Z", "2026-03-01T07:10:00+24:00")


@pytest.mark.parametrize("value", [*NO_TEXTS, *NO_DATES, *TOO_MUCH, True, [], {}])
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(BadMessage, match=r"^field is not a time$"):
        micros_of(value, "field")


@pytest.mark.parametrize(
    "value", ["1969-12-31T23:59:59.999999Z", "2200-01-01", "1970-01-01T00:00:00+00:01", -1, 1e300, 10**400, 1.7e15]
)
def test_times_that_are_not_believed(value: Any) -> None:
    with pytest.raises(BadMessage, match=r"^field lies outside the years 1970 to 2199$"):
        micros_of(value, "field")


def test_null_is_no_time_and_no_fault() -> None:
    assert micros_of(None, "field") is None


@given(st.datetimes(FIRST, LAST, timezones=ZONES))
def test_any_iso_time_is_read_to_the_microsecond(moment: datetime) -> None:
    micros = micros_of(moment.isoformat(), "field")
    assert micros == (moment - EPOCH) // timedelta(microseconds=1)
    assert micros is not None
    assert 0 <= micros < LATEST
