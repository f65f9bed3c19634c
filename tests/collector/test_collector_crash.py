"""A collector killed under load: all that it answered for is in the lake after the next start, as it was sent."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.collector.serving import WRITE_KEY, events, on_kinesis, stream_of
from tests.stream.kinesis_fake import FakeKinesis
from tests.stream.kinesis_fake import serving as serving_kinesis

from tributary.resources.settings import PROJECT_ROOT

SENDERS = 6
ANSWERS = 600


class Senders:
    """Threads that send single events and batches until the connection breaks, and note what was answered with 200."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._lock = threading.Lock()
        self.sent: dict[str, dict[str, Any]] = {}
        self.answered: list[str] = []
        self.enough = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=[number]) for number in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self, sender: int) -> None:
        size = 1 if sender % 2 else 7
        with httpx.Client(base_url=self._url, auth=(WRITE_KEY, "")) as client:
            for number in range(100_000):
                batch = [self._message(f"{sender}-{number}-{place}") for place in range(size)]
                path, content = ("/v1/track", batch[0]) if size == 1 else ("/v1/batch", {"batch": batch})
                with self._lock:
                    self.sent.update((message["messageId"], message) for message in batch)
                try:
                    answer = client.post(path, json=content)
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                with self._lock:
                    self.answered += [message["messageId"] for message in batch]
                    if len(self.answered) >= ANSWERS:
                        self.enough.set()

    @staticmethod
    def _message(identity: str) -> dict[str, Any]:
        properties = {"id": identity, "body": f'}}{{"{identity}"\n' * 20}
        return {
            "type": "track",
            "messageId": identity,
            "userId": identity,
            "event": "Post Created",
            "properties": properties,
        }


@pytest.fixture
def port(tmp_path: Path) -> Any:
    """A collector in a process of its own; it is killed at the end at the latest."""
    processes: list[subprocess.Popen[str]] = []

    def start(*more: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.collector.serving", str(tmp_path), *more],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_nothing_that_was_answered_for_is_lost_by_killing_the_collector(port: Any, tmp_path: Path) -> None:
    sent: dict[str, dict[str, Any]] = {}
    answered: list[str] = []
    for _ in range(2):
        process, number = port()
        senders = Senders(number)
        senders.start()
        assert senders.enough.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        senders.join()
        sent |= {f"{process.pid}/{identity}": message for identity, message in senders.sent.items()}
        answered += [f"{process.pid}/{identity}" for identity in senders.answered]
        assert list((tmp_path / "journal").glob("*.journal")), "the kill came when nothing waited, and proves nothing"
    stream_of(tmp_path).close()

    found = events(tmp_path)
    arrived = Counter(event["messageId"] for event in found)
    expected = Counter(identity.partition("/")[2] for identity in answered)
    assert not expected - arrived
    assert arrived.total() <= len(sent)
    by_identity = {identity.partition("/")[2]: message for identity, message in sent.items()}
    for event in found:
        message = by_identity[event["messageId"]]
        assert {name: event[name] for name in message} == message
    assert not list((tmp_path / "journal").glob("*.journal"))


def test_nothing_is_lost_by_killing_a_collector_whose_kinesis_is_away(
    port: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with serving_kinesis(FakeKinesis(fail=lambda _call: (503, "ServiceUnavailable"))) as fake:
        fake.gate.set()
        process, number = port(fake.url)
        senders = Senders(number)
        senders.start()
        assert senders.enough.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        senders.join()
        assert fake.taken == []
        fake.fail = lambda _call: None
        on_kinesis(tmp_path, fake.url).close()
    arrived = Counter(json.loads(text)["messageId"] for text in fake.taken)
    assert not Counter(senders.answered) - arrived
    assert set(arrived) <= set(senders.sent)
    assert not list((tmp_path / "spool").glob("*.journal"))
