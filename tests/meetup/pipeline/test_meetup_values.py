"""Durations, canonical lines, and which days are wanted."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.meetup.arrivals import EVENTS_BY_DAY, FIRST_DAY, event_key
from tributary.assets.meetup.canonical import joined, line_of, lines_of, node_of
from tributary.assets.meetup.due import FIRST_DAYS, LOOKBACK, morning_days, ranges_of, wanted_days
from tributary.assets.meetup.durations import minutes_of
from tributary.assets.meetup.partitions import DAY, EVENT_DAYS, days_between, last_day
from tributary.assets.meetup.pull import years_of
from tributary.assets.meetup.staged_assets import STAGED

LAST = date(2026, 6, 30)
DAYS = st.dates(date(2008, 1, 1), LAST)
TEXT = st.text(st.characters(codec=None), max_size=20)
NODES = st.dictionaries(TEXT, st.one_of(TEXT, st.integers(-(2**53), 2**53), st.none(), st.booleans()), max_size=5)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT2H", 120),
        ("PT1H30M", 90),
        ("PT2H15M", 135),
        ("P1D", 1440),
        ("P1DT1H", 1500),
        ("P2W", 20160),
        ("PT7H", 420),
        ("PT90S", 1),
        ("PT0.5H", 30),
        ("PT0,5H", 30),
        ("PT0S", 0),
        ("PT-1H", -60),
        ("-PT1H", -60),
        ("P1M", None),
        ("P1Y", None),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("2 hours", None),
        ("", None),
        ("PT999999999H", None),
    ],
)
def test_durations_are_whole_minutes_or_unknown(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(days: int, hours: int, minutes: int) -> None:
    assert minutes_of(f"P{days}DT{hours}H{minutes}M") == (days * 24 + hours) * 60 + minutes


@given(NODES)
def test_a_line_holds_its_node_and_follows_from_its_content_alone(node: dict[str, Any]) -> None:
    line = line_of(node)
    assert b"\n" not in line
    assert json.loads(line) == node == node_of(line)
    assert line_of(dict(reversed(node.items()))) == line


@given(st.dictionaries(st.text("0123456789abcdef-", min_size=1), NODES, max_size=6), st.randoms())
def test_an_object_is_the_same_in_whatever_order_its_nodes_came(nodes: dict[str, Any], chance: Any) -> None:
    lines = [(key, line_of(node)) for key, node in nodes.items()]
    shuffled = list(lines)
    chance.shuffle(shuffled)
    assert joined(shuffled) == joined(lines)
    assert sorted(lines_of(joined(lines))) == sorted(line for _, line in lines)


@given(DAYS)
def test_an_object_s_key_tells_its_day(day: date) -> None:
    assert EVENTS_BY_DAY.day(event_key(day)) == day


def test_other_keys_are_of_no_day() -> None:
    assert EVENTS_BY_DAY.day("meetup/raw/events/2018/13/01.jsonl") is None
    assert EVENTS_BY_DAY.day("meetup/raw/events/2018/01/01.jsonl.bak") is None


@given(DAYS, st.integers(0, 4000))
def test_a_range_is_cut_at_new_years_and_nowhere_else(first: date, length: int) -> None:
    days = days_between(first, first + timedelta(days=length))
    years = years_of(days)
    assert [day for year in years for day in year] == days
    assert [year[0].year for year in years] == sorted({day.year for day in days})


@given(st.sets(DAYS, max_size=30))
def test_ranges_hold_every_day_and_begin_and_end_with_one(days: set[date]) -> None:
    ranges = list(ranges_of(days))
    assert all(any(first <= day <= last for first, last in ranges) for day in days)
    assert all(first in days and last in days for first, last in ranges)
    assert all(later[0] - earlier[1] > 31 * DAY for earlier, later in pairwise(ranges))


def test_at_first_two_years_are_wanted_and_later_what_is_missing_since_the_first_day() -> None:
    assert wanted_days(set(), LAST, everything=False) == days_between(LAST - (FIRST_DAYS - 1) * DAY, LAST)
    old = set(days_between(date(2010, 1, 1), date(2010, 12, 31)))
    assert wanted_days(old, LAST, everything=False) == days_between(date(2011, 1, 1), LAST)
    assert wanted_days(old, LAST, everything=True) == days_between(date(2010, 1, 1), LAST)
    assert wanted_days(set(days_between(FIRST_DAY, LAST)), LAST, everything=False) == []


@given(st.sets(DAYS, max_size=5), DAYS)
def test_a_morning_looks_back_a_week_and_makes_up_for_mornings_missed(pulled: set[date], now: date) -> None:
    found = morning_days(pulled, now, now - DAY)
    if found is None:
        assert now == FIRST_DAY
        return
    first, last = found
    assert last == now - DAY
    assert first <= max(now - LOOKBACK * DAY, FIRST_DAY)
    assert not pulled or first <= max(max(pulled) + DAY, FIRST_DAY)


def test_a_morning_east_of_greenwich_waits_for_the_day_to_end_there() -> None:
    pulled = {date(2026, 5, 30)}
    assert morning_days(pulled, date(2026, 6, 2), date(2026, 5, 31)) == (date(2026, 5, 26), date(2026, 5, 31))


def test_a_first_morning_pulls_what_a_first_start_would_and_later_ones_what_was_never_staged() -> None:
    now, pulled = date(2026, 6, 2), {date(2026, 6, 1)}
    assert morning_days(set(), now, now - DAY) == (now - FIRST_DAYS * DAY, now - DAY)
    assert morning_days(pulled, now, now - DAY, [date(2025, 3, 4), date(2026, 6, 1)]) == (date(2025, 3, 4), now - DAY)


def test_the_days_are_those_of_a_model_with_a_daily_window() -> None:
    assert dg.DailyPartitionsDefinition(start_date=datetime(2008, 1, 1, tzinfo=UTC)) == EVENT_DAYS
    assert EVENT_DAYS.get_first_partition_key() == "2008-01-01"
    assert EVENT_DAYS.get_last_partition_key() == last_day().isoformat()


def test_every_column_of_every_table_has_its_lineage() -> None:
    assert all(set(one.table.column_names) == set(one.lineage) for one in STAGED)
