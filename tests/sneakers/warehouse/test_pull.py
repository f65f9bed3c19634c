"""Pulling the event log: each event in the lake exactly once, however pulls end and writers overlap."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from tributary.assets.factory.object_loading import read_objects
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.reading import Row
from tributary.assets.sneakers.arrivals import MARKER, RAW, held_event, key_of, last_key, span_of
from tributary.assets.sneakers.errors import SneakerPullError
from tributary.assets.sneakers.pull import pull_events
from tributary.assets.sneakers.reading import newest_event, settled_event
from tributary.assets.sneakers.staged_assets import STAGED_EVENTS, STAGED_STATE
from tributary.assets.sneakers.state import STATE, SnapshotError, read_manifest, take_snapshots
from tributary.resources.app_database import AppDatabase, AppDatabaseError
from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import ObjectData, ObjectInfo

INSERT = """
    INSERT INTO sneakers.sneaker_events (type, sneaker_id, event_time, details, request_token, request_digest)
    VALUES ('worn', 1, %s, %s, %s, '')
"""


def rows_of(lake: FolderLake, table: ObjectTable, name: str = "") -> list[Row]:
    """The rows that are made of one of the table's objects, of the only one where none is named."""
    found = [one for one in table.objects.listed(lake, None) if name in ("", one.name)]
    [(_, content)] = read_objects(table, lake, found)
    return list(content.rows)


Connection = psycopg.Connection[Any]


@pytest.fixture
def writer(engine: Engine, app_url: str) -> Iterator[Connection]:
    """A connection that writes to the form app's tables."""
    del engine
    with psycopg.connect(app_url) as connection:
        yield connection


@pytest.fixture
def lake(tmp_path: Path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def record(writer: Connection, events: int = 1, *, commit: bool = True) -> None:
    for _ in range(events):
        details = json.dumps({"note": 'é "quoted"\n\\ 😀 \u2028'})
        writer.execute(INSERT, ("2026-03-01T00:30:00+02:00", details, uuid.uuid4()))
    if commit:
        writer.commit()


def pulled(lake: FolderLake) -> list[int]:
    """The ids of all events in the lake, object by object."""
    return [json.loads(line)["event_id"] for one in lake.list(RAW) for line in lake.get(one.key).splitlines()]


def test_events_lie_in_pieces_named_by_their_ids(app: AppDatabase, lake: FolderLake, writer: Connection) -> None:
    record(writer, 7)
    found = pull_events(app, lake, piece=3)
    assert found.keys == (key_of(1, 3), key_of(4, 6), key_of(7, 7)) == tuple(one.key for one in lake.list(RAW))
    assert (found.events, found.newest, found.there) == (7, 7, True)
    assert pulled(lake) == list(range(1, 8))
    assert json.loads(lake.get(found.keys[0]).splitlines()[0]) == {
        "event_id": 1,
        "type": "worn",
        "sneaker_id": 1,
        "event_date": "2026-02-28",
        "event_time": "2026-02-28T22:30:00.000000Z",
        "recorded_at": json.loads(lake.get(found.keys[0]).splitlines()[0])["recorded_at"],
        "details": {"note": 'é "quoted"\n\\ 😀 \u2028'},
    }


def test_a_second_pull_takes_what_is_new_and_no_more(app: AppDatabase, lake: FolderLake, writer: Connection) -> None:
    record(writer, 2)
    pull_events(app, lake)
    assert pull_events(app, lake).keys == ()
    writer.rollback()
    record(writer, 2, commit=False)
    writer.rollback()  # ids 3 and 4 are never seen
    record(writer)
    assert pull_events(app, lake).keys == (key_of(5, 5),)
    assert [one.key for one in lake.list(RAW)] == [key_of(1, 2), key_of(5, 5)]


class Killed(Exception):
    """Stands for the end of a process."""


class DyingLake(FolderLake):
    """A lake under a process that ends at its n-th write, before or after it."""

    def __init__(self, folder: Path, at: int, *, after: bool) -> None:
        super().__init__(folder)
        self._left, self._after = at, after

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        self._left -= 1
        if self._left == 0:
            if self._after:
                super().put(key, data)
            raise Killed
        return super().put(key, data)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_pull_killed_at_any_write_is_made_good_by_the_next(
    app: AppDatabase, tmp_path: Path, writer: Connection, after: bool
) -> None:
    record(writer, 7)
    whole = FolderLake(tmp_path / "whole")
    pull_events(app, whole, piece=3)
    contents = {one.key: whole.get(one.key) for one in whole.list(RAW)}
    for at in range(1, len(contents) + 2):  # the last write is the marker's
        folder = tmp_path / f"lake {at}"
        with pytest.raises(Killed):
            pull_events(app, DyingLake(folder, at, after=after), piece=3)
        lake = FolderLake(folder)
        found = pull_events(app, lake, piece=3)
        assert {one.key: lake.get(one.key) for one in lake.list(RAW)} == contents, at
        assert found.newest == held_event(lake) == 7
        assert pull_events(app, lake, piece=3).keys == ()


@pytest.mark.parametrize("held", [0, 10, 400, -1, "line", "end"])
def test_a_damaged_object_is_taken_again_from_the_app_when_it_is_looked_at(
    app: AppDatabase, lake: FolderLake, writer: Connection, held: int | str
) -> None:
    record(writer, 6)
    pull_events(app, lake, piece=3)
    for key in (key_of(1, 3), key_of(4, 6)):
        whole = lake.get(key)
        second = whole.index(b"\n") + 1
        damaged = whole[held:] if held == -1 else whole[: {"line": second, "end": -1}.get(str(held), held)]
        lake.put(key, damaged)
        if held != "end":
            with pytest.raises(ObjectDamagedError, match="--force"):
                rows_of(lake, STAGED_EVENTS, key)
            assert pull_events(app, lake, mend=True).keys == (key,)
            assert lake.get(key) == whole
        else:
            # Only the last newline is gone: every event is there.
            assert len(rows_of(lake, STAGED_EVENTS, key)) == 3
    assert pull_events(app, lake, mend=True).keys == ()


def test_a_lost_or_lagging_marker_loses_nothing(app: AppDatabase, lake: FolderLake, writer: Connection) -> None:
    record(writer, 6)
    pull_events(app, lake, piece=2)
    assert json.loads(lake.get(MARKER)) == {"last": key_of(5, 6)}
    for marker in (key_of(1, 2), key_of(9, 9)):  # one that lags, and one whose object is not there
        lake.put(MARKER, json.dumps({"last": marker}).encode())
        assert last_key(lake) == key_of(5, 6)
        assert pull_events(app, lake).keys == ()
    for unreadable in (b'{"last": "sne', b"[]", b"\xff", b'{"last": 7}'):
        lake.put(MARKER, unreadable)
        assert last_key(lake) == key_of(5, 6)
    lake.delete_prefix(MARKER)
    assert held_event(lake) == 6


def test_an_event_that_commits_after_a_later_one_is_waited_for(
    app: AppDatabase, app_url: str, lake: FolderLake, writer: Connection
) -> None:
    record(writer, commit=False)
    with psycopg.connect(app_url) as other:
        record(other)
    assert newest_event(app) == 2
    late = threading.Timer(0.5, writer.commit)
    late.start()
    pull_events(app, lake)
    late.join()
    assert pulled(lake) == [1, 2]


def test_writers_that_began_after_the_newest_event_was_seen_are_not_waited_for(
    app: AppDatabase, app_url: str, writer: Connection
) -> None:
    """Somebody always writes: what is waited for is only who could hold a lower id."""
    record(writer)
    ended = threading.Event()

    def busily() -> None:
        with psycopg.connect(app_url) as first, psycopg.connect(app_url) as second:
            while not ended.is_set():
                for one in (first, second):  # each begins before the other ends
                    one.commit()
                    record(one, commit=False)

    busy = threading.Thread(target=busily)
    busy.start()
    try:
        time.sleep(0.2)
        assert (settled_event(app, patience=20) or 0) >= 1
    finally:
        ended.set()
        busy.join()


def test_a_writer_that_never_ends_fails_the_pull_and_writes_nothing(
    app: AppDatabase, app_url: str, lake: FolderLake, writer: Connection
) -> None:
    record(writer, commit=False)
    with psycopg.connect(app_url) as other:
        record(other)
    with pytest.raises(SneakerPullError, match="has been open for"):
        settled_event(app, patience=0.1)
    assert list(lake.list(RAW)) == []


def test_without_the_apps_tables_nothing_is_pulled(app: AppDatabase, lake: FolderLake) -> None:
    found = pull_events(app, lake)
    assert (found.there, found.keys, found.newest) == (False, (), 0)
    assert take_snapshots(app, lake) == {}
    assert read_manifest(lake, "sneakers") is None


def test_another_database_than_the_one_pulled_from_is_refused(
    app: AppDatabase, lake: FolderLake, writer: Connection
) -> None:
    record(writer, 2)
    lake.put(key_of(1, 9), b"")
    with pytest.raises(SneakerPullError, match="up to 9, but the app's database ends at 2"):
        pull_events(app, lake)


def test_snapshots_are_kept_by_their_content(app: AppDatabase, lake: FolderLake, writer: Connection) -> None:
    writer.execute("INSERT INTO sneakers.manufacturers (name, collaborator) VALUES ('Grün\u2028', NULL)")
    writer.commit()
    first = take_snapshots(app, lake)
    assert take_snapshots(app, lake) == first
    assert rows_of(lake, STAGED_STATE["manufacturers"]) == [{"manufacturer_id": 1, "name": "Grün\u2028"}]
    writer.execute("INSERT INTO sneakers.manufacturers (name) VALUES ('Nike')")
    writer.commit()
    assert take_snapshots(app, lake)["manufacturers"].rows == 2
    assert lake.get(first["manufacturers"].key).count(b"\n") == 1


def test_what_became_of_a_snapshot_in_the_lake_is_not_believed_and_is_put_right(
    app: AppDatabase, lake: FolderLake, writer: Connection
) -> None:
    writer.execute("INSERT INTO sneakers.manufacturers (name) VALUES ('Nike'), ('Puma')")
    writer.commit()
    taken = take_snapshots(app, lake)["manufacturers"]
    whole = lake.get(taken.key)
    for damaged in (whole[:-5], whole.partition(b"\n")[0] + b"\n", whole.replace(b"Puma", b"Pumb"), None):
        lake.delete_prefix(taken.key)
        if damaged is not None:
            lake.put(taken.key, damaged)
        with pytest.raises(ObjectDamagedError, match=r"materialise raw\.json_sneaker_state"):
            rows_of(lake, STAGED_STATE["manufacturers"])
        assert take_snapshots(app, lake)["manufacturers"] == taken
        assert lake.get(taken.key) == whole
    lake.put(f"{STATE}manufacturers.json", b'{"table": "manu')
    with pytest.raises(SnapshotError, match=r"manufacturers\.json cannot be read; materialise raw\.json_sneaker_state"):
        read_manifest(lake, "manufacturers")
    assert take_snapshots(app, lake)["manufacturers"] == read_manifest(lake, "manufacturers") == taken


def test_errors_never_show_the_url() -> None:
    unreadable = AppDatabase(lambda: "postgresql://user:secret@:port:/x")
    unreachable = AppDatabase(lambda: "postgresql://user:secret@127.0.0.1:1/x")
    for database in (unreadable, unreachable):
        with pytest.raises(AppDatabaseError) as caught:
            newest_event(database)
        assert "secret" not in str(caught.value)


def test_the_app_is_read_and_never_written(app: AppDatabase, writer: Connection) -> None:
    del writer
    with pytest.raises(AppDatabaseError, match="read-only"), app.snapshot() as snapshot:
        snapshot.row("INSERT INTO sneakers.manufacturers (name) VALUES ('x') RETURNING manufacturer_id")


@pytest.mark.parametrize("key", ["sneakers/raw/events/1-2.jsonl", f"{RAW}x.jsonl", key_of(1, 2) + ".tmp", "a"])
def test_other_objects_have_no_span(key: str) -> None:
    assert span_of(key) is None
