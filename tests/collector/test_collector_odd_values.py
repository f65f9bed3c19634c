"""Odd values in a batch: what is good is taken, what is odd is mended or kept, and what is taken can be read again."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY

from tributary.assets.social.events.transform import transform
from tributary.resources.segment.documents import DEEPEST, value
from tributary.resources.segment.errors import BadMessage
from tributary.web.app import is_collector
from tributary.web.collector.messages import Arrival, completed, now, read
from tributary.web.collector.outline import outline

GOOD = b'{"type":"track","userId":"u","event":"Good"}'
LATER = "web-data/raw/2199/12/31/23/x"


def odd(properties: bytes, user: bytes = b'"u"') -> bytes:
    return b'{"type":"track","userId":%s,"event":"Odd","properties":%s}' % (user, properties)


MENDED: list[tuple[bytes, Any]] = [
    (odd(rb'{"body":"cut \ud83d"}'), {"body": "cut \ufffd"}),
    (odd(rb'{"cut \udc00":1}'), {"cut \ufffd": 1}),
    (odd(rb'{"x":"a\u0000b"}'), {"x": "a\ufffdb"}),
    (odd(b'{"x":NaN,"y":[Infinity,-Infinity]}'), {"x": None, "y": [None, None]}),
    (odd(b'{"x":1,"x":2}'), {"x": 2}),
    (odd(b'{"x":123456789012345678901234567890}'), {"x": 123456789012345678901234567890}),
    (odd(b"null"), None),
    (b'{"type":"track","userId":7,"messageId":8,"event":"Odd","properties":{}}', {}),
]
KEPT = [
    (odd(b"[" * 5_000 + b"]" * 5_000), "nested too deeply"),
    (odd(b'{"x":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1)), "nested too deeply"),
    (odd(b'{"x":1e999}'), "out of range"),
    (odd(b'{"x":%s}' % (b"9" * 5_000)), "out of range"),
    (odd(b'{"x":"a\nb"}'), "not JSON"),
    (odd(b'{"x":undefined}'), "not JSON"),
    (odd(b"{'x':1}"), "not JSON"),
    (odd(rb'{"x":"\q"}'), "not JSON"),
    (odd(b'{"x":"\xe9"}'), "not UTF-8"),
    (odd(b"{}", user=b"NaN"), "userId and anonymousId"),
    (odd(b'{"x":"%s"}' % (b"x" * 40_000)), "above 32768 bytes"),
    (b"null", "not an object"),
    (b"5", "not an object"),
    (b'"text"', "not an object"),
]


def post(served: Served, body: bytes) -> httpx.Response:
    return served.client.post("/v1/batch", content=body)


@pytest.mark.parametrize(("message", "properties"), MENDED, ids=lambda part: repr(part)[:30])
def test_an_odd_value_is_mended_and_its_neighbours_are_taken(served: Served, message: bytes, properties: Any) -> None:
    answer = post(served, b'{"batch":[%s,%s,%s],"sentAt":null}' % (GOOD, message, GOOD))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [event["event"] for event in served.taken()] == ["Good", "Odd", "Good"]
    assert served.taken()[1]["properties"] == properties


@pytest.mark.parametrize(("message", "reason"), KEPT, ids=lambda part: repr(part)[:30])
def test_what_cannot_be_mended_is_kept_with_its_reason_alone(served: Served, message: bytes, reason: str) -> None:
    answer = post(served, b'{"batch":[%s,%s,%s]}' % (GOOD, message, GOOD))
    assert answer.status_code == 200
    assert [one["index"] for one in answer.json()["rejected"]] == [1]
    assert reason in answer.json()["rejected"][0]["reason"]
    first, kept, last = served.taken()
    assert (first["event"], last["event"]) == ("Good", "Good")
    assert (kept["type"], kept["message"]) == ("refused", message.decode(errors="backslashreplace"))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("context", rb'"odd"'),
        ("context", b"[" * 2_000 + b"]" * 2_000),
        ("integrations", b'{"x":1e999}'),
        ("sentAt", b'"yesterday"'),
        ("sentAt", b"-1"),
        ("sentAt", b'"\xe9"'),
    ],
)
def test_an_odd_part_of_the_batch_costs_no_message(served: Served, name: str, part: bytes) -> None:
    answer = post(served, b'{"%s":%s,"batch":[%s,%s]}' % (name.encode(), part, GOOD, GOOD))
    assert answer.status_code == 200
    assert [one["field"] for one in answer.json()["rejected"]] == [name]
    events = served.taken()
    assert [event["type"] for event in events] == ["track", "track", "refused"]
    assert events[2]["message"] == part.decode(errors="backslashreplace")


def test_odd_text_in_the_batchs_context_is_mended(served: Served) -> None:
    body = rb'{"context":{"locale":"\ud83d","x":NaN},"integrations":{"A\u0000":true},"batch":[' + GOOD + b"]}"
    assert post(served, body).json() == {"success": True}
    (event,) = served.taken()
    assert event["context"] == {"locale": "\ufffd", "x": None, "ip": "127.0.0.1"}
    assert event["integrations"] == {"A\ufffd": True}


def test_a_body_that_was_cut_off_gives_what_is_whole(served: Served) -> None:
    answer = post(served, b'\xef\xbb\xbf{"batch":[' + GOOD + b"," + GOOD[:20])
    assert (answer.status_code, [one["index"] for one in answer.json()["rejected"]]) == (200, [1])
    assert [event["type"] for event in served.taken()] == ["track", "refused"]


def test_a_byte_order_mark_is_passed_over(served: Served) -> None:
    mark = b"\xef\xbb\xbf"
    assert post(served, mark + b'{"batch":[%s]}' % GOOD).json() == {"success": True}
    assert served.client.post("/v1/track", content=mark + GOOD).json() == {"success": True}
    assert len(served.taken()) == 2


def test_the_key_may_stand_in_the_address_or_in_a_body_that_is_no_json_and_is_kept_nowhere(served: Served) -> None:
    address = f"{served.url}/v1/track?writeKey={WRITE_KEY}"
    assert httpx.post(address, content=GOOD).status_code == 200
    keyed = b'{"writeKey":"%s","type":"track","userId":"u","event":"e","x":' % WRITE_KEY.encode()
    assert httpx.post(f"{served.url}/v1/t", content=keyed + b"tru}").status_code == 400
    assert httpx.post(f"{served.url}/v1/t", content=keyed.replace(b"the-", b"a-") + b"tru}").status_code == 400
    assert httpx.post(f"{served.url}/v1/track?writeKey=wrong", content=GOOD).status_code == 401
    # A browser may send along a password of its own for the host.
    assert httpx.post(f"{served.url}/v1/t", content=keyed + b"1}", auth=("someone", "else")).status_code == 200
    taken = served.taken()
    assert [event["type"] for event in taken] == ["track", "refused", "track"]
    assert WRITE_KEY not in json.dumps(taken)


def test_single_calls_that_are_refused_are_kept_too(served: Served) -> None:
    bodies = [b'{"userId":"u"}', b"[]", b"{", b'{"x":"%s"}' % (b"x" * 40_000), b'{"userId":"u","event":"e","x":1e999}']
    statuses = [served.client.post("/v1/track", content=body).status_code for body in bodies]
    assert statuses == [400, 400, 400, 413, 400]
    kept = served.taken()
    assert [event["message"] for event in kept] == [body.decode() for body in bodies]
    assert all(event["type"] == "refused" and event["reason"] for event in kept)


@pytest.mark.parametrize("path", ["//v1/import/", "/v1//batch//", "///v1/b", "/v1/import", "/v1/batch/"])
def test_slashes_count_once(served: Served, path: str) -> None:
    assert is_collector(path)
    # Sent by hand, since clients tidy the path first.
    body = b'{"batch":[%s]}' % GOOD
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            b"POST %s?writeKey=%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (path.encode(), WRITE_KEY.encode(), len(body), body)
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert len(served.taken()) == 1


TEXTS = st.text(st.characters(codec=None), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(properties=VALUES, user=VALUES, event=VALUES, when=VALUES)
def test_what_the_collector_takes_the_reader_reads(properties: Any, user: Any, event: Any, when: Any) -> None:
    sent = {"type": "page", "userId": user, "properties": properties, "event": event, "sentAt": when}
    raw = json.dumps(sent).encode()
    try:
        record = completed(read(raw), Arrival(now(), "server", None))
    except BadMessage:
        return
    found = transform(LATER, record.data)
    assert [bad.reason for bad in found.rejected] == []
    assert found.rows == 1


@given(parts=st.lists(VALUES, max_size=5), pretty=st.booleans())
def test_the_outline_of_json_is_what_json_says(parts: list[Any], pretty: bool) -> None:
    body = json.dumps({"first": 1, "batch": parts, "last": parts}, indent=1 if pretty else None).encode()
    found = outline(body, b"batch")
    assert found.items is not None
    assert [value(item) for item in found.items] == [value(json.dumps(part).encode()) for part in parts]
    assert {key: value(text) for key, text in found.values.items()} == {
        key.encode(): value(json.dumps(part).encode())
        for key, part in (("first", 1), ("batch", parts), ("last", parts))
    }
