"""The stream in Kinesis: what arrives, what is sent again, what a sender is told, and the way to the lake."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stream.kinesis_fake import FakeKinesis, serving

from tributary.resources.lake import open_lake
from tributary.resources.settings import Settings
from tributary.resources.stream import (
    Record,
    StreamAccessError,
    StreamBusyError,
    StreamClosedError,
    StreamUnavailableError,
    open_stream,
)
from tributary.resources.stream.kinesis import KinesisStream
from tributary.resources.stream.kinesis_calls import MAX_BYTES, MAX_RECORDS, calls_of, partition_key
from tributary.resources.stream.naming import ObjectName

THROTTLED = "ProvisionedThroughputExceededException"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def fake() -> Iterator[FakeKinesis]:
    with serving(FakeKinesis()) as found:
        found.gate.set()
        yield found


def stream_on(url: str, name: str = "web-data", **changed: Any) -> KinesisStream:
    return KinesisStream(name, region="us-east-1", endpoint_url=url, **changed)


def records(count: int) -> list[Record]:
    return [Record(json.dumps({"n": number}).encode(), f"user-{number % 7}") for number in range(count)]


def arrived(client: Any, name: str) -> list[dict[str, Any]]:
    """Every record of the stream."""
    found: list[dict[str, Any]] = []
    for shard in client.list_shards(StreamName=name)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while batch := (answer := client.get_records(ShardIterator=iterator))["Records"]:
            found += batch
            iterator = answer["NextShardIterator"]
    return found


def test_all_records_arrive_with_their_keys_and_firehose_writes_them_to_the_lake(moto: str, tmp_path: Path) -> None:
    client = boto3.client("kinesis", endpoint_url=moto, region_name="us-east-1")
    name = f"stream-{uuid.uuid4().hex}"
    client.create_stream(StreamName=name, ShardCount=2)
    settings = Settings(
        _env_file=None,
        home=tmp_path / "home",
        stream_engine="kinesis",
        aws_endpoint_url=moto,
        stream=name,
    )
    lake = open_lake(str(tmp_path), region="us-east-1", endpoint_url=None)
    sent = [*records(1_200), Record(b'{"n":"long key"}', "k" * 1_000)]
    stream = open_stream(settings, lake)
    stream.put(sent)
    stream.close()

    found = arrived(client, name)
    assert Counter((record["PartitionKey"], record["Data"]) for record in found) == Counter(
        (partition_key(record.partition_key), record.data) for record in sent
    )
    assert partition_key("k" * 1_000) == partition_key("k" * 1_000) != partition_key("k" * 1_001)
    # What Firehose does with them, as its documentation has it.
    target = ObjectName(name, min(record["ApproximateArrivalTimestamp"] for record in found), uuid.uuid4())
    lake.put(target.key, b"".join(record["Data"] for record in found))
    decoder, rest, read = json.JSONDecoder(), lake.get(target.key).decode(), []
    while rest:
        event, end = decoder.raw_decode(rest)
        read.append(str(event["n"]))
        rest = rest[end:]
    assert Counter(read) == Counter([*map(str, range(1_200)), "long key"])


def test_only_what_was_refused_is_sent_again(fake: FakeKinesis) -> None:
    fake.refuse = lambda call, place: (THROTTLED, "InternalFailure")[place % 2] if call < 2 and place % 3 == 0 else None
    stream_on(fake.url).put(records(10))
    assert [len(call) for call in fake.calls] == [10, 4, 2]
    assert Counter(fake.taken) == Counter(record.data.decode() for record in records(10))


def test_what_is_never_taken_is_counted_and_may_be_sent_again(fake: FakeKinesis) -> None:
    fake.refuse = lambda _call, place: THROTTLED if place < 3 else None
    with pytest.raises(StreamUnavailableError, match="did not take 3 of 20 records") as failure:
        stream_on(fake.url, patience_seconds=0.5).put(records(20))
    assert failure.value.retryable
    assert failure.value.not_taken == 3
    assert THROTTLED in str(failure.value)
    assert "123456789012" not in str(failure.value)
    assert len(fake.calls) > 2
    assert len(fake.taken) == 17


def test_calls_that_were_never_made_count_as_not_taken(fake: FakeKinesis) -> None:
    fake.fail = lambda call: (400, THROTTLED) if call else None
    with pytest.raises(StreamUnavailableError) as failure:
        stream_on(fake.url, patience_seconds=0.2).put(records(1_100))
    assert failure.value.not_taken == 600


@pytest.mark.parametrize(("status", "code"), [(400, THROTTLED), (500, "InternalFailure"), (503, "Strange")])
def test_a_whole_call_that_fails_for_now_is_repeated(fake: FakeKinesis, status: int, code: str) -> None:
    fake.fail = lambda call: (status, code) if call < 2 else None
    stream_on(fake.url).put(records(5))
    assert [len(call) for call in fake.calls] == [5, 5, 5]
    assert len(fake.taken) == 5


def test_a_failure_that_does_not_pass_is_told_at_once(fake: FakeKinesis, moto: str) -> None:
    fake.fail = lambda _call: (400, "AccessDeniedException")
    with pytest.raises(StreamAccessError, match="AccessDeniedException") as failure:
        stream_on(fake.url).put(records(5))
    assert not failure.value.retryable
    assert "123456789012" not in str(failure.value)
    assert len(fake.calls) == 1
    with pytest.raises(StreamAccessError, match="ResourceNotFoundException"):
        stream_on(moto, "no-such-stream").put(records(1))


def test_a_service_that_cannot_be_reached_may_be_tried_again() -> None:
    with pytest.raises(StreamUnavailableError, match="2 of 2 records") as failure:
        stream_on("http://127.0.0.1:9", patience_seconds=0.2).put(records(2))
    assert failure.value.not_taken == 2


def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch, fake: FakeKinesis, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(StreamAccessError, match="credentials"):
        stream_on(fake.url).put(records(1))


def test_senders_are_slowed_down_while_too_much_is_under_way_and_closing_waits_for_it(fake: FakeKinesis) -> None:
    fake.gate.clear()
    stream = stream_on(fake.url, waiting_bytes=100)
    first = threading.Thread(target=stream.put, args=[records(5)])
    first.start()
    assert fake.arrived.wait(10)
    with pytest.raises(StreamBusyError) as busy:
        stream.put(records(5))
    assert busy.value.retryable
    closing = threading.Thread(target=stream.close)
    closing.start()
    time.sleep(0.1)
    assert closing.is_alive()
    with pytest.raises(StreamClosedError):
        stream.put(records(1))
    fake.gate.set()
    first.join(10)
    closing.join(10)
    assert not closing.is_alive()
    assert len(fake.taken) == 5


@given(st.lists(st.tuples(st.integers(0, 900_000), st.integers(1, 20)), max_size=40), st.integers(0, 1_200))
def test_calls_are_within_the_limits_and_hold_every_record_in_order(large: list[tuple[int, int]], small: int) -> None:
    data = bytes(900_000)
    sent = [Record(data[:size], "k" * key) for size, key in large] + [Record(b"x", "key")] * small
    calls = list(calls_of(sent))
    assert [(entry["Data"], entry["PartitionKey"]) for call in calls for entry in call] == [tuple(one) for one in sent]
    for call in calls:
        assert 0 < len(call) <= MAX_RECORDS
        assert sum(len(entry["Data"]) + len(entry["PartitionKey"]) for entry in call) <= MAX_BYTES
