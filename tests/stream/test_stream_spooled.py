"""Kinesis with a spool: what it does not take waits on the disk, goes on in order, survives a kill, and is bounded."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.collector.serving import WRITE_KEY, collecting
from tests.stream.kinesis_fake import FakeKinesis, serving

from tributary.resources.settings import PROJECT_ROOT
from tributary.resources.stream import Record, StreamAccessError, StreamBusyError, StreamClosedError
from tributary.resources.stream import delivery as delivering
from tributary.resources.stream.kinesis import CONCURRENCY, KinesisStream
from tributary.resources.stream.spooled import SpooledStream

DOWN = (503, "ServiceUnavailable")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(delivering, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr("tributary.resources.stream.spooled.SEAL_SECONDS", 0.02)


@pytest.fixture
def fake() -> Iterator[FakeKinesis]:
    with serving(FakeKinesis()) as found:
        found.gate.set()
        yield found


def stream_on(url: str, folder: Path, *, spool_bytes: int = 10**7, patience: float = 0.05) -> SpooledStream:
    kinesis = KinesisStream("web-data", region="us-east-1", endpoint_url=url, patience_seconds=patience)
    return SpooledStream(kinesis, folder, "web-data", spool_bytes=spool_bytes)


def record(number: int) -> Record:
    return Record(f'{{"n": {number}}}'.encode(), f"user {number % 3} \U0001f600")


def wait_for(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def firsts(taken: list[str]) -> list[str]:
    return list(dict.fromkeys(taken))


def test_a_kinesis_that_takes_all_leaves_nothing_on_the_disk(fake: FakeKinesis, tmp_path: Path) -> None:
    stream = stream_on(fake.url, tmp_path)
    stream.put([record(n) for n in range(5)])
    assert len(fake.taken) == 5
    assert not list(tmp_path.glob("*.journal"))
    stream.close()


def test_what_comes_while_kinesis_is_away_follows_in_order_when_it_is_back(fake: FakeKinesis, tmp_path: Path) -> None:
    away = threading.Event()
    away.set()
    fake.fail = lambda _call: DOWN if away.is_set() else None
    stream = stream_on(fake.url, tmp_path)
    for n in range(40):
        stream.put([record(n)])
    asked = len(fake.calls)
    assert asked < 40, "each sender asked a service that was known to be away"
    assert fake.taken == []
    away.clear()
    wait_for(lambda: len(set(fake.taken)) == 40)
    assert firsts(fake.taken) == [record(n).data.decode() for n in range(40)]
    wait_for(lambda: stream._spool.is_empty)
    before = len(fake.calls)
    stream.put([record(40)])
    assert len(fake.calls) == before + 1, "a spool that is empty is in nobody's way"
    stream.close()


def test_a_kinesis_that_is_too_slow_holds_up_no_sender(fake: FakeKinesis, tmp_path: Path) -> None:
    fake.gate.clear()
    stream = stream_on(fake.url, tmp_path)
    slow = [threading.Thread(target=stream.put, args=[[record(n)]]) for n in range(CONCURRENCY)]
    for thread in slow:
        thread.start()
    wait_for(lambda: len(fake.calls) == CONCURRENCY)
    began = time.monotonic()
    stream.put([record(CONCURRENCY)])
    assert time.monotonic() - began < 3
    assert list(tmp_path.glob("*.journal"))
    fake.gate.set()
    for thread in slow:
        thread.join()
    wait_for(lambda: len(set(fake.taken)) == CONCURRENCY + 1)
    stream.close()


def test_the_rest_of_a_call_that_was_taken_in_part_waits_alone(fake: FakeKinesis, tmp_path: Path) -> None:
    refused = threading.Event()
    refused.set()
    fake.refuse = lambda _call, place: "InternalFailure" if refused.is_set() and place % 4 == 0 else None
    stream = stream_on(fake.url, tmp_path, patience=0)
    stream.put([record(n) for n in range(20)])
    refused.clear()
    wait_for(lambda: len(set(fake.taken)) == 20)
    stream.close()
    assert Counter(fake.taken) == Counter(record(n).data.decode() for n in range(20))


@given(fails=st.lists(st.booleans(), max_size=12), sizes=st.lists(st.integers(1, 4), min_size=1, max_size=8))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_senders_records_keep_their_order_however_often_calls_fail(
    fake: FakeKinesis, fails: list[bool], sizes: list[int]
) -> None:
    fake.calls.clear()
    fake.taken.clear()
    fake.fail = lambda call: DOWN if call < len(fails) and fails[call] else None
    with tempfile.TemporaryDirectory() as folder:
        stream = stream_on(fake.url, Path(folder), patience=0)
        number = 0
        for size in sizes:
            stream.put([record(n) for n in range(number, number + size)])
            number += size
        wait_for(lambda: len(set(fake.taken)) == number)
        stream.close()
        assert firsts(fake.taken) == [record(n).data.decode() for n in range(number)]


def test_a_full_spool_is_told_to_senders_as_503(fake: FakeKinesis, tmp_path: Path) -> None:
    fake.fail = lambda _call: DOWN
    stream = stream_on(fake.url, tmp_path, spool_bytes=2_000)
    with collecting(stream) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, "")) as client:
        event = {"userId": "u", "event": "e", "properties": {"text": "x" * 300}}
        answers = [client.post("/v1/track", json=event).status_code for _ in range(30)]
        refused = client.post("/v1/track", json=event)
        with pytest.raises(StreamBusyError, match="wait for Kinesis"):
            stream.put([Record(b"x" * 2_000, "u")])
    assert answers[0] == 200
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    # Every answer of 200 is on the disk, and a sender comes back with the others.
    assert 0 < answers.count(200) < 30
    assert set(answers) == {200, 503}


def test_what_a_person_must_put_right_is_not_hidden_in_the_spool(fake: FakeKinesis, tmp_path: Path) -> None:
    fake.fail = lambda _call: (400, "AccessDeniedException")
    stream = stream_on(fake.url, tmp_path)
    with pytest.raises(StreamAccessError):
        stream.put([record(1)])
    assert not list(tmp_path.glob("*.journal"))
    stream.close()
    with pytest.raises(StreamClosedError):
        stream.put([record(1)])


def test_records_of_the_largest_size_may_wait_too(fake: FakeKinesis, tmp_path: Path) -> None:
    away = threading.Event()
    away.set()
    fake.fail = lambda _call: DOWN if away.is_set() else None
    stream = stream_on(fake.url, tmp_path)
    largest = Record(b"x" * 999_990, "0123456789")
    stream.put([largest])
    away.clear()
    wait_for(lambda: fake.taken == [largest.data.decode()])
    stream.close()


_PUTTING = """
import sys
from pathlib import Path
from tests.stream.test_stream_spooled import record, stream_on
stream = stream_on(sys.argv[1], Path(sys.argv[2]))
for n in range(100_000):
    stream.put([record(n)])
    print(n, flush=True)
"""


def test_what_was_answered_for_survives_a_kill_and_follows_in_order(fake: FakeKinesis, tmp_path: Path) -> None:
    fake.fail = lambda _call: DOWN
    command = [sys.executable, "-c", _PUTTING, fake.url, str(tmp_path)]
    answered = -1
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            answered = int(line)
            if answered == 60:
                process.kill()
    assert answered >= 60
    fake.fail = lambda _call: None
    stream = stream_on(fake.url, tmp_path)
    wait_for(lambda: not list(tmp_path.glob("*.journal")))
    stream.close()
    found = firsts(fake.taken)
    # What was under way when it was killed may be there too, and nothing between is missing.
    assert len(found) >= answered + 1
    assert found == [record(n).data.decode() for n in range(len(found))]
