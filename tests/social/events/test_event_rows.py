"""Which row a message is, and what makes it none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.social.events.making import SOURCE, TIME, encoded, follow, identify, message, track

from tributary.assets.social.event_types import CONTEXT_FIELDS
from tributary.assets.social.events.transform import Transformed, transform


def done(*records: bytes, source: str = SOURCE) -> Transformed:
    transformed = transform(source, b"".join(records))
    assert transformed.rows + len(transformed.rejected) == transformed.records == len(records)
    return transformed


def row(record: bytes, table: str, source: str = SOURCE) -> dict[str, Any]:
    """The one row of a record, which must be in `table`; a second record, of odd form, must not change it."""
    for beside in ((), (encoded({"type": "odd"}),)):
        tables = done(record, *beside, source=source).tables
        assert list(tables) == [f"staged.{table}"]
    (found,) = tables[f"staged.{table}"].to_pylist()
    assert (found["source_object"], found["record_offset"]) == (source, 0)
    return dict(found)


def reason(record: bytes, source: str = SOURCE) -> str:
    (bad,) = done(record, source=source).rejected
    assert (bad.number, bad.offset, bad.raw) == (1, 0, record)
    return bad.reason


def test_a_follow() -> None:
    found = row(follow(sentAt="2026-03-01T07:10:01Z", receivedAt="2026-03-01T08:10:02+01:00"), "social_follows")
    assert (found["message_id"], found["user_id"], found["user_id_recipient"]) == ("m-1", "u-1", "u-2")
    times = [str(found[name]) for name in ("timestamp", "sent_at", "received_at")]
    assert times == ["2026-03-01 07:10:00.123000", "2026-03-01 07:10:01", "2026-03-01 07:10:02"]


def test_an_unfollow_and_a_self_follow() -> None:
    assert row(track("Unfollow User", {"user_id": "u-2"}), "social_unfollows")["user_id_recipient"] == "u-2"
    assert row(follow(properties={"user_id": "u-1"}), "social_follows")["user_id_recipient"] == "u-1"


def test_a_post() -> None:
    said = {"post_id": "p-1", "id": "p-2", "author": "u-9", "created_at": "2026-03-01T07:00:00Z", "body": "Hello"}
    found = row(track("Post Created", said), "social_posts")
    assert (found["post_id"], found["user_id"], found["body"]) == ("p-1", "u-9", "Hello")
    assert str(found["published_at"]) == "2026-03-01 07:00:00"


def test_a_post_that_says_little() -> None:
    found = row(track("Post Created", {}), "social_posts")
    assert (found["post_id"], found["user_id"], found["body"]) == ("m-1", "u-1", None)
    assert found["published_at"] == found["timestamp"]
    assert row(track("Post Created", {"id": 7}), "social_posts")["post_id"] == "7"
    assert row(track("Post Created", {"body": {"b": 1, "a": [2]}}), "social_posts")["body"] == '{"a":[2],"b":1}'


def test_a_user() -> None:
    traits = {
        "username": "ann",
        "email": "a@example.org",
        "about_me": "Hi",
        "plan": "x",
        "age": 3,
        "a": {"z": 1, "b": 2},
    }
    found = row(identify(traits), "social_users")
    assert (found["username"], found["email"], found["about_me"]) == ("ann", "a@example.org", "Hi")
    assert found["traits"] == '{"a":{"b":2,"z":1},"age":3,"plan":"x"}'


def test_traits_of_odd_types_and_the_other_spelling_of_about_me() -> None:
    found = row(identify({"username": 5, "email": True, "aboutMe": ["x"]}), "social_users")
    assert (found["username"], found["email"], found["about_me"]) == ("5", "true", '["x"]')
    assert found["traits"] == "{}"
    both = row(identify({"about_me": "one", "aboutMe": "two"}), "social_users")
    assert (both["about_me"], both["traits"]) == ("one", '{"aboutMe":"two"}')
    assert row(identify(...), "social_users")["traits"] == "{}"
    assert row(identify(None), "social_users")["traits"] == "{}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"type": "page", "name": "Home", "properties": {"z": 1, "a": 2}},
            {"properties": '{"a":2,"name":"Home","z":1}'},
        ),
        ({"type": "page", "name": "Home", "properties": {"name": "Own"}}, {"properties": '{"name":"Own"}'}),
        ({"type": "screen", "category": "C"}, {"properties": '{"category":"C"}'}),
        ({"type": "group", "groupId": "g", "traits": {"n": 1}}, {"properties": '{"groupId":"g","n":1}'}),
        ({"type": "alias", "previousId": "old"}, {"properties": '{"previousId":"old"}', "previous_id": "old"}),
        ({"type": "page", "previousId": "old"}, {"properties": "{}", "previous_id": None}),
        (
            {"type": "track", "event": "Post Shared", "properties": {"p": "é"}},
            {"event": "Post Shared", "properties": '{"p":"é"}'},
        ),
        (
            {"type": "identify", "userId": ..., "anonymousId": "a-1", "traits": {"t": 1}},
            {"user_id": None, "anonymous_id": "a-1"},
        ),
        ({"type": "page", "userId": ...}, {"user_id": None, "anonymous_id": None, "event": None, "properties": "{}"}),
    ],
)
def test_other_messages(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    found = row(encoded(message(fields)), "social_other_events")
    assert found["type"] == fields["type"]
    assert {name: found[name] for name in expected} == expected


def test_a_reaction() -> None:
    found = row(track("Post Liked", {"post_id": 7, "author": "u-2"}), "social_reactions")
    assert (found["user_id"], found["post_id"]) == ("u-1", "7")


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (..., {}),
        (None, {}),
        (
            {
                "campaign": {"name": "spring", "source": "letter", "medium": "email", "term": "x"},
                "page": {"referrer": "https://search.example/?q=a", "path": "/"},
                "referrer": {"url": "https://other.example/"},
                "device": {"type": "ios", "model": "x"},
                "library": {"name": "analytics-swift", "version": "1"},
                "ip": "192.0.2.1",
            },
            {
                "campaign_name": "spring",
                "campaign_source": "letter",
                "campaign_medium": "email",
                "referrer": "https://search.example/?q=a",
                "device": "ios",
            },
        ),
        (
            {"page": {"referrer": ""}, "referrer": {"url": "https://other.example/"}},
            {"referrer": "https://other.example/"},
        ),
        ({"campaign": "spring", "page": None, "device": [], "library": {"name": 5}}, {"device": "5"}),
    ],
)
def test_where_a_message_comes_from(context: Any, expected: dict[str, str]) -> None:
    names = [field.name for field in CONTEXT_FIELDS]
    for record, table in (
        (follow(context=context, anonymousId=7), "social_follows"),
        (identify({}, context=context, anonymousId=7), "social_users"),
        (track("Other", {}, context=context, anonymousId=7), "social_other_events"),
    ):
        found = row(record, table)
        assert {name: found[name] for name in names if found[name] is not None} == expected
        assert found["anonymous_id"] == "7"


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (10**30, "1" + "0" * 30), (-3, "-3"), ("0", "0")]
)
def test_ids_that_are_numbers_become_their_digits(value: Any, text: str) -> None:
    found = row(follow(userId=value, messageId=value, properties={"user_id": value}), "social_follows")
    assert (found["user_id"], found["message_id"], found["user_id_recipient"]) == (text, text, text)


@pytest.mark.parametrize("missing", [..., None, ""])
def test_a_message_without_an_id_gets_one_from_its_bytes(missing: Any) -> None:
    first, second = (row(follow(messageId=missing, properties={"user_id": user}), "social_follows") for user in "ab")
    assert first["message_id"].startswith("sha256-")
    assert first["message_id"] != second["message_id"]
    again = done(follow(2), follow(messageId=missing, properties={"user_id": "a"})).tables["staged.social_follows"]
    assert again["message_id"].to_pylist() == ["m-2", first["message_id"]]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (follow(type=...), "type is missing"),
        (follow(type="refused", reason="no event."), "the collector refused it: no event."),
        (follow(type="tracks"), "type is none of alias, group, identify, page, screen, track"),
        (follow(type=["track"]), "type is none of alias, group, identify, page, screen, track"),
        (follow(event=...), "event is missing"),
        (follow(event=""), "event is missing"),
        (follow(event=5), "event is not text"),
        (follow(userId=...), "userId is missing"),
        (follow(userId=True), "userId is neither text nor a number"),
        (follow(messageId={}), "messageId is neither text nor a number"),
        (follow(anonymousId=[]), "anonymousId is neither text nor a number"),
        (follow(context="web"), "context is not an object"),
        (track("x", {}, type="alias", previousId=True), "previousId is neither text nor a number"),
        (follow(properties=...), "properties.user_id is missing"),
        (follow(properties={"user_id": None}), "properties.user_id is missing"),
        (follow(properties={"user_id": [1]}), "properties.user_id is neither text nor a number"),
        (follow(properties="u-2"), "properties is not an object"),
        (identify([1]), "traits is not an object"),
        (track("Post Created", {"author": {"id": 1}}), "properties.author is neither text nor a number"),
        (track("Post Created", {}, userId=...), "properties.author is missing, and userId too"),
        (track("Post Created", {"created_at": "yesterday"}), "properties.created_at is not a time"),
        (follow(timestamp="yesterday"), "timestamp is not a time"),
        (follow(timestamp="2201-01-01T00:00:00Z"), "timestamp lies outside the years 1970 to 2199"),
        (follow(sentAt={}), "sentAt is not a time"),
        (follow(receivedAt="1969-12-31T23:59:59Z"), "receivedAt lies outside the years 1970 to 2199"),
    ],
)
def test_what_makes_a_record_bad(record: bytes, why: str) -> None:
    assert reason(record) == why


def test_a_time_that_is_missing_is_told_by_the_other_clocks() -> None:
    original, sent, received = "2026-03-01T05:00:00Z", "2026-03-01T05:00:10Z", "2026-03-01T07:00:15Z"
    times: dict[str, Any] = {"timestamp": ..., "originalTimestamp": original, "sentAt": sent, "receivedAt": received}
    expected: list[tuple[dict[str, Any], str]] = [
        ({}, "2026-03-01 07:00:05"),
        ({"timestamp": None}, "2026-03-01 07:00:05"),
        ({"timestamp": "2026-03-01T06:59:59Z"}, "2026-03-01 06:59:59"),
        ({"sentAt": ...}, "2026-03-01 07:00:15"),
        ({"originalTimestamp": ...}, "2026-03-01 07:00:15"),
        ({"receivedAt": ...}, "2026-03-01 07:15:30"),
    ]
    for change, when in expected:
        assert str(row(follow(**{**times, **change}), "social_follows")["timestamp"]) == when
    untold = follow(timestamp=...)
    assert "neither receivedAt nor the object's name" in reason(untold, "web-data/raw/2026/03/01/07/by-hand.json")
    assert "neither receivedAt nor the object's name" in reason(
        untold, "web-data/raw/2026/03/01/07/a-1-2026-13-01-00-00-00-x"
    )


def test_texts_that_no_table_can_hold_are_mended() -> None:
    found = row(track("Post Created", {"body": "a\x00b\ud83dc"}), "social_posts")
    assert found["body"] == "a\ufffdb\ufffdc"
    traits = row(identify({"username": "\ud83d", "k\x00": ["\x00"]}), "social_users")
    assert (traits["username"], traits["traits"]) == ("\ufffd", '{"k\ufffd":["\ufffd"]}')
    kept = json.dumps({"body": "\\u0000 \U0001f600"}).encode()
    assert (
        row(
            b'{"messageId":"m","userId":"u","timestamp":"%s","type":"track","event":"Post Created","properties":%s}'
            % (TIME.encode(), kept),
            "social_posts",
        )["body"]
        == "\\u0000 \U0001f600"
    )


def test_rows_are_in_the_order_of_their_records_and_rejected_ones_in_theirs() -> None:
    records = [follow(1), follow(2, userId=2), follow(3, userId=...), follow(4), b"[]", follow(5, timestamp=1.77e12)]
    transformed = done(*records)
    table = transformed.tables["staged.social_follows"]
    assert table["message_id"].to_pylist() == ["m-1", "m-2", "m-4", "m-5"]
    data = b"".join(records)
    offsets = table["record_offset"].to_pylist()
    assert [data[offset:].startswith(records[n]) for offset, n in zip(offsets, (0, 1, 3, 5), strict=True)] == [True] * 4
    assert [bad.number for bad in transformed.rejected] == [3, 5]
