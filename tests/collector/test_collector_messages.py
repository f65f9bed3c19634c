"""What becomes of a message that is taken, and which are not, as a sender over HTTP sees it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY

TRACK = {"type": "track", "userId": "u1", "event": "Post Created"}
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_bare_call_is_completed(served: Served) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    answer = served.post("/v1/track", {"userId": "u1", "event": "Post Created", "properties": {"body": "naïve 💧"}})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    (event,) = served.taken()
    assert UUID(event.pop("messageId"))
    assert MILLISECONDS.fullmatch(event["receivedAt"])
    assert before <= datetime.fromisoformat(event["receivedAt"]) <= datetime.now(UTC)
    assert event.pop("timestamp") == event.pop("receivedAt")
    assert event == {
        "type": "track",
        "userId": "u1",
        "event": "Post Created",
        "properties": {"body": "naïve 💧"},
        "context": {"ip": "127.0.0.1"},
        "integrations": {},
        "channel": "server",
        "version": 2,
    }


def test_what_the_sender_set_stays_as_it_was_sent(served: Served) -> None:
    sent = {
        "type": "identify",
        "messageId": "mine",
        "userId": 12345678901234567890123,
        "anonymousId": "a1",
        "traits": {"n": 1.5, "deep": {"list": [None, True, {"x": 0.1}]}},
        "context": {"ip": "203.0.113.9", "library": {"name": "test"}},
        "integrations": {"All": False},
        "channel": "browser",
        "originalTimestamp": "2026-01-31T12:00:00.123456+01:00",
        "sentAt": "2026-01-31T11:00:01.000Z",
        "receivedAt": "1999-01-01T00:00:00.000Z",
        "custom": "kept",
    }
    served.post("/v1/batch", {"batch": [sent]})
    (event,) = served.taken()
    assert event.pop("receivedAt") != sent.pop("receivedAt")
    assert MILLISECONDS.fullmatch(event.pop("timestamp"))
    assert event.pop("version") == 2
    assert event == sent


def test_what_a_batch_says_holds_for_its_messages_unless_they_say_otherwise(served: Served) -> None:
    answer = served.post(
        "/v1/import",
        {
            "batch": [
                TRACK,
                TRACK | {"context": {"locale": "fr"}, "integrations": {"A": True}, "sentAt": "2026-02-01"},
            ],
            "sentAt": "2026-01-01T00:00:00.000Z",
            "context": {"locale": "en", "app": {"name": "x"}},
            "integrations": {"A": False, "B": False},
        },
    )
    assert answer.json() == {"success": True}
    first, second = served.taken()
    assert first["context"] == {"locale": "en", "app": {"name": "x"}, "ip": "127.0.0.1"}
    assert second["context"] == {"locale": "fr", "app": {"name": "x"}, "ip": "127.0.0.1"}
    assert (first["integrations"], second["integrations"]) == ({"A": False, "B": False}, {"A": True, "B": False})
    assert (first["sentAt"], second["sentAt"]) == ("2026-01-01T00:00:00.000Z", "2026-02-01")


@pytest.mark.parametrize(
    ("paths", "kind", "content"),
    [
        (("track", "t"), "track", {"userId": "u", "event": "e"}),
        (("identify", "i"), "identify", {"anonymousId": "a"}),
        (("page", "p"), "page", {"anonymousId": "a", "name": None}),
        (("screen", "s"), "screen", {"userId": 7}),
        (("group", "g"), "group", {"userId": "u", "groupId": "g"}),
        (("alias", "a"), "alias", {"userId": "u", "previousId": "a"}),
    ],
)
def test_each_kind_has_its_addresses(
    served: Served, paths: tuple[str, ...], kind: str, content: dict[str, Any]
) -> None:
    for path in [f"/v1/{name}{slash}" for name in paths for slash in ("", "/")]:
        assert served.post(path, content).status_code == 200, path
    assert [event["type"] for event in served.taken()] == [kind] * 4


def test_a_browser_sends_text_with_the_key_in_the_body_which_is_not_kept(served: Served) -> None:
    message = TRACK | {"writeKey": WRITE_KEY, "sentAt": "2026-01-01T00:00:00.000Z"}
    plain = {"content-type": "text/plain"}
    single = httpx.post(f"{served.url}/v1/t", content=json.dumps(message), headers=plain)
    envelope = {"writeKey": WRITE_KEY, "batch": [message, message]}
    batch = httpx.post(f"{served.url}/v1/b", content=json.dumps(envelope), headers=plain)
    assert (single.status_code, batch.status_code) == (200, 200)
    found = served.taken()
    assert len(found) == 3
    assert {event["channel"] for event in found} == {"client"}
    assert WRITE_KEY not in str(found)


BAD: list[tuple[Any, str]] = [
    ("text", "but not an object"),
    (["list"], "but not an object"),
    (None, "but not an object"),
    ({"userId": "u", "event": "e"}, "type is none of"),
    (TRACK | {"type": "secret-type"}, "type is none of"),
    (TRACK | {"type": ["track"]}, "type is none of"),
    ({"type": "track", "event": "e"}, "userId and anonymousId"),
    (TRACK | {"userId": ""}, "userId and anonymousId"),
    (TRACK | {"userId": True}, "userId is neither"),
    (TRACK | {"userId": {"secret": 1}}, "userId is neither"),
    ({"type": "track", "userId": "u"}, "needs event"),
    (TRACK | {"event": ""}, "needs event"),
    (TRACK | {"event": 5}, "needs event"),
    ({"type": "group", "userId": "u"}, "needs groupId"),
    ({"type": "alias", "userId": "u"}, "needs previousId"),
    ({"type": "alias", "anonymousId": "a", "previousId": "p"}, "and userId"),
    (TRACK | {"properties": "secret"}, "properties is not an object"),
    (TRACK | {"context": [1]}, "context is not an object"),
    (TRACK | {"messageId": True}, "messageId is neither"),
    (TRACK | {"timestamp": "yesterday, secret"}, "timestamp is not a time"),
    (TRACK | {"timestamp": -1}, "timestamp lies outside"),
    (TRACK | {"timestamp": "99999-01-01"}, "timestamp is not a time"),
    (TRACK | {"timestamp": "0000-01-01T00:00:00Z"}, "timestamp is not a time"),
    (TRACK | {"sentAt": "2026-13-01"}, "sentAt is not a time"),
    (TRACK | {"timestamp": "0001-01-01T00:00:00Z"}, "timestamp lies outside"),
    (TRACK | {"timestamp": "0001-01-01T00:00:00+10:00"}, "timestamp lies outside"),
    (TRACK | {"timestamp": "1971-01-01", "sentAt": "2199-12-31"}, "corrected by sentAt, lies outside"),
    (TRACK | {"properties": {"secret": "x" * 32_768}}, "above 32768 bytes"),
]


def test_a_batch_loses_no_good_message_to_bad_ones_and_names_these(served: Served) -> None:
    batch = [TRACK, *[message for message, _ in BAD], TRACK | {"event": "last"}]
    answer = served.post("/v1/batch", {"batch": batch})
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    rejected = answer.json()["rejected"]
    assert [one["index"] for one in rejected] == list(range(1, len(BAD) + 1))
    for (_, reason), one in zip(BAD, rejected, strict=True):
        assert reason in one["reason"]
    assert "secret" not in answer.text
    taken = served.taken()
    assert [event["event"] for event in taken if event["type"] != "refused"] == ["Post Created", "last"]
    refused = [event for event in taken if event["type"] == "refused"]
    assert [event["reason"] for event in refused] == [one["reason"] for one in rejected]
    whole = [json.dumps(message, separators=(",", ":"), ensure_ascii=False) for message, _ in BAD]
    assert [event["bytes"] for event in refused] == [len(text.encode()) for text in whole]
    assert [event["message"] for event in refused] == whole


def test_a_batch_of_bad_messages_alone_is_refused(served: Served) -> None:
    answer = served.post("/v1/batch", {"batch": [{"type": "track"}, 5]})
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert [one["index"] for one in answer.json()["rejected"]] == [0, 1]
    assert served.post("/v1/batch", {"batch": []}).json() == {"success": True}
    assert [event["message"] for event in served.taken()] == ['{"type":"track"}', "5"]


def test_a_single_bad_message_is_refused_with_its_reason(served: Served) -> None:
    answer = served.post("/v1/track", {"userId": "secret"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_message")
    assert "needs event" in answer.json()["message"]
    assert "secret" not in answer.text
    assert "does not fit the endpoint" in served.post("/v1/page", TRACK).json()["message"]
    taken = served.taken()
    assert [(event["type"], json.loads(event["message"])["userId"]) for event in taken] == [
        ("refused", "secret"),
        ("refused", "u1"),
    ]
    assert "needs event" in taken[0]["reason"]


def test_records_hold_no_line_breaks_of_the_sender(served: Served) -> None:
    pretty = b'{\n  "userId": "u",\r\n  "event": "a\\nb"\n}\n'
    assert served.client.post("/v1/track", content=pretty).status_code == 200
    assert served.taken()[0]["event"] == "a\nb"
    (path,) = (served.home / "lake" / "web-data").rglob("web-data-1-*")
    assert b"\n" not in path.read_bytes()
