"""The local stream: what becomes one object and when, what waits while the lake is away, and who may use a folder."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tributary.resources.lake import Lake, LakeKeyError, open_lake
from tributary.resources.settings import PROJECT_ROOT, Settings
from tributary.resources.stream import (
    Record,
    RecordTooLargeError,
    StreamBusyError,
    StreamClosedError,
    StreamFolderError,
    StreamUnavailableError,
    open_stream,
)
from tributary.resources.stream.firehose import FolderFirehose

KEY = re.compile(
    r"web-data/raw/(\d{4}/\d\d/\d\d/\d\d)/web-data-1-(\d{4}-\d\d-\d\d-\d\d)-\d\d-\d\d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
Open = Callable[..., FolderFirehose]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


@pytest.fixture
def opened(lake: Lake, tmp_path: Path) -> Any:
    """Opens the stream, with large and patient buffers unless told otherwise; whatever is open is closed at the end."""
    streams: list[FolderFirehose] = []

    def build(**changed: Any) -> FolderFirehose:
        buffers: dict[str, Any] = {"buffer_seconds": 600.0, "buffer_bytes": 10**6}
        streams.append(FolderFirehose(lake, tmp_path / "journal", "web-data", **(buffers | changed)))
        return streams[-1]

    yield build
    for stream in streams:
        stream.close()


def records(*texts: str) -> list[Record]:
    return [Record(text.encode(), "someone") for text in texts]


def objects(lake: Lake) -> dict[str, bytes]:
    return {info.key: lake.get(info.key) for info in lake.list("web-data/raw/")}


def wait_for(lake: Lake, count: int) -> dict[str, bytes]:
    deadline = time.monotonic() + 20
    while len(found := objects(lake)) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} objects came"
        time.sleep(0.02)
    return found


def test_records_become_one_object_of_firehoses_name_with_nothing_between_them(opened: Open, lake: Lake) -> None:
    stream = opened()
    stream.put(records('{"n":1}', '{"n":2}'))
    stream.put([])
    stream.put(records('{"n":3}'))
    assert objects(lake) == {}
    stream.close()
    ((key, content),) = objects(lake).items()
    assert content == b'{"n":1}{"n":2}{"n":3}'
    found = KEY.fullmatch(key)
    assert found is not None
    assert found[1].replace("/", "-") == found[2]


def test_a_full_buffer_becomes_an_object_at_once(opened: Open, lake: Lake) -> None:
    stream = opened(buffer_bytes=1_000)
    for _ in range(3):
        stream.put(records("x" * 600))
        stream.put(records("y" * 600))
    assert sorted(map(len, wait_for(lake, 3).values())) == [1_200] * 3


def test_an_old_buffer_becomes_an_object(opened: Open, lake: Lake) -> None:
    stream = opened(buffer_seconds=0.2)
    stream.put(records("first"))
    assert list(wait_for(lake, 1).values()) == [b"first"]
    stream.put(records("second"))
    assert set(wait_for(lake, 2).values()) == {b"first", b"second"}


def test_each_hour_has_objects_of_its_own(opened: Open, lake: Lake) -> None:
    now = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    stream = opened(clock=lambda: now)
    stream.put(records("ten"))
    now += timedelta(minutes=29)
    stream.put(records("ten too"))
    now += timedelta(minutes=2)
    stream.put(records("eleven"))
    stream.close()
    assert {key.split("/raw/")[1][:13]: content for key, content in objects(lake).items()} == {
        "2026/01/31/10": b"tenten too",
        "2026/01/31/11": b"eleven",
    }


def test_a_buffer_is_not_kept_beyond_its_hour(opened: Open, lake: Lake) -> None:
    stream = opened(clock=lambda: datetime(2026, 1, 31, 10, 59, 59, 800_000, tzinfo=UTC))
    stream.put(records("late"))
    assert list(wait_for(lake, 1).values()) == [b"late"]


def test_many_threads_put_at_once_and_each_record_is_delivered_once(opened: Open, lake: Lake) -> None:
    stream = opened(buffer_bytes=2_000)
    texts = [[f"<{thread}-{number}>" for number in range(60)] for thread in range(8)]

    def work(own: list[str]) -> None:
        for text in own:
            stream.put(records(text))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, texts))
    stream.close()
    found = re.findall(r"<\d+-\d+>", b"".join(objects(lake).values()).decode())
    assert sorted(found) == sorted(text for own in texts for text in own)
    for thread in range(8):
        own = [text for text in found if text.startswith(f"<{thread}-")]
        assert sorted(own) == sorted(texts[thread])


def test_while_the_lake_is_away_events_wait_and_senders_are_slowed_down_in_the_end(opened: Open, lake: Lake) -> None:
    # An object where the stream's folder should be is something that this lake cannot write below.
    lake.put("web-data", b"in the way")
    stream = opened(buffer_bytes=1_000, backlog_bytes=3_000)
    for letter in "abc":
        stream.put(records(letter * 1_000))
    with pytest.raises(StreamBusyError) as busy:
        stream.put(records("d" * 1_000))
    assert busy.value.retryable
    Path(lake.url("web-data").removeprefix("file://")).unlink()
    assert {content[:1] for content in wait_for(lake, 3).values()} == {b"a", b"b", b"c"}
    stream.put(records("d" * 1_000))
    wait_for(lake, 4)


def test_what_waits_for_its_object_counts_too(opened: Open, lake: Lake) -> None:
    stream = opened(buffer_seconds=600.0, buffer_bytes=10**6, backlog_bytes=3_000)
    for letter in "abc":
        stream.put(records(letter * 1_000))
    with pytest.raises(StreamBusyError, match="3000 bytes"):
        stream.put(records("d"))
    stream.close()
    assert [len(content) for content in objects(lake).values()] == [3_000]


def test_what_the_disk_did_not_take_does_not_count(opened: Open, tmp_path: Path) -> None:
    stream = opened(backlog_bytes=3_000)
    (tmp_path / "journal").rename(tmp_path / "away")
    for _ in range(4):
        with pytest.raises(StreamUnavailableError, match="cannot be written"):
            stream.put(records("x" * 1_000))
    (tmp_path / "away").rename(tmp_path / "journal")
    stream.put(records("x" * 3_000))


def test_what_the_lake_did_not_take_at_the_end_is_delivered_by_the_next_process(opened: Open, lake: Lake) -> None:
    lake.put("web-data", b"in the way")
    stream = opened()
    stream.put(records("patient"))
    stream.close()
    Path(lake.url("web-data").removeprefix("file://")).unlink()
    opened()
    assert list(wait_for(lake, 1).values()) == [b"patient"]


def test_a_disk_that_takes_nothing_is_told_and_later_events_are_taken(opened: Open, lake: Lake, tmp_path: Path) -> None:
    stream = opened()
    folder = tmp_path / "journal"
    folder.rename(tmp_path / "away")
    with pytest.raises(StreamUnavailableError, match="cannot be written") as failure:
        stream.put(records("lost", "lost"))
    assert failure.value.retryable
    assert failure.value.not_taken == 2
    (tmp_path / "away").rename(folder)
    stream.put(records("kept"))
    stream.close()
    assert list(objects(lake).values()) == [b"kept"]


def test_a_folder_serves_one_stream_at_a_time(opened: Open) -> None:
    first = opened()
    with pytest.raises(StreamFolderError, match="Another process keeps its events"):
        opened()
    first.close()
    opened().put(records("second"))


def test_a_closed_stream_takes_nothing_and_may_be_closed_again(opened: Open) -> None:
    stream = opened()
    stream.close()
    stream.close()
    with pytest.raises(StreamClosedError) as closed:
        stream.put(records("late"))
    assert closed.value.retryable


def test_a_record_too_large_for_any_stream_is_refused_with_its_whole_call(opened: Open, lake: Lake) -> None:
    stream = opened()
    with pytest.raises(RecordTooLargeError, match="Record 1 has 1000007 bytes"):
        stream.put(records("small", "x" * 1_000_000))
    stream.close()
    assert objects(lake) == {}


def test_a_stream_whose_name_the_lake_cannot_have_is_refused(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(LakeKeyError):
        FolderFirehose(lake, tmp_path / "journal", ".hidden", buffer_seconds=1, buffer_bytes=1_000)


def test_the_settings_open_a_stream_into_the_lake(lake: Lake, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path / "home", stream="clicks")
    stream = open_stream(settings, lake)
    stream.put(records("here"))
    assert list(settings.stream_journal.glob("clicks-1-*.journal"))
    stream.close()
    assert [info.key.split("/")[-1].partition("-")[0] for info in lake.list("web-data/raw/")] == ["clicks"]


FILLING = """
import resource, signal, sys
from pathlib import Path
from tributary.resources.lake import open_lake
from tributary.resources.stream import Record, StreamUnavailableError
from tributary.resources.stream.firehose import FolderFirehose

home = Path(sys.argv[1])
lake = open_lake(str(home / "lake"), region="us-east-1", endpoint_url=None)
stream = FolderFirehose(lake, home / "journal", "web-data", buffer_seconds=600, buffer_bytes=10**6)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
stream.put([Record(b"before", "k")])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, most))
try:
    stream.put([Record(b"x" * 10_000, "k")])
except StreamUnavailableError as error:
    print(error.not_taken)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
stream.put([Record(b"after", "k")])
stream.close()
"""


def test_a_disk_that_fills_amid_a_write_costs_only_the_records_that_were_refused(lake: Lake, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILLING, str(tmp_path)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    # A file whose write failed gets no more, so what came after is an object of its own.
    assert sorted(objects(lake).values()) == [b"after", b"before"]
