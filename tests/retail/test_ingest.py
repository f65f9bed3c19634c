"""Bringing files into the lake, and deciding which have changed."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.automation.changed_files import SETTLE_NANOSECONDS, Stat, decide
from tributary.assets.retail import ingest as module
from tributary.assets.retail.files import ALL_FILES, COMMODITY_SECTIONS, JOURNEY_FILES
from tributary.assets.retail.ingest import ManifestError, ingest, manifest_key, read_manifest
from tributary.assets.retail.raw_assets import raw_asset
from tributary.assets.retail.sensor import retail_files
from tributary.assets.retail.source_files import RetailFileError, read_chunks
from tributary.automation.jobs import source_jobs
from tributary.resources.lake import Lake, LakeError, open_lake

HOUR = 3_600_000_000_000


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "product.csv"
    path.write_text("A,B\n1,2\n3,4")
    os.utime(path, ns=(HOUR, HOUR))
    return path


def objects(lake: Lake) -> list[str]:
    return [found.key for found in lake.list("retail/raw/product/")]


def test_each_version_is_kept_once_and_unchanged(lake: Lake, path: Path) -> None:
    first, new = ingest(lake, path)
    assert new
    assert (first.lines, first.size) == (3, 11)
    assert lake.get(first.key) == path.read_bytes()
    assert read_manifest(lake, "product.csv") == first
    path.write_text("A,B\n1,2\n")
    second, new = ingest(lake, path)
    assert new
    assert second.sha256 != first.sha256
    assert lake.get(first.key) == b"A,B\n1,2\n3,4"
    assert len(objects(lake)) == 2


def test_a_touched_file_is_no_new_version(lake: Lake, path: Path) -> None:
    first, _ = ingest(lake, path)
    os.utime(path, ns=(2 * HOUR, 2 * HOUR))
    again, new = ingest(lake, path)
    assert not new
    assert (again.sha256, again.modified_ns) == (first.sha256, 2 * HOUR)
    assert len(objects(lake)) == 1


def test_an_unchanged_file_is_not_even_read(lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = ingest(lake, path)

    def unread(_: Path) -> Iterator[bytes]:
        raise AssertionError("read again")

    monkeypatch.setattr(module, "read_chunks", unread)
    assert ingest(lake, path) == (first, False)


def test_a_change_within_the_clock_s_grain_is_not_missed(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "product.csv"
    path.write_text("A,B\n1,2\n")
    first, _ = ingest(lake, path)
    path.write_text("A,B\n1,3\n")
    os.utime(path, ns=(first.modified_ns, first.modified_ns))  # same size, same time
    second, new = ingest(lake, path)
    assert new
    assert lake.get(second.key) == b"A,B\n1,3\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("something else"),
        lambda path: os.utime(path, ns=(2 * HOUR, 2 * HOUR)),  # other bytes of the same length
        lambda path: shutil.copy2(path, path.with_suffix(".new")).replace(path),
    ],
    ids=["longer", "as-long", "replaced"],
)
def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    read = module.read_chunks

    def changing(path: Path) -> Iterator[bytes]:
        yield from read(path)
        change(path)

    monkeypatch.setattr(module, "read_chunks", changing)
    with pytest.raises(RetailFileError, match="changed while it was read"):
        ingest(lake, path)
    assert objects(lake) == []
    assert read_manifest(lake, "product.csv") is None


def test_a_missing_file_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RetailFileError, match=r"coupon\.csv is not in the folder"):
        ingest(lake, tmp_path / "coupon.csv")


@pytest.mark.parametrize("kept", [b"A,B", b"A,B\n1,2\n3,5", None])
def test_an_object_that_was_cut_garbled_or_lost_is_put_right(lake: Lake, path: Path, kept: bytes | None) -> None:
    first, _ = ingest(lake, path)
    if kept is None:
        lake.delete_prefix(first.key)
    else:
        lake.put(first.key, kept)
    with pytest.raises(LakeError, match=r"not what was put there|no object"):
        list(first.open(lake))
    again, new = ingest(lake, path)
    assert not new
    assert again.sha256 == first.sha256
    assert b"".join(again.open(lake)) == path.read_bytes()


@pytest.mark.parametrize("content", [b"", b'{"file": "prod', b"[]", b"{}", b'{"file": 1}', b"\xff"])
def test_a_manifest_that_cannot_be_read_is_named_and_made_anew(lake: Lake, path: Path, content: bytes) -> None:
    first, _ = ingest(lake, path)
    lake.put(manifest_key(path.name), content)
    with pytest.raises(ManifestError, match=r"manifest of product\.csv .* materialise raw\.csv_retail_products"):
        read_manifest(lake, path.name)
    again, new = ingest(lake, path)
    assert new
    assert (again.key, again.lines) == (first.key, first.lines)
    assert read_manifest(lake, path.name) == again


def test_a_file_is_read_again_only_where_its_object_was_touched(lake: Lake, path: Path) -> None:
    first, _ = ingest(lake, path)
    lake.put(first.key, path.read_bytes())
    again, _ = ingest(lake, path)
    assert again.etag != first.etag
    assert (again.sha256, ingest(lake, path)[0]) == (first.sha256, again)


def _as_folder(path: Path) -> None:
    path.mkdir()


def _as_pipe(path: Path) -> None:
    os.mkfifo(path)


def _as_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as found:
        found.bind(str(path))


def _as_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _as_dangling(path: Path) -> None:
    path.symlink_to("gone.csv")


def _as_loop(path: Path) -> None:
    path.symlink_to(path.name)


def _as_other_case(path: Path) -> None:
    path.with_name("Coupon.CSV").write_text("x")


def _as_packed(path: Path) -> None:
    path.with_name("coupon.csv.gz").write_bytes(gzip.compress(b"x"))


def _as_archive(path: Path) -> None:
    path.with_name("coupon_redempt.csv.gz").write_bytes(gzip.compress(b"x"))
    path.with_name("archive.zip").write_bytes(b"PK")


ODD_FILES = {
    _as_folder: "coupon.csv is a folder, not a file",
    _as_pipe: "coupon.csv is a named pipe, not a file",
    _as_socket: "coupon.csv is a socket, not a file",
    _as_device: "coupon.csv is a device, not a file",
    _as_dangling: "coupon.csv is a link to gone.csv, which does not exist",
    _as_loop: "coupon.csv is a link that leads back to itself",
    _as_other_case: "is not in the folder .* but Coupon.CSV is; rename it to coupon.csv",
    _as_packed: "is not in the folder .* but coupon.csv.gz is, which is compressed; unpack it",
    _as_archive: "is not in the folder .* but archive.zip is, which is compressed; unpack it",
}


@pytest.mark.parametrize("put", ODD_FILES)
def test_what_is_no_file_is_told_and_never_waited_for(lake: Lake, tmp_path: Path, put: Callable[[Path], None]) -> None:
    path = tmp_path / "coupon.csv"
    put(path)
    with pytest.raises(RetailFileError, match=ODD_FILES[put]):
        ingest(lake, path)


def test_a_missing_folder_is_told(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RetailFileError, match=r"folder .*nowhere.* does not exist; check TRIBUTARY_RETAIL_DIR"):
        ingest(lake, tmp_path / "nowhere" / "coupon.csv")


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.EACCES, "may not be read"), (errno.EIO, r"cannot be read \(Input/output error\)")]
)
def test_a_file_that_cannot_be_opened_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refused(*_: Any) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(RetailFileError, match=sentence):
        list(read_chunks(path))


def test_one_odd_file_hides_no_other_from_the_sensor(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for source in JOURNEY_FILES[:4]:
        (folder / source.file).write_text("x")
        os.utime(folder / source.file, ns=(HOUR, HOUR))
    for source, put in zip(JOURNEY_FILES[4:], (_as_folder, _as_pipe, _as_loop, _as_dangling), strict=True):
        put(folder / source.file)
    lake.put(manifest_key(JOURNEY_FILES[0].file), b"{")

    def look(cursor: str | None) -> Any:
        resources = {"lake": lake, "retail_folder": folder}
        with dg.DagsterInstance.ephemeral() as instance:
            assets = [raw_asset(source) for source in ALL_FILES]
            defs = dg.Definitions(assets, jobs=source_jobs(assets, {}), resources=resources)
            context = dg.build_sensor_context(
                instance=instance, cursor=cursor, resources=resources, repository_def=defs.get_repository_def()
            )
            return retail_files.evaluate_tick(context)

    first = look(None)
    asked = {".".join(key.path) for key in (first.run_requests or [])[0].asset_selection or ()}
    assert asked == {source.raw_key for source in (*JOURNEY_FILES[:4], COMMODITY_SECTIONS)}
    again = look(first.cursor)
    assert not again.run_requests
    assert "is a named pipe" in (again.skip_message or "")


NOW = 10 * HOUR
OLD, NEW = Stat(10, HOUR), Stat(12, 2 * HOUR)


def test_a_new_and_a_changed_file_are_asked_for_once() -> None:
    decision = decide({"a": OLD, "b": NEW}, {"b": OLD}, {}, NOW)
    assert decision.changed == ("a", "b")
    again = decide({"a": OLD, "b": NEW}, {"b": OLD}, decision.remembered, NOW)
    assert again.changed == ()
    newer = decide({"a": NEW, "b": NEW}, {"b": OLD}, again.remembered, NOW)
    assert newer.changed == ("a",)


def test_a_file_still_being_written_waits() -> None:
    writing = Stat(10, NOW - SETTLE_NANOSECONDS + 1)
    first = decide({"a": writing}, {}, {}, NOW)
    assert first.changed == ()
    assert decide({"a": writing}, {}, first.remembered, NOW + 1).changed == ("a",)


def test_a_file_dated_in_the_future_is_asked_for_once() -> None:
    future = Stat(10, NOW + 24 * HOUR)
    first = decide({"a": future}, {}, {}, NOW)
    assert first.changed == ("a",)
    assert decide({"a": future}, {}, first.remembered, NOW + 1).changed == ()
    assert decide({"a": future}, {"a": future}, {}, NOW).changed == ()


def test_an_ingested_file_is_left_alone() -> None:
    assert decide({"a": OLD}, {"a": OLD}, {}, NOW).changed == ()


STATS = st.dictionaries(st.sampled_from("abc"), st.builds(Stat, st.integers(0, 2), st.integers(0, 3)), max_size=3)


@given(looks=st.lists(STATS, min_size=1, max_size=8))
def test_every_settled_version_is_asked_for_exactly_when_it_appears(looks: list[dict[str, Stat]]) -> None:
    remembered: dict[str, Stat] = {}
    before: dict[str, Stat] = {}
    for found in looks:
        decision = decide(found, {}, remembered, NOW)
        assert set(decision.changed) == {name for name in found if found[name] != before.get(name)}
        remembered = dict(decision.remembered)
        before = found
