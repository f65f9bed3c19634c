"""Small objects that lie together: read as before, whatever was killed, and gone for good when they should be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.resources.lake import Lake, ObjectInfo, ObjectNotFoundError
from tributary.resources.lake.bundles import BUNDLES, SMALL_BYTES, BundledLake
from tributary.resources.lake.folder import FolderLake

ROOT = "web-data/raw/"
HOURS = tuple(f"{ROOT}2026/03/{day}/07/" for day in ("01", "02", "03"))


def fill(lake: Lake) -> None:
    for hour in HOURS:
        for name in ("b", "a", "a-1", "é", "a.gz"):
            lake.put(hour + name, f"{hour}{name}".encode() * 3)
    lake.put(f"{HOURS[0]}empty", b"")
    lake.put(f"{ROOT}2026/03/01/else", b"not of an hour")
    lake.put("web-data/other", b"not of the root")


def seen(lake: Lake, *, prefix: str = "web-data/", after: str | None = None) -> dict[ObjectInfo, tuple[bytes, ...]]:
    """All that a reader can learn of what lies below a prefix."""
    found = list(lake.list(prefix, after=after))
    many = dict(lake.get_many([info.key for info in found], concurrency=3))
    return {
        info: (many[info.key], lake.get(info.key), b"".join(lake.open(info.key, chunk_size=7)))
        for info in found
        if lake.head(info.key) == info
    }


def bundle(lake: BundledLake) -> int:
    return sum(lake.bundle(hour, grace=0) for hour in HOURS for _ in range(2))


def test_what_is_bundled_is_read_as_before_and_lies_in_fewer_files(tmp_path: Path) -> None:
    inner = FolderLake(tmp_path)
    lake = BundledLake(inner, ROOT)
    fill(lake)
    before = seen(lake)
    cuts = [
        (prefix, after)
        for prefix in ("web-data/", HOURS[1], HOURS[1] + "a")
        for after in (None, HOURS[0] + "a", HOURS[2])
    ]
    parts = [seen(lake, prefix=prefix, after=after) for prefix, after in cuts]
    assert bundle(lake) == 16
    assert seen(lake) == before
    assert [seen(lake, prefix=prefix, after=after) for prefix, after in cuts] == parts
    assert len(list(inner.list("web-data/"))) == 2
    assert len(list(inner.list(BUNDLES))) == 2 * len(HOURS)
    assert bundle(lake) == 0
    with pytest.raises(ObjectNotFoundError):
        lake.get(f"{HOURS[0]}nobody")


def test_what_comes_later_joins_and_what_is_put_again_counts_and_leaves_no_byte_behind(tmp_path: Path) -> None:
    inner = FolderLake(tmp_path)
    lake = BundledLake(inner, ROOT)
    fill(lake)
    lake.put(f"{HOURS[0]}a", b"a secret")
    bundle(lake)
    lake.put(f"{HOURS[0]}a", b"erased")
    lake.put(f"{HOURS[0]}late", b"late")
    assert (lake.get(f"{HOURS[0]}a"), dict(lake.get_many([f"{HOURS[0]}a"]))[f"{HOURS[0]}a"]) == (b"erased", b"erased")
    after = seen(lake)
    assert lake.bundle(HOURS[0], grace=0) == 0
    assert seen(lake) == after
    assert not [info for info in inner.list("") if b"secret" in inner.get(info.key)]
    assert lake.bundle(HOURS[0], grace=0) == 2
    assert seen(lake) == after


def test_objects_stay_where_they_are_for_as_long_as_somebody_may_have_listed_them(tmp_path: Path) -> None:
    inner = FolderLake(tmp_path)
    lake = BundledLake(inner, ROOT)
    fill(lake)
    assert [lake.bundle(HOURS[0]) for _ in range(2)] == [0, 0]
    assert len(list(inner.list(HOURS[0]))) == 6


def test_large_objects_and_folders_of_folders_stay_as_they_are(tmp_path: Path) -> None:
    inner = FolderLake(tmp_path)
    lake = BundledLake(inner, ROOT)
    fill(lake)
    lake.put(f"{HOURS[0]}a-1-large", bytes(SMALL_BYTES + 1))
    before = seen(lake)
    bundle(lake)
    lake.bundle(f"{ROOT}2026/03/01/", grace=0)
    assert seen(lake) == before
    # Its key begins with another's, which stays beside it.
    assert [info.key.removeprefix(HOURS[0]) for info in inner.list(HOURS[0])] == ["a", "a-1", "a-1-large"]


def test_what_is_deleted_is_gone_from_bundles_too(tmp_path: Path) -> None:
    lake = BundledLake(FolderLake(tmp_path), ROOT)
    fill(lake)
    bundle(lake)
    assert lake.delete_prefix(f"{HOURS[0]}a") == 3
    assert lake.delete_prefix(HOURS[1]) == 5
    assert [info.key for info in lake.list(HOURS[0])] == [f"{HOURS[0]}{name}" for name in ("b", "empty", "é")]
    assert (list(lake.list(HOURS[1])), lake.holds(HOURS[1]), lake.holds(HOURS[2])) == ([], False, True)


class _KilledError(Exception):
    pass


def _dying(call: Callable[..., Any], left: list[int], behind: bool) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not behind:
            raise _KilledError
        found = call(*arguments)
        if left[0] == 0:
            raise _KilledError
        return found

    return called


@settings(max_examples=60, deadline=None)
@given(kills=st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=6))
def test_killed_anywhere_each_object_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, kills: list[tuple[int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    fill(FolderLake(folder))
    before = seen(FolderLake(folder))
    for left, behind in kills:
        inner = FolderLake(folder)
        count = [left]
        inner.put = _dying(inner.put, count, behind)  # type: ignore[method-assign]
        inner.delete_prefix = _dying(inner.delete_prefix, count, behind)  # type: ignore[method-assign]
        with suppress(_KilledError):
            bundle(BundledLake(inner, ROOT))
        assert seen(BundledLake(FolderLake(folder), ROOT)) == before
    lake = BundledLake(FolderLake(folder), ROOT)
    bundle(lake)
    assert seen(lake) == before
