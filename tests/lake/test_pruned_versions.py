"""What is deleted of the lake: only what was replaced for long enough, killed anywhere, whatever is written then."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tributary.assets.factory.dropped_files import DroppedFiles
from tributary.assets.retail import ingest as retail
from tributary.assets.services import Services
from tributary.assets.social.arrivals import RAW, RECEIPTS
from tributary.assets.social.events.receipts import receipts_of_nothing
from tributary.assets.social.tables import TABLES
from tributary.pruning import delete, due
from tributary.resources.errors import TributaryError
from tributary.resources.lake import versions
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import Lake, ObjectData, ObjectInfo
from tributary.resources.lake.versions import Unneeded
from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract

DAYS = 30
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """As a process ends."""


class Clocked(FolderLake):
    """A lake whose objects are as old as the test's clock says, and whose user dies before some call."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.now = BEGIN
        self.left: int | None = None
        self.before_deleting: Callable[[], None] = lambda: None

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        self._step()
        super().put(key, data)
        os.utime(self.local_path(key), (self.now.timestamp(), self.now.timestamp()))
        found = self.head(key)
        assert found is not None
        return found

    def delete_prefix(self, prefix: str) -> int:
        self._step()
        hook, self.before_deleting = self.before_deleting, lambda: None
        hook()
        return super().delete_prefix(prefix)

    def time(self) -> float:
        return self.now.timestamp()

    def time_ns(self) -> int:
        return time.time_ns()

    def _step(self) -> None:
        if self.left == 0:
            raise Killed
        if self.left is not None:
            self.left -= 1


class Retail:
    """One file of the source `retail`."""

    def __init__(self, folder: Path, lake: Clocked) -> None:
        self.lake, self.path = lake, folder / "product.csv"

    def take(self, content: bytes) -> None:
        self.path.write_bytes(content)
        retail.ingest(self.lake, self.path)

    def current(self) -> tuple[str, bytes] | None:
        manifest = retail.read_manifest(self.lake, "product.csv")
        return None if manifest is None else (manifest.key, b"".join(manifest.open(self.lake)))

    def unneeded(self, lake: Lake) -> Iterable[Unneeded]:
        return retail.replaced_versions(lake)


class Dropped:
    """One file of a drop; a version with another header is refused, and kept beside the one that counts."""

    FILES = DroppedFiles("acme/raw/", FileContract((FileColumn("A", "a", "text", ""),)))

    def __init__(self, folder: Path, lake: Clocked) -> None:
        self.lake, self.folder = lake, folder / "drop"
        self.folder.mkdir()

    def take(self, content: bytes) -> None:
        (self.folder / "one.csv").write_bytes(content)
        self.FILES.take_in(self.lake, FolderLake(self.folder, read_only=True))

    def current(self) -> tuple[str, bytes] | None:
        found = [one for one in self.FILES.objects().listed(self.lake, None) if one.key]
        for one in found:
            assert self.lake.get(one.key)
        return (found[0].key, self.lake.get(found[0].key)) if found else None

    def unneeded(self, lake: Lake) -> Iterable[Unneeded]:
        return self.FILES.replaced(lake)


CONTENTS = [b"A\n1\n", b"A\n2\n", b"A\n3\n"]
WRITTEN = st.sampled_from(CONTENTS)
DIES = st.none() | st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("take"), WRITTEN, DIES),
    st.tuples(st.just("wait"), st.integers(1, 40), st.none()),
    st.tuples(st.just("prune"), st.none() | WRITTEN, DIES),
)


def prune(kind: Retail | Dropped, lake: Clocked) -> None:
    before = lake.now - timedelta(days=DAYS)
    delete(lake, [one for one in kind.unneeded(lake) if one.since < before])


@pytest.mark.parametrize("source", [Retail, Dropped])
@settings(deadline=None, max_examples=60)
@example([("take", CONTENTS[0], None), ("take", CONTENTS[1], None), ("wait", 40, None), ("prune", CONTENTS[0], None)])
@given(steps=st.lists(STEP, max_size=12))
def test_whatever_is_killed_what_counts_and_what_counted_lately_is_there(
    source: type[Retail | Dropped], steps: list[tuple[str, object, int | None]]
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        lake = Clocked(Path(name) / "lake")
        patched.setattr(versions, "time", lake)
        kind = source(Path(name), lake)
        counts: bytes | None = None
        last: dict[str, datetime] = {}  # by key, when it was last seen to count

        def take(content: bytes) -> None:
            nonlocal counts
            before = counts
            counts = content
            try:
                kind.take(content)
            except Killed:
                found = kind.current()
                assert (found[1] if found else None) in (before, content)
                counts = found[1] if found else None

        for what, own, dies in steps:
            lake.left = dies
            if what == "take" and isinstance(own, bytes):
                take(own)
            elif what == "wait" and isinstance(own, int):
                lake.left = None
                lake.now += timedelta(days=own)
            else:
                if isinstance(own, bytes):  # somebody writes in the very moment before an object goes
                    lake.before_deleting = lambda content=own: take(content)  # type: ignore[misc]
                with suppress(Killed):
                    prune(kind, lake)
                lake.before_deleting = lambda: None
            lake.left = None
            found = kind.current()
            assert (found[1] if found else None) == counts
            if found is not None:
                last[found[0]] = lake.now
            for key, moment in last.items():
                if lake.now - moment < timedelta(days=DAYS):
                    assert lake.head(key) is not None
        prune(kind, lake)
        assert (kind.current() or ("", counts))[1] == counts
        lake.now += timedelta(days=1000)
        prune(kind, lake)
        left = [info.key for info in lake.list("") if not info.key.endswith(".json")]
        # Where no manifest says what counts, nothing goes.
        assert counts is None or left == [kind.current()[0]]  # type: ignore[index]


def test_receipts_go_when_neither_their_object_nor_a_file_of_it_is_left(tmp_path: Path) -> None:
    lake = FolderLake(tmp_path)
    hour = "2026/01/31/07/"
    for name in ("both", "expired", "nothing", "nothing.json"):
        lake.put(f"{RECEIPTS}{hour}{name}.json", b"{}")
    lake.put(f"{RAW}{hour}both", b"{}")
    lake.put(f"{RAW}{hour}nothing.json", b"{}")
    lake.put(f"web-data/transformed/{TABLES[0].name}/{hour}expired.parquet", b"p")
    going = list(receipts_of_nothing(lake))
    assert [one.key for one in going] == [f"{RECEIPTS}{hour}nothing.json"]
    # Its name is the beginning of another's, which stays.
    assert delete(lake, going).objects == 0 or lake.head(f"{RECEIPTS}{hour}nothing.json.json") is not None
    assert lake.head(f"{RECEIPTS}{hour}nothing.json.json") is not None


def test_a_source_that_cannot_say_what_it_needs_keeps_it_all_and_no_other_from_pruning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Unneeded("a/1", 1, BEGIN, "why")

    def broken(_: Lake) -> Iterable[Unneeded]:
        raise TributaryError("The index cannot be read.")

    def fine(_: Lake) -> Iterable[Unneeded]:
        return [old, old._replace(key="a/2", since=BEGIN + timedelta(days=9))]

    services = {"retail": Services(unneeded=broken), "pledges": Services(unneeded=fine)}
    monkeypatch.setattr("tributary.pruning.load_services", lambda: services)
    told: list[str] = []
    now = BEGIN + timedelta(days=DAYS + 1)
    assert list(due(FolderLake(tmp_path), DAYS, now, told.append)) == [old]
    assert len(told) == 1
    assert "The index cannot be read." in told[0]
    assert list(due(FolderLake(tmp_path), 0, now, told.append)) == []
