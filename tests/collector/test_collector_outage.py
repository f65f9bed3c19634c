"""What senders are answered when the stream does not take their events, and what is told to nobody."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY, collecting, events, lake_of, stream_of
from tests.stream.kinesis_fake import FakeKinesis, serving

from tributary.resources.stream.kinesis import KinesisStream

TRACK = {"type": "track", "userId": "secret-user", "event": "e", "messageId": "m"}


def post(url: str, count: int = 1) -> httpx.Response:
    return httpx.post(f"{url}/v1/batch", json={"batch": [TRACK] * count}, auth=(WRITE_KEY, ""), timeout=30)


def test_while_too_much_waits_senders_are_asked_to_come_again(tmp_path: Path) -> None:
    lake_of(tmp_path).put("web-data", b"in the way")
    with collecting(stream_of(tmp_path, buffer_bytes=1_000, backlog_bytes=3_000)) as url:
        assert post(url, 8).status_code == 200
        answer = post(url, 8)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["access-control-allow-origin"] == "*"
        assert httpx.get(f"{url}/v1/health").status_code == 200
        (tmp_path / "lake" / "web-data").unlink()
    assert len(events(tmp_path)) == 8


def test_a_closed_stream_takes_nothing(tmp_path: Path) -> None:
    stream = stream_of(tmp_path)
    with collecting(stream) as url:
        stream.close()
        assert post(url).status_code == 503
    assert events(tmp_path) == []


def test_kinesis_refusing_for_now_or_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with serving(FakeKinesis()) as kinesis:
        kinesis.gate.set()
        stream = KinesisStream("web-data", region="us-east-1", endpoint_url=kinesis.url, patience_seconds=0.2)
        with collecting(stream) as url:
            assert post(url).status_code == 200
            kinesis.refuse = lambda _call, place: "InternalFailure" if place == 0 else None
            assert post(url, 2).status_code == 503
            kinesis.fail = lambda _call: (400, "AccessDeniedException")
            answer = post(url)
            assert (answer.status_code, answer.json()["code"]) == (500, "failed")


def test_a_slow_stream_does_not_hold_up_the_server_and_requests_share_its_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with serving(FakeKinesis()) as kinesis:
        stream = KinesisStream("web-data", region="us-east-1", endpoint_url=kinesis.url)
        with collecting(stream) as url, ThreadPoolExecutor(24) as senders:
            answers = [senders.submit(post, url) for _ in range(24)]
            assert kinesis.arrived.wait(10)
            assert httpx.get(f"{url}/v1/health", timeout=5).status_code == 200
            threading.Timer(0.5, kinesis.gate.set).start()
            assert [answer.result().status_code for answer in answers] == [200] * 24
        assert len(kinesis.taken) == 24
        assert len(kinesis.calls) < 24


def test_logs_tell_of_refusals_and_hold_nothing_that_was_sent(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="tributary"):
        served.post("/v1/batch", {"batch": [TRACK, TRACK | {"event": None}, {"type": "secret-type"}]})
        served.post("/v1/track", {"userId": "secret-user"})
    assert "2 of 3 messages of a batch were not taken; the first: a track call needs event" in caplog.text
    assert "secret" not in caplog.text
