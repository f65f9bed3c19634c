"""Backups where they lie: whole or none, each content once, and a lake that is written to copied with all it names."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.backups import making
from tributary.backups.making import make_backup
from tributary.backups.objects import LakeCopy
from tributary.backups.store import Backup, BackupError, Dump, Store
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import CHUNK_BYTES, Lake, ObjectData, ObjectInfo
from tributary.resources.settings import Settings


class Killed(BaseException):
    """As a process ends."""


class Places:
    """A home with a lake and keys, whose databases are not dumped here, and places for backups."""

    def __init__(self, folder: Path, location: str, **own: Any) -> None:
        self.location = location
        self.settings = Settings(_env_file=None, home=folder / "home", **own)
        self.lake = FolderLake(folder / "home" / "lake")
        (folder / "home" / "web-secret").write_text("s3cret")

    def back_up(self, dies_after: int | None = None) -> Backup:
        store = Store(self.settings, self.location)
        put, left = store.lake.put, dies_after

        def counted(key: str, data: ObjectData) -> ObjectInfo:
            nonlocal left
            if left == 0:
                raise Killed
            left = None if left is None else left - 1
            return put(key, data)

        store.lake.put = counted  # type: ignore[method-assign]
        return make_backup(self.settings, None, store, lambda _: None)  # type: ignore[arg-type]

    def contents(self, backup: Backup) -> dict[str, bytes]:
        store = Store(self.settings, self.location, read_only=True)
        return {one.key: b"".join(store.open(one.held)) for one in backup.lake}


class NoDatabases:
    def url(self, name: str) -> str:
        return name


@pytest.fixture(autouse=True)
def _dumps(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_backup
    monkeypatch.setattr(making.dumps, "dump", lambda url, _, store: Dump({"toc.dat": store.put([url.encode()])}))
    monkeypatch.setattr(making.dumps, "roles", lambda _: ())
    monkeypatch.setitem(globals(), "make_backup", lambda own, _, store, tell: made(own, NoDatabases(), store, tell))


@pytest.fixture(params=["folder", "s3"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    if request.param == "folder":
        yield Places(tmp_path, str(tmp_path / "backups"))
        return
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        import boto3

        url = "http://{}:{}".format(*server.get_host_and_port())
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="backups")
        yield Places(tmp_path, f"s3://backups/{uuid.uuid4().hex}", aws_endpoint_url=url)
    server.stop()


def test_a_backup_holds_all_and_the_next_one_writes_only_what_is_new(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.lake.put("a/1", b"one")
    places.lake.put("a/2", b"one")
    places.lake.put("a/large", b"x" * (40 << 20))
    first = places.back_up()
    assert places.contents(first)["a/2"] == b"one"
    assert set(first.databases) == {"dagster", "warehouse", "app"}
    assert list(first.home) == ["web-secret"]
    places.lake.put("a/2", b"two")
    places.lake.put("a/3", b"three")
    read: list[str] = []
    opened = FolderLake.open

    def noted(self: FolderLake, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        read.append(key)
        return opened(self, key, chunk_size=chunk_size)

    monkeypatch.setattr(FolderLake, "open", noted)
    second = places.back_up()
    assert {key for key in read if not key.startswith("objects/")} == {"a/2", "a/3"}
    assert {key: len(held) for key, held in places.contents(second).items()} == {
        "a/1": 3, "a/2": 3, "a/3": 5, "a/large": 40 << 20,
    }  # fmt: skip
    assert places.contents(first)["a/2"] == b"one"
    assert Store(places.settings, places.location).read() == second


@pytest.mark.parametrize("dies_after", [0, 1, 3, 5, 6])
def test_a_killed_backup_is_none_and_the_next_one_goes_on(places: Places, dies_after: int) -> None:
    for number in range(3):
        places.lake.put(f"a/{number}", f"{number}".encode())
    with pytest.raises(Killed):
        places.back_up(dies_after)
    store = Store(places.settings, places.location)
    assert store.ids() == []
    with pytest.raises(BackupError, match="none that is whole"):
        store.read()
    backup = places.back_up()
    assert places.contents(backup) == {f"a/{number}": f"{number}".encode() for number in range(3)}
    assert Store(places.settings, places.location).ids() == [backup.id]


def test_what_is_damaged_or_deleted_in_a_backup_is_told(tmp_path: Path) -> None:
    places = Places(tmp_path, str(tmp_path / "backups"))
    places.lake.put("a/1", b"one")
    backup = places.back_up()
    (held,) = (one.held for one in backup.lake)
    path = tmp_path / "backups" / "objects" / held.sha256[:2] / held.sha256
    path.write_bytes(b"eno")
    with pytest.raises(BackupError, match="damaged"):
        places.contents(backup)
    path.unlink()
    store = Store(places.settings, places.location)
    with pytest.raises(BackupError, match="not whole"):
        store.publish(backup)
    # What somebody took from it is put again by the next.
    assert places.contents(places.back_up()) == {"a/1": b"one"}


class Busy(FolderLake):
    """A lake in which somebody goes on writing whenever it is asked: what is named first, then what names it."""

    def __init__(self, folder: Path, plan: Iterator[int]) -> None:
        super().__init__(folder)
        self.plan, self.done = plan, 0

    def _act(self) -> None:
        for _ in range(next(self.plan, 0)):
            number, self.done = self.done // 2, self.done + 1
            # Its key stands behind that of what names it, or before: a listing passes one of them first.
            version = f"{'a' if number % 2 else 'z'}/{number}"
            if self.done % 2:
                self.put(version, b"x")
            else:
                self.put("index", version.encode())

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        self._act()
        for info in super().list(prefix, after=after):
            yield info
            self._act()

    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        self._act()
        return super().open(key, chunk_size=chunk_size)


@settings(deadline=None, max_examples=25)
@given(plan=st.lists(st.integers(0, 3), max_size=30))
def test_whatever_is_written_meanwhile_what_a_copied_object_names_is_copied(
    plan: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("busy")
    lake: Lake = Busy(folder / "lake", iter(plan))
    store = Store(Settings(_env_file=None, home=folder), str(folder / "backups"))
    copy = LakeCopy(lake, store, {})
    copy.follow()
    copy.follow()
    if "index" in copy.copied:
        named = b"".join(store.open(copy.copied["index"].held)).decode()
        assert named in copy.copied
