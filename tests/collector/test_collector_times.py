"""Segment's rule of time: what a wrong clock of a sender does, and does not do, to `timestamp`."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.collector.conftest import Served

from tributary.resources.segment.errors import BadMessage
from tributary.web.collector.messages import Arrival, completed, now, written

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SKEWS = st.timedeltas(timedelta(days=-3_000), timedelta(days=3_000))
WAITS = st.timedeltas(timedelta(0), timedelta(days=400))


def timestamp(received: datetime, **given_times: str | None) -> datetime:
    record = completed({"type": "page", "userId": "u", **given_times}, Arrival(received, "client", None))
    found: str = json.loads(record.data)["timestamp"]
    return datetime.fromisoformat(found)


def milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


@given(happened=MOMENTS, waited=WAITS, travelled=st.timedeltas(timedelta(0), timedelta(seconds=5)), skew=SKEWS)
def test_however_wrong_the_senders_clock_the_event_is_dated_right_but_for_the_time_of_travel(
    happened: datetime, waited: timedelta, travelled: timedelta, skew: timedelta
) -> None:
    sent = happened + waited
    found = timestamp(
        sent + travelled, originalTimestamp=(happened + skew).isoformat(), sentAt=(sent + skew).isoformat()
    )
    assert found == milliseconds(happened + travelled)


@given(
    received=MOMENTS,
    original=MOMENTS,
    sent=MOMENTS,
)
def test_a_server_librarys_timestamp_is_the_original(received: datetime, original: datetime, sent: datetime) -> None:
    assume(sent - original < received - datetime(1970, 1, 1, tzinfo=UTC))
    by_original = timestamp(received, originalTimestamp=original.isoformat(), sentAt=sent.isoformat())
    assert timestamp(received, timestamp=original.isoformat(), sentAt=sent.isoformat()) == by_original
    both = timestamp(
        received, originalTimestamp=original.isoformat(), timestamp=sent.isoformat(), sentAt=sent.isoformat()
    )
    assert both == by_original == milliseconds(min(received, received - (sent - original)))


@given(received=MOMENTS, original=MOMENTS)
def test_what_is_not_known_is_not_corrected(received: datetime, original: datetime) -> None:
    assert timestamp(received, timestamp=original.isoformat()) == milliseconds(min(original, received))
    assert timestamp(received, sentAt=original.isoformat()) == milliseconds(received)
    assert timestamp(received, timestamp=None, originalTimestamp=None, sentAt=None) == milliseconds(received)


@given(received=MOMENTS, original=st.datetimes(timezones=st.just(UTC)), sent=st.none() | MOMENTS)
def test_nothing_happens_after_its_arrival_whatever_a_clock_says(
    received: datetime, original: datetime, sent: datetime | None
) -> None:
    with suppress(BadMessage):
        assert timestamp(received, timestamp=original.isoformat(), sentAt=sent and sent.isoformat()) <= received


@given(moment=MOMENTS, hours=st.integers(-12, 14))
def test_times_of_every_zone_are_read_and_written_in_utc(moment: datetime, hours: int) -> None:
    there = moment.astimezone(timezone(timedelta(hours=hours)))
    assert timestamp(moment, timestamp=there.isoformat()) == milliseconds(moment)
    assert written(moment) == f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@pytest.mark.parametrize("seconds", [1_769_860_800, 1_769_860_800.25, 1_769_860_800_250])
def test_times_may_be_numbers_of_seconds_or_milliseconds(served: Served, seconds: float) -> None:
    moment = datetime.fromtimestamp(seconds if seconds < 1e11 else seconds / 1000, tz=UTC)
    message = {"type": "page", "userId": "u", "timestamp": seconds}
    assert served.post("/v1/batch", {"batch": [message], "sentAt": seconds}).json() == {"success": True}
    assert served.post("/v1/page", message).json() == {"success": True}
    corrected, told = served.taken()
    assert corrected["timestamp"] == corrected["receivedAt"]
    assert datetime.fromisoformat(told["timestamp"]) == moment
    assert (corrected["sentAt"], told["originalTimestamp"]) == (seconds, seconds)


def test_a_phone_an_hour_ahead_that_was_offline_for_a_day(served: Served) -> None:
    sent = now() + timedelta(hours=1)
    original = sent - timedelta(days=1)
    served.post(
        "/v1/batch",
        {"batch": [{"type": "page", "userId": "u", "timestamp": original.isoformat()}], "sentAt": sent.isoformat()},
    )
    (event,) = served.taken()
    received, corrected = (datetime.fromisoformat(event[name]) for name in ("receivedAt", "timestamp"))
    assert received - corrected == timedelta(days=1)
    assert event["originalTimestamp"] == original.isoformat()
