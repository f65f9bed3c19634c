"""Rows made many at a time are the rows of the definition, whatever the records hold."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.social.events.making import SOURCE, TIME, follow, identify, track

from tributary.assets.social.events.columns import plain_tables
from tributary.assets.social.events.rows import Delivery, row_of
from tributary.assets.social.events.transform import transform
from tributary.assets.social.tables import TABLES
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.records import read_records

LEAVE_OUT = object()
IDS = st.sampled_from(["a", "b", "", "7", 7, 7.0, 1.5, None, True, [], {}, "\x00", "\ud83d", LEAVE_OUT])
PLAIN_TIMES = (TIME, "2026-03-01T07:10:00+01:00", None, LEAVE_OUT)
OTHER_TIMES = ("2026-03-01T07:10:00.1234567Z", "2026-03-01", 5, 1.77e12)
NO_TIMES = ("2026-02-30T00:00:00Z", "2026-03-01T07:10:60Z", "2200-01-01T00:00:00Z", "1969-01-01T00:00:00Z", "", True)
TIMES = st.sampled_from([*PLAIN_TIMES, *OTHER_TIMES, *NO_TIMES])
ODD = st.sampled_from(["text", "\x00", 1, 1.0, 10**30, True, None, [1, {"b": 1, "a": 2}], {"z": {"y": 1, "x": 2}}, "é"])
FIELDS = (
    "user_id",
    "author",
    "created_at",
    "body",
    "post_id",
    "id",
    "username",
    "email",
    "about_me",
    "aboutMe",
    "z",
    "a",
)
DETAILS = (
    st.dictionaries(st.sampled_from(FIELDS), IDS | ODD | TIMES, max_size=5).map(
        lambda said: {name: value for name, value in said.items() if value is not LEAVE_OUT}
    )
    | ODD
    | st.just(LEAVE_OUT)
)
CONTEXTS = (
    st.dictionaries(
        st.sampled_from(["campaign", "page", "referrer", "device", "library", "ip"]),
        st.dictionaries(st.sampled_from(["source", "medium", "name", "referrer", "url", "type"]), IDS | ODD) | ODD,
    )
    | ODD
    | st.just(LEAVE_OUT)
).map(lambda said: _without_left_out(said) if isinstance(said, dict) else said)


def _without_left_out(said: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_left_out(value) if isinstance(value, dict) else value
        for name, value in said.items()
        if value is not LEAVE_OUT
    }


RECORDS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "track", "identify", "page", "screen", "group", "alias", "x", None, 1, []]),
        "event": st.sampled_from(["Follow User", "Unfollow User", "Post Created", "Other", "", None, 3, LEAVE_OUT]),
        "messageId": IDS,
        "userId": IDS,
        "anonymousId": IDS,
        "timestamp": TIMES,
        "sentAt": TIMES,
        "receivedAt": TIMES,
        "originalTimestamp": TIMES,
        "properties": DETAILS,
        "traits": DETAILS,
        "name": ODD | st.just(LEAVE_OUT),
        "context": CONTEXTS,
        "previousId": IDS,
        "groupId": ODD | st.just(LEAVE_OUT),
    }
).map(lambda fields: json.dumps({name: value for name, value in fields.items() if value is not LEAVE_OUT}).encode())


def defined(data: bytes) -> tuple[dict[str, list[tuple[Any, ...]]], list[tuple[int, str]]]:
    """The rows and rejected records, one by one as `rows` says."""
    records, delivery = read_records(data), Delivery.of(SOURCE)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    rejected = [(bad.number, bad.reason) for bad in records.bad]
    for index, number in enumerate(records.numbers):
        try:
            row = row_of(records.raw(index), records.starts[index], delivery)
        except BadMessage as bad:
            rejected.append((number, str(bad)))
        else:
            rows.setdefault(row.table.key, []).append(row.cells)
    return rows, sorted(rejected)


def made(data: bytes) -> tuple[dict[str, list[tuple[Any, ...]]], list[tuple[int, str]]]:
    """The same as `transform` has it."""
    transformed = transform(SOURCE, data)
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - Arrow's times without a zone are compared
    rows = {
        key: [
            tuple((v - epoch) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in row.values())
            for row in table.to_pylist()
        ]
        for key, table in transformed.tables.items()
    }
    return rows, [(bad.number, bad.reason) for bad in transformed.rejected]


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=8))
@example([follow(1), follow(2, userId=2), follow(3, timestamp="2026-02-30T00:00:00Z"), identify({}), track("x", {})])
def test_many_at_a_time_and_one_by_one_agree(records: list[bytes]) -> None:
    data = b"".join(records)
    assert made(data) == defined(data)


def test_plain_records_are_all_made_many_at_a_time() -> None:
    records = [
        follow(1, sentAt=TIME, receivedAt="2026-03-01T07:10:00.123456+00:00"),
        track("Unfollow User", {"user_id": "u"}),
        track("Post Created", {"body": "x", "author": "u", "post_id": "p", "created_at": TIME}),
        track("Post Created", {}),
        identify({"username": "x"}),
        track("Other", {"a": 1}, userId=..., anonymousId="a"),
        track("Other", ..., type="page", name="Home"),
        track("Other", ..., type="page", context={"campaign": {"name": "x"}, "device": None, "page": {"referrer": ""}}),
        track("Post Liked", {"post_id": "p"}, anonymousId="a", context={}),
    ]
    _, others = plain_tables(read_records(b"".join(records)), SOURCE)
    assert others == []


def test_columns_are_those_of_the_declared_tables() -> None:
    types = {"bigint": "int64", "text": "string", "timestamp": "timestamp[us]"}
    records = [
        follow(),
        track("Unfollow User", {"user_id": "u"}),
        track("Post Created", {}),
        identify({}),
        track("Post Liked", {"post_id": "p"}),
        track("x", {}),
    ]
    for data in (b"".join(records), b"".join([*records, b"[]"]), b"".join(r.replace(b'"m-1"', b"1") for r in records)):
        tables = transform(SOURCE, data).tables
        assert list(tables) == [table.key for table in TABLES]
        for table in TABLES:
            schema = tables[table.key].schema
            assert [(f.name, str(f.type)) for f in schema] == [(c.name, types[c.type]) for c in table.columns]
