"""The simulator process against a real HTTP server: what it sends, how it waits, how it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.answering import begin
from tests.ports import free_port

from tributary.assets.social.standin import DEFAULT_DAYS, DEFAULT_SEED
from tributary.assets.social.standin.people import make_people
from tributary.assets.social.standin.sending import batches
from tributary.resources.settings import PROJECT_ROOT

KEY = "key-of-the-test"
RATE = 60


class Collector:
    """Takes batches on a port of its own; the answers come from `script` first, and are 200 after it."""

    def __init__(self, port: int = 0, script: list[int] | None = None, answer: bytes = b"") -> None:
        self.script = script or []
        self.answered: list[int] = []
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                collector.requests.append((self.path, self.headers.get("Authorization", ""), body))
                status = collector.script.pop(0) if collector.script else 200
                collector.answered.append(status)
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Type", "application/json" if answer else "text/plain")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden name
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def taken(self) -> list[dict[str, Any]]:
        """The messages of the batches that were answered with 200."""
        return [
            message
            for status, (_, _, body) in zip(self.answered, list(self.requests), strict=False)
            if status == 200
            for message in body["batch"]
        ]

    @contextmanager
    def serving(self) -> Iterator[Collector]:
        thread = begin(self.server)
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()


@contextmanager
def _simulator(url: str, key: str = KEY, rate: float = RATE) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tributary.assets.social.standin.sending", "--url", url, "--rate", str(rate)],
        env={**os.environ, "TRIBUTARY_COLLECTOR_WRITE_KEY": key},
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def _ended(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """What the process logged, once it has ended by itself after the signal."""
    process.send_signal(number)
    output, log = process.communicate(timeout=15)
    assert output == ""
    return log


def test_it_sends_batches_as_a_library_does_and_ends_quietly() -> None:
    with Collector().serving() as collector, _simulator(collector.url) as process:
        _eventually(lambda: len(collector.taken) >= 2 * RATE)
        log = _ended(process, signal.SIGTERM)
    assert process.returncode == 0
    assert log == ""
    ids = [message["messageId"] for message in collector.taken]
    assert len(set(ids)) == len(ids)
    for path, authorization, body in collector.requests:
        assert path == "/v1/batch"
        assert authorization == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
        assert body.keys() == {"batch", "sentAt"}
        assert 1 <= len(body["batch"]) <= 100
        sent = datetime.fromisoformat(body["sentAt"])
        happened = [datetime.fromisoformat(message["timestamp"]) for message in body["batch"]]
        assert all(sent - timedelta(seconds=20) < moment <= sent + timedelta(seconds=1) for moment in happened)


def test_it_waits_for_a_collector_that_is_not_up_yet() -> None:
    port = free_port()
    with _simulator(f"http://127.0.0.1:{port}") as process:
        assert process.stderr is not None
        assert "does not take events now" in process.stderr.readline()
        with Collector(port).serving() as collector:
            _eventually(lambda: len(collector.taken) > 0)
            log = _ended(process, signal.SIGTERM)
    assert process.returncode == 0
    assert len(log.splitlines()) == 1
    assert "takes events again" in log


def test_it_sends_again_what_was_not_taken_and_logs_no_payload() -> None:
    with Collector(script=[503, 429, 500]).serving() as collector, _simulator(collector.url) as process:
        _eventually(lambda: len(collector.answered) >= 5)
        log = _ended(process, signal.SIGINT)
    assert process.returncode == 0
    batches = [body["batch"] for _, _, body in collector.requests]
    assert batches[0] == batches[1] == batches[2] == batches[3] != batches[4]
    assert KEY not in log
    assert not any(message["messageId"] in log or message.get("userId", KEY) in log for message in batches[0])


def test_it_tells_how_many_messages_were_left_out() -> None:
    answer = b'{"success":true,"rejected":[{"index":0,"reason":"no"},{"index":1,"reason":"no"}]}'
    with Collector(answer=answer).serving() as collector, _simulator(collector.url) as process:
        _eventually(lambda: len(collector.answered) >= 2)
        log = _ended(process, signal.SIGTERM)
    assert process.returncode == 0
    assert "left out 2 messages" in log


def test_it_ends_while_it_waits_for_the_collector() -> None:
    with Collector(script=[503] * 99).serving() as collector, _simulator(collector.url) as process:
        _eventually(lambda: len(collector.answered) >= 3)
        begun = time.monotonic()
        _ended(process, signal.SIGTERM)
    assert process.returncode == 0
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(("status", "said"), [(401, "write key"), (404, "HTTP 404"), (400, "HTTP 400")])
def test_a_refusal_ends_it_with_one_sentence(status: int, said: str) -> None:
    with Collector(script=[status]).serving() as collector, _simulator(collector.url) as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert len(log.splitlines()) == 1
    assert said in log
    assert KEY not in log


@pytest.mark.parametrize(
    ("url", "rate", "said"),
    [
        ("localhost:8000", 1, "no address"),
        ("http://", 1, "no address"),
        ("http://127.0.0.1:1", 0, "0 messages a second"),
    ],
)
def test_options_that_cannot_be_end_it_with_one_sentence(url: str, rate: float, said: str) -> None:
    with _simulator(url, rate=rate) as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 1
    assert len(log.splitlines()) == 1
    assert said in log


def test_batches_lose_nothing_and_keep_the_order() -> None:
    messages = [{"n": number} for number in range(450)]
    found = [
        batch for batch, _ in batches([(0.0005, message) for message in messages] + [(1.2, {})], threading.Event())
    ]
    assert [message for batch in found for message in batch] == messages
    assert max(map(len, found)) <= 100


def test_a_slow_stream_does_not_wait_for_the_next_message() -> None:
    batch, late = next(batches(iter([(0.0, {"n": 1}), (60.0, {"n": 2})]), threading.Event()))
    assert batch == [{"n": 1}]
    assert late < 5


def test_the_people_are_those_of_the_sample() -> None:
    members = {person.user_id for person in make_people(DEFAULT_SEED, DEFAULT_DAYS).members}
    with Collector().serving() as collector, _simulator(collector.url) as process:
        _eventually(lambda: len(collector.taken) >= RATE)
        _ended(process, signal.SIGTERM)
    acting = {message["userId"] for message in collector.taken if "userId" in message}
    assert acting
    assert acting <= members
