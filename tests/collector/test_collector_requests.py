"""What the collector answers to requests that are wrong, too large or not for it, and to browsers."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY, events, serving, stream_of

from tributary.web.collector import Collector
from tributary.web.collector.answers import RequestRefused
from tributary.web.collector.body import unpacked

TRACK = {"type": "track", "userId": "u", "event": "e"}


def gzipped(served: Served, path: str, body: bytes, encoding: str = "gzip") -> httpx.Response:
    return served.client.post(path, content=body, headers={"content-encoding": encoding})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic d3Jvbmc6"},
        {"authorization": "Basic ???"},
        {"authorization": "Basic"},
        {"authorization": "Bearer the-write-key"},
    ],
)
@pytest.mark.parametrize("in_body", [{}, {"writeKey": "wrong"}, {"writeKey": "schlüssel"}])
def test_without_the_write_key_nothing_is_taken(
    served: Served, headers: dict[str, str], in_body: dict[str, str]
) -> None:
    for path, content in (("/v1/track", TRACK | in_body), ("/v1/batch", {"batch": [TRACK], **in_body})):
        answer = httpx.post(served.url + path, json=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_write_key")
        assert "write key is missing or wrong" in answer.json()["message"]
        assert "www-authenticate" not in answer.headers
    assert served.taken() == []


def test_a_bearers_token_may_go_with_the_key_in_the_body(served: Served) -> None:
    answer = httpx.post(
        f"{served.url}/v1/track", json=TRACK | {"writeKey": WRITE_KEY}, headers={"authorization": "Bearer token"}
    )
    assert answer.status_code == 200
    assert len(served.taken()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b'{"a":1} x',
        b"\xff\xfe",
        b'{"batch":[{"a":"\xff"}',
        b"[" * 20_000,
        b'{"batch":' + b"[" * 20_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_json_is_refused_and_kept(served: Served, body: bytes) -> None:
    for path in ("/v1/track", "/v1/batch"):
        answer = served.client.post(path, content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert served.post("/v1/track", TRACK).status_code == 200
    assert [event["type"] for event in served.taken()] == ["refused", "refused", "track"]


@pytest.mark.parametrize(
    "content", [[], "text", {}, {"batch": {}}, {"batch": None, "sentAt": 5}, {"batches": [TRACK], "context": 1}]
)
def test_a_batch_needs_its_shape(served: Served, content: Any) -> None:
    answer = served.post("/v1/batch", content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert "batch" in answer.json()["message"]


def test_gzip_is_unpacked(served: Served) -> None:
    assert gzipped(served, "/v1/track", gzip.compress(json.dumps(TRACK).encode())).status_code == 200
    assert gzipped(served, "/v1/batch", gzip.compress(json.dumps({"batch": [TRACK] * 50}).encode())).status_code == 200
    assert len(served.taken()) == 51


def test_gzip_that_is_broken_or_unpacks_to_too_much_is_refused(served: Served) -> None:
    packed = gzip.compress(json.dumps(TRACK).encode())
    for broken in (b"", b"plain", packed[:-1], packed + b"more", zlib.compress(b"{}")):
        assert gzipped(served, "/v1/track", broken).status_code == 400
    bomb = gzip.compress(bytes(200_000_000))
    assert len(bomb) < 500 * 1024
    assert gzipped(served, "/v1/batch", bomb).status_code == 413
    assert gzipped(served, "/v1/track", packed, "br").status_code == 415
    assert [event["type"] for event in served.taken()] == ["refused"] * 7


def test_a_body_that_unpacks_to_too_much_is_not_unpacked_whole() -> None:
    bomb = gzip.compress(bytes(200_000_000))

    tracemalloc.start()
    try:
        with pytest.raises(RequestRefused):
            unpacked(bomb, "gzip", 500 * 1024)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def sized(content: dict[str, Any], room: dict[str, Any], size: int) -> bytes:
    """The content as JSON of exactly `size` bytes, by text in `room`, a part of it."""
    room["fill"] = ""
    room["fill"] = "x" * (size - len(json.dumps(content)))
    return json.dumps(content).encode()


def test_a_body_that_is_announced_far_too_large_is_refused_before_it_comes(served: Served) -> None:
    host, port = served.client.base_url.host, served.client.base_url.port
    with socket.create_connection((host, port or 80), timeout=5) as connection:
        head = f"POST /v1/batch HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 128000000\r\n\r\n["
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_sizes_are_taken_to_the_last_byte_and_refused_above(served: Served) -> None:
    single: dict[str, Any] = dict(TRACK)
    assert served.client.post("/v1/track", content=sized(single, single, 32 * 1024)).status_code == 200
    answer = served.client.post("/v1/track", content=sized(single, single, 32 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    batch: dict[str, Any] = {"batch": [TRACK] * 100}
    assert served.client.post("/v1/batch", content=sized(batch, batch, 500 * 1024)).status_code == 200
    for size in (500 * 1024 + 1, 3_000_000):
        answer = served.client.post("/v1/batch", content=sized(batch, batch, size))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert served.post("/v1/batch", {"batch": [5] * 2_501}).status_code == 413
    message: dict[str, Any] = dict(TRACK)
    fits = sized(message, message, 32 * 1024)
    above = sized(message, message, 32 * 1024 + 1)
    answer = served.client.post("/v1/batch", content=b'{"batch":[' + fits + b"," + above + b"]}")
    assert [one["index"] for one in answer.json()["rejected"]] == [1]
    kinds = [event["type"] for event in served.taken()]
    # What is above the limit of every body is not read, the others' message and the 2,501 bad ones are kept.
    assert (kinds.count("refused"), kinds.count("track")) == (3, 102)


def test_what_a_batch_shares_cannot_be_multiplied_beyond_measure(served: Served) -> None:
    for size, count in ((40_000, 1), (20_000, 600)):
        answer = served.post("/v1/batch", {"context": {"fill": "x" * size}, "batch": [TRACK] * count})
        assert (answer.status_code, [one["field"] for one in answer.json()["rejected"]]) == (200, ["context"])
    taken = served.taken()
    assert [event["type"] for event in taken].count("track") == 601
    assert [event["bytes"] > 20_000 for event in taken if event["type"] == "refused"] == [True, True]
    assert all("fill" not in event.get("context", {}) for event in taken)


def test_one_refused_message_of_many_bytes_costs_nobody_else_anything(served: Served) -> None:
    odd = b'{"event":"' + b'\xe9\\"' * 100_000 + b'"}'
    answer = served.client.post("/v1/batch", content=b'{"batch":[' + json.dumps(TRACK).encode() + b"," + odd + b"]}")
    assert answer.status_code == 200
    assert [event["type"] for event in served.taken()] == ["track", "refused"]


def test_a_web_page_of_any_origin_may_send(served: Served) -> None:
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-retry-count",
    }
    for path in ("/v1/track", "/v1/b", "//v1/p/"):
        answer = httpx.options(served.url + path, headers=asked)
        assert (answer.status_code, answer.content) == (204, b"")
        # A beacon goes with credentials, for which browsers take no wildcard.
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "POST" in answer.headers["access-control-allow-methods"]
        allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
        assert {"authorization", "content-type", "x-retry-count"} <= allowed
        assert "access-control-allow-private-network" not in answer.headers
    private = httpx.options(f"{served.url}/v1/b", headers=asked | {"access-control-request-private-network": "true"})
    assert private.headers["access-control-allow-private-network"] == "true"
    origin = {"origin": "null"}
    for answer in (
        served.client.post("/v1/track", json=TRACK, headers=origin),
        served.client.post("/v1/track", json={}, headers=origin),
        httpx.post(f"{served.url}/v1/t", headers=origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "null"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "Origin"


def test_other_addresses_and_methods_are_told_in_json(served: Served) -> None:
    for path in ("/", "/v1", "/v1/", "/v1/tracks", "/v2/track", "/v1/track/more"):
        answer = served.client.post(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for method in ("GET", "PUT", "DELETE"):
        answer = served.client.request(method, "/v1/track")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert "POST" in answer.headers["allow"]
    assert served.client.post("/v1/health").status_code == 405
    healthy = httpx.get(f"{served.url}/v1/health")
    assert (healthy.status_code, healthy.json()) == (200, {"status": "ok"})
    assert httpx.head(f"{served.url}/v1/health").status_code == 200


def test_it_may_be_mounted_in_another_application(tmp_path: Path) -> None:
    stream = stream_of(tmp_path)
    web = FastAPI()
    web.mount("/v1", Collector(stream, WRITE_KEY))
    with serving(web) as url:
        assert httpx.post(f"{url}/v1/track", json=TRACK, auth=(WRITE_KEY, "")).status_code == 200
        assert httpx.get(f"{url}/v1/health").status_code == 200
        assert httpx.get(f"{url}/v1/other").json()["code"] == "not_found"
    stream.close()
    assert len(events(tmp_path)) == 1


def test_the_settings_of_browser_and_mobile_libraries_name_this_collector_alone(served: Served) -> None:
    address = f"{served.url}/v1/projects/{WRITE_KEY}/settings"
    answer = httpx.get(address, headers={"origin": "https://shop.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    destination = answer.json()["integrations"]["Segment.io"]
    assert set(answer.json()["integrations"]) == {"Segment.io"}
    assert f"{destination['protocol']}://{destination['apiHost']}" == f"{served.url}/v1"
    assert destination["apiKey"] == WRITE_KEY
    assert httpx.get(f"{served.url}/v1/projects/wrong/settings").status_code == 401
    assert httpx.post(address).status_code == 405
