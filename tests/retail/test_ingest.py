"""Bringing files into the lake, and deciding which have changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.retail import ingest as module
from assets.retail.ingest import RetailFileError, ingest, read_manifest
from assets.retail.watch import SETTLE_NANOSECONDS, Stat, decide
from resources.lake import Lake, open_lake

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

    monkeypatch.setattr(module, "_chunks", unread)
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


def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = module._chunks
    times = []

    def changing(path: Path) -> Iterator[bytes]:
        times.append(path)
        if len(times) == 2:
            path.write_text("something else")
        return read(path)

    monkeypatch.setattr(module, "_chunks", changing)
    with pytest.raises(RetailFileError, match="changed while it was read"):
        ingest(lake, path)
    assert objects(lake) == []
    assert read_manifest(lake, "product.csv") is None


def test_a_missing_file_is_named(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RetailFileError, match=r"coupon\.csv is not in the folder"):
        ingest(lake, tmp_path / "coupon.csv")


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
