"""Saved requests: each of their times is seen to once, whoever looks, and whatever is killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.reporting.record import Requests
from tributary.assets.reporting.requests import NoSuchRequest, OpenRequests, Question
from tributary.assets.reporting.saved import SavedRequest, SavedRequests, last_time, times_after
from tributary.resources.errors import TributaryError, UsageError

HOUR = timedelta(hours=1)


@pytest.fixture
def requests(opened: OpenRequests) -> Requests:
    return opened()


@pytest.fixture
def saved(requests: Requests) -> SavedRequests:
    return SavedRequests(requests)


def question(one: SavedRequest) -> Question:
    return Question(one.who, one.report, "d1", one.answers, "k1", "schedule", one.notify)


def hourly(saved: SavedRequests) -> SavedRequest:
    return saved.add("bills", {"code": "b1"}, "ada", "Every hour", "0 * * * *", "UTC", "x@example.com")


def test_a_time_is_asked_once_by_whoever_looks_first(saved: SavedRequests, requests: Requests) -> None:
    one = hourly(saved)
    assert saved.see_to(question, one.saved_at) == []
    due = one.next_at
    with ThreadPoolExecutor(4) as pool:
        asked = [found for some in pool.map(lambda _: saved.see_to(question, due), range(8)) for found in some]
    assert len(asked) == 1
    (found,) = requests.list()
    assert (found.id, found.origin, found.who, found.answers) == (asked[0].id, "schedule", "ada", {"code": "b1"})
    assert saved.all()[0].last_at == due


def test_killed_between_a_time_and_its_request_neither_is_there(
    saved: SavedRequests, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hourly(saved)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tributary.assets.reporting.saved.record", dies)
        with pytest.raises(KeyboardInterrupt):
            saved.see_to(question, one.next_at)
    assert (requests.list(), saved.all()[0].last_at) == ([], None)
    assert len(saved.see_to(question, one.next_at)) == 1


def test_of_times_that_passed_while_nobody_looked_the_last_is_asked(saved: SavedRequests, requests: Requests) -> None:
    one = hourly(saved)
    assert len(saved.see_to(question, one.next_at + 100 * HOUR)) == 1
    assert len(requests.list()) == 1
    assert saved.all()[0].last_at == one.next_at + 100 * HOUR
    assert len(saved.see_to(question, one.next_at + 101 * HOUR)) == 1


def test_what_cannot_be_asked_any_more_says_why_and_stops_no_other(saved: SavedRequests) -> None:
    broken, sound = hourly(saved), hourly(saved)

    def ask(one: SavedRequest) -> Question:
        if one.id == broken.id:
            raise TributaryError("There is no report bills any more.")
        return question(one)

    assert len(saved.see_to(ask, sound.next_at)) == 1
    assert [one.sentence for one in saved.all()] == ["There is no report bills any more.", ""]


def test_what_is_removed_is_asked_no_more(saved: SavedRequests) -> None:
    one = hourly(saved)
    saved.remove(one.id, "ada")
    assert (saved.see_to(question, one.next_at), saved.all()) == ([], [])
    with pytest.raises(NoSuchRequest):
        saved.remove(one.id, "ada")


@pytest.mark.parametrize(
    ("title", "cron", "zone"),
    [
        ("", "0 * * * *", "UTC"),
        ("x\n", "0 * * * *\n", "Mars/Olympus"),
        ("a\nb", "0 * * * *", "UTC"),
        ("x", "0 * * *", "UTC"),
        ("x", "* * * * * *", "UTC"),
        ("x", "61 * * * *", "UTC"),
        ("x", "0 0 30 2 *", "UTC"),
        ("x", "@hourly", "UTC"),
        ("x", "0 * * * *", "../etc/passwd"),
        ("x", "0 * * * *", ""),
    ],
)
def test_what_cannot_be_saved_is_refused(saved: SavedRequests, title: str, cron: str, zone: str) -> None:
    with pytest.raises(UsageError):
        saved.add("bills", {}, "ada", title, cron, zone)
    assert saved.all() == []


def test_times_are_those_of_the_zone() -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    winter = datetime(2026, 12, 1, tzinfo=UTC)
    assert times_after("0 7 * * 1", "Europe/Berlin", summer) == datetime(2026, 7, 6, 5, tzinfo=UTC)
    assert times_after("0 7 * * 1", "Europe/Berlin", winter) == datetime(2026, 12, 7, 6, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 59),
    st.sampled_from(["*", "*/3", "5"]),
    st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 72 * 60),
)
def test_the_last_time_is_the_last_that_comes_by_walking(minute: int, hour: str, after: datetime, passed: int) -> None:
    cron, now = f"{minute} {hour} * * *", after + timedelta(minutes=passed)
    walked = None
    at = times_after(cron, "UTC", after)
    while at <= now:
        walked, at = at, times_after(cron, "UTC", at)
    assert last_time(cron, "UTC", after, now) == walked
