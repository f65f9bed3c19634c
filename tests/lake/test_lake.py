"""What every lake does, over a folder and over S3 (a real HTTP server on loopback)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tributary.resources.lake import (
    Lake,
    LakeKeyError,
    LakeLocationError,
    LakeSourceError,
    ObjectData,
    ObjectNotFoundError,
    open_lake,
)

Opener = Callable[[], Lake]
MIB = 1024 * 1024


def keys_of(lake: Lake, prefix: str = "", after: str | None = None) -> list[str]:
    return [info.key for info in lake.list(prefix, after=after)]


def test_what_is_put_is_got_and_described(lake: Lake) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    put = lake.put("a/b c/ü~%20#.json", b"hello")
    assert lake.get("a/b c/ü~%20#.json") == b"hello"
    assert (put.key, put.size) == ("a/b c/ü~%20#.json", 5)
    assert before <= put.modified <= datetime.now(UTC) + timedelta(seconds=1)
    assert put.modified.tzinfo == UTC
    (listed,) = lake.list("")
    assert lake.head(put.key) == put
    assert listed._replace(modified=put.modified) == put


def test_the_etag_tells_that_an_object_was_replaced(lake: Lake) -> None:
    old = lake.put("k", b"old")
    assert lake.put("k", b"new").etag != old.etag
    assert lake.get("k") == b"new"


def test_a_missing_object_is_none_to_head_and_an_error_naming_its_url_to_the_rest(lake: Lake) -> None:
    lake.put("there", b"1")
    assert lake.head("a/missing") is None
    assert lake.head("there/below") is None
    for read in (lake.get, lake.open, lambda key: list(lake.get_many(["there", key]))):
        with pytest.raises(ObjectNotFoundError, match="a/missing") as caught:
            read("a/missing")
        assert not caught.value.transient
        assert lake.url("a/missing") in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, 16 * MIB, 16 * MIB + 1, 35 * MIB])
@pytest.mark.parametrize("kind", ["bytes", "path", "chunks"])
def test_any_size_from_any_source_comes_back_whole_and_in_bounded_chunks(
    lake: Lake, tmp_path: Path, size: int, kind: str
) -> None:
    content = os.urandom(1000) * (size // 1000) + b"e" * (size % 1000)
    source = tmp_path / "source"
    source.write_bytes(content)
    chunks = (content[at : at + 700_001] for at in range(0, size, 700_001))
    sources: dict[str, ObjectData] = {"bytes": content, "path": source, "chunks": chunks}
    put = lake.put("big", sources[kind])
    assert put.size == size
    read = list(lake.open("big", chunk_size=3_000_000))
    assert b"".join(read) == content
    assert all(len(chunk) == 3_000_000 for chunk in read[:-1])


@pytest.mark.parametrize("taken", [0, 20 * MIB])
def test_a_failing_source_passes_its_error_through_and_leaves_the_old_object(lake: Lake, taken: int) -> None:
    lake.put("k", b"old")
    failure = FileNotFoundError("of the source")

    def source() -> Iterator[bytes]:
        for _ in range(taken // MIB):
            yield b"x" * MIB
        raise failure

    with pytest.raises(FileNotFoundError) as caught:
        lake.put("k", source())
    assert caught.value is failure
    assert lake.get("k") == b"old"
    with pytest.raises(LakeSourceError, match="nowhere"):
        lake.put("k", Path("nowhere"))
    assert lake.get("k") == b"old"


@pytest.mark.parametrize(
    "key",
    [
        *("", "/a", "a/", "a//b", "..", "a/../b", "a/..", ".", "./a", ".hidden", "a/.b", "a\\b", "a\0b", "a\nb"),
        *("\ud800", "\uffff", "x" * 256, "é" * 128, "/".join(["x" * 200] * 6)),
    ],
)
def test_keys_that_some_lake_cannot_hold_are_refused_by_all(lake: Lake, key: str) -> None:
    for use in (lake.get, lake.open, lake.head, lake.url, lake.local_path, lambda k: lake.put(k, b"")):
        with pytest.raises(LakeKeyError):
            use(key)
    assert keys_of(lake) == []


@pytest.mark.parametrize("prefix", ["/", "a//", "../", "a/..", "a/../", ".", "a/.b", "\\", "a\0"])
def test_prefixes_that_no_key_can_have_are_refused(lake: Lake, prefix: str) -> None:
    for use in (lake.list, lake.delete_prefix):
        with pytest.raises(LakeKeyError):
            use(prefix)


def test_many_objects_come_in_the_order_asked_for(lake: Lake) -> None:
    contents = {f"k{n}": os.urandom(n) for n in range(50)}
    for key, content in contents.items():
        lake.put(key, content)
    keys = [*reversed(contents), "k7", "k7"]
    assert list(lake.get_many(keys, concurrency=4)) == [(key, contents[key]) for key in keys]
    assert list(lake.get_many([])) == []


def test_readers_see_the_old_or_the_new_object_while_it_is_written(opener: Opener) -> None:
    writer, reader = opener(), opener()
    writer.put("k", b"old")

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"n" * MIB
            assert reader.get("k") == b"old"
            assert keys_of(reader) == ["k"]

    writer.put("k", chunks())
    assert reader.get("k") == b"n" * 20 * MIB


WRITER = """
    import sys, time
    from tributary.resources.lake import open_lake
    location, endpoint, content = sys.argv[1], sys.argv[2] or None, sys.argv[3].encode()
    def chunks():
        for at in range(64):
            if at == 40:
                sys.stdout.write("halfway\\n"); sys.stdout.flush(); time.sleep(float(sys.argv[4]))
            yield content * 1024 * 1024
    open_lake(location, region="us-east-1", endpoint_url=endpoint).put("k", chunks())
"""


def start_writer(location: str, endpoint: str, content: str, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), location, endpoint, content, str(pause)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "halfway\n"
    return process


@pytest.mark.parametrize("engine", ["folder", "s3"])
def test_a_writer_killed_midway_leaves_the_old_object_or_none(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    endpoint = request.getfixturevalue("s3_url") if engine == "s3" else ""
    location = f"s3://lake/{uuid.uuid4().hex}" if engine == "s3" else str(tmp_path)
    old = None
    for content in ("a", "b", "c"):
        process = start_writer(location, endpoint, content, 60)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        lake = open_lake(location, region="us-east-1", endpoint_url=endpoint or None)
        assert keys_of(lake) == ([] if old is None else ["k"])
        assert lake.head("k") is None if old is None else lake.get("k") == old
        old = content.encode()
        lake.put("k", old)


@pytest.mark.parametrize(
    "location", ["", "gs://bucket/x", "http://x", "s3://", "s3://B", "s3://bucket/../x", "s3://u:p@b/x"]
)
def test_locations_that_cannot_be_a_lake_are_refused_without_repeating_a_password(location: str) -> None:
    with pytest.raises(LakeLocationError) as caught:
        open_lake(location, region="us-east-1", endpoint_url=None)
    assert "u:p" not in str(caught.value)


def test_importing_the_lake_loads_no_engine() -> None:
    heavy = "{'obstore', 'botocore', 'pyarrow', 'pandas', 'numpy'}"
    code = f"import sys, tributary.resources.lake; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
