"""Segment's rule of time: what a wrong clock of a sender does, and does not do, to `timestamp`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.conftest import Served
from tributary.web.collector.errors import MessageRefused
from tributary.web.collector.messages import Arrival, completed
from tributary.web.collector.times import now, parse, written

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


@given(received=MOMENTS, original=MOMENTS, sent=MOMENTS)
def test_a_server_librarys_timestamp_is_the_original(received: datetime, original: datetime, sent: datetime) -> None:
    by_original = timestamp(received, originalTimestamp=original.isoformat(), sentAt=sent.isoformat())
    assert timestamp(received, timestamp=original.isoformat(), sentAt=sent.isoformat()) == by_original
    both = timestamp(
        received, originalTimestamp=original.isoformat(), timestamp=sent.isoformat(), sentAt=sent.isoformat()
    )
    assert both == by_original == milliseconds(received - (sent - original))


@given(received=MOMENTS, original=MOMENTS)
def test_what_is_not_known_is_not_corrected(received: datetime, original: datetime) -> None:
    assert timestamp(received, timestamp=original.isoformat()) == milliseconds(original)
    assert timestamp(received, sentAt=original.isoformat()) == milliseconds(received)
    assert timestamp(received, timestamp=None, originalTimestamp=None, sentAt=None) == milliseconds(received)


@given(moment=MOMENTS, hours=st.integers(-12, 14))
def test_times_of_every_zone_are_read_and_written_in_utc(moment: datetime, hours: int) -> None:
    there = moment.astimezone(timezone(timedelta(hours=hours)))
    assert parse("timestamp", there.isoformat()) == moment
    assert written(moment) == f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2015-2-02T00:30:08.276Z", datetime(2015, 2, 2, 0, 30, 8, 276_000, tzinfo=UTC)),
    ],
)
def test_forms_that_senders_use(text: str, moment: datetime) -> None:
    assert parse("timestamp", text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-1-32", "2026-02-30T00:00:00Z", "1/2/2026", 5, True, {}])
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(MessageRefused, match="sentAt is not a time"):
        parse("sentAt", text)


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
