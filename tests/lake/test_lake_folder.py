"""What a lake in a folder does beyond the common: crashes, links, strangers' files, and the cost of a listing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tributary.resources.lake import (
    Lake,
    LakeAccessError,
    LakeError,
    LakeKeyError,
    LakeLocationError,
    ObjectNotFoundError,
    open_lake,
)

MIB = 1024 * 1024


def opened(folder: Path) -> Lake:
    return open_lake(str(folder), region="us-east-1", endpoint_url=None)


@pytest.fixture
def lake(folder: Path) -> Lake:
    return opened(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_opening_clears_what_the_dead_left_but_not_what_the_living_write(lake: Lake, folder: Path) -> None:
    child = os.fork()
    if child == 0:

        def die() -> Iterator[bytes]:
            yield b"x" * MIB
            os.kill(os.getpid(), 9)

        lake.put("k", die())
    os.waitpid(child, 0)
    assert len(files_below(folder)) == 1

    def chunks() -> Iterator[bytes]:
        yield b"living"
        opened(folder)
        assert len(files_below(folder)) == 1
        yield b" writer"

    lake.put("k", chunks())
    assert files_below(folder) == ["k"]
    assert lake.get("k") == b"living writer"


def test_a_reader_goes_on_with_the_version_it_opened(lake: Lake) -> None:
    lake.put("k", b"old" * MIB)
    chunks = lake.open("k", chunk_size=MIB)
    next(chunks)
    lake.put("k", b"new")
    assert b"".join(chunks) == (b"old" * MIB)[MIB:]


def test_nothing_is_reached_through_links(lake: Lake, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (folder / "dir").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    assert list(lake.list("")) == list(lake.list("dir/")) == list(lake.list("dir/s", after="a")) == []
    for use in (lake.get, lake.open, lake.head, lambda key: lake.put(key, b"1")):
        with pytest.raises(LakeKeyError, match="link"):
            use("dir/secret")
    assert lake.head("file") is None
    with pytest.raises(ObjectNotFoundError):
        lake.get("file")
    lake.put("file", b"mine")
    assert lake.delete_prefix("d") == 0
    assert (outside / "secret").read_text() == "secret"
    assert not (folder / "file").is_symlink()


def test_a_lake_that_is_itself_a_link_works(lake: Lake, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(folder)
    opened(tmp_path / "alias").put("a/b", b"1")
    assert lake.get("a/b") == b"1"


def test_pipes_and_folders_are_no_objects(lake: Lake, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "dir").mkdir()
    assert list(lake.list("")) == []
    for key in ("pipe", "dir"):
        assert lake.head(key) is None
        with pytest.raises(ObjectNotFoundError):
            lake.get(key)


def test_hidden_files_are_passed_over_and_impossible_names_are_told(lake: Lake, folder: Path) -> None:
    (folder / ".DS_Store").write_text("")
    (folder / "a").mkdir()
    (folder / "a" / ".x").write_text("")
    assert list(lake.list("")) == []
    Path(os.fsdecode(os.fsencode(folder) + b"/a/\xff")).write_text("")
    with pytest.raises(LakeKeyError, match="rename it"):
        list(lake.list(""))


def test_a_key_below_another_is_refused_and_changes_nothing(lake: Lake, folder: Path) -> None:
    lake.put("a/b", b"1")
    for key in ("a", "a/b/c", "a/b/c/d"):
        with pytest.raises(LakeKeyError, match="below another"):
            lake.put(key, b"2")
    assert files_below(folder) == ["a/b"]


def test_deleting_leaves_no_empty_folders(lake: Lake, folder: Path) -> None:
    for key in ("a/b/1", "a/b/c/2", "a/d/3"):
        lake.put(key, b"")
    lake.delete_prefix("a/b")
    assert sorted(path.name for path in (folder / "a").iterdir()) == ["d"]


def test_putting_survives_the_deletion_of_its_folder(lake: Lake) -> None:
    done = threading.Event()

    def delete() -> None:
        while not done.is_set():
            lake.delete_prefix("a/b/x")

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        for number in range(200):
            lake.put(f"a/b/x{number}", b"")
    finally:
        done.set()
        thread.join()
    lake.delete_prefix("a")
    assert list(lake.list("")) == []


def test_the_cost_of_a_listing_is_that_of_the_cursors_path(lake: Lake, folder: Path) -> None:
    for hour in range(24 * 28):
        path = folder / f"raw/2024/02/{hour // 24 + 1:02}/{hour % 24:02}"
        path.mkdir(parents=True)
        (path / "part").write_text("x")
    with patch("os.scandir", wraps=os.scandir) as scandir:
        infos = list(lake.list("raw/2024/02/", after="raw/2024/02/28/22/part"))
    assert [info.key for info in infos] == ["raw/2024/02/28/23/part"]
    assert scandir.call_count == 4  # the month, the day, the cursor's hour, the hour after


def test_a_file_in_the_place_of_the_lake_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "lake"):
        with pytest.raises(LakeLocationError, match="not a folder"):
            opened(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(lake: Lake, folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(LakeAccessError, match="permissions"):
        lake.put("a/b", b"")
    folder.chmod(0o700)


def test_a_full_disk_keeps_the_old_object_and_leaves_nothing(lake: Lake, folder: Path) -> None:
    import resource

    lake.put("k", b"old")
    child = os.fork()
    if child == 0:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
        status = 1
        try:
            lake.put("k", b"n" * 2 * MIB)
        except LakeError as error:
            status = 0 if "File too large" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert files_below(folder) == ["k"]
    assert lake.get("k") == b"old"
