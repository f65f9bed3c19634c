"""What takes the disk, by part, and how fast each grows: sizes are noted about once an hour in the home."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg

from tributary.resources.settings import Settings

FILE = "disk-sizes.json"
_EVERY, _KEPT_FOR = timedelta(hours=1), timedelta(days=31)
_LEAST = timedelta(hours=1)
_FOLDERS = {
    "lake": "Lake",
    "iceberg": "Iceberg tables",
    "stream": "Event stream",
    "logs": "Logs",
    "dagster": "Logs of runs",
    "sample": "Samples",
    "trino": "Trino's configuration and log",
}
_CONNECT_SECONDS = 3


class Sample(msgspec.Struct, frozen=True):
    """The bytes of each part at a moment."""

    at: datetime
    parts: Mapping[str, int]


@dataclass(frozen=True)
class Taken:
    """A part of what takes the disk: its bytes, and bytes that it grows in a day; None where that is not known yet."""

    name: str
    size: int
    growth: float | None


class Disk:
    """Measures the parts. A lake or server elsewhere is not measured here, but for the databases on it.

    Args:
        settings: of the home.
        database_url: a database of the server that holds them all.
    """

    def __init__(self, settings: Settings, database_url: Callable[[], str]) -> None:
        self._home, self._prefix, self._url = settings.home, settings.database_prefix, database_url

    def measure(self) -> list[Taken]:
        """The parts, the largest first; noted where the last note is old enough."""
        now = Sample(datetime.now(UTC), dict(self._parts()))
        samples = self._samples()
        found = [Taken(name, size, _growth(samples, now, name)) for name, size in now.parts.items() if size]
        if not samples or now.at - samples[-1].at >= _EVERY:
            self._keep([one for one in samples if now.at - one.at < _KEPT_FOR] + [now])
        return sorted(found, key=lambda one: -one.size)

    def _parts(self) -> Iterator[tuple[str, int]]:
        for folder, name in _FOLDERS.items():
            yield name, _size(self._home / folder)
        databases = self._databases()
        for database, taken in databases.items():
            yield f"Database {database}", taken
        if taken := _size(self._home / "postgres"):
            yield "Postgres, its log and the rest", max(taken - sum(databases.values()), 0)

    def _databases(self) -> Mapping[str, int]:
        names = {f"{self._prefix}{name}": name for name in ("warehouse", "dagster", "app")}
        query = "SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname = ANY(%s)"
        try:
            with psycopg.connect(self._url(), connect_timeout=_CONNECT_SECONDS) as connection:
                return {names[name]: size for name, size in connection.execute(query, (list(names),)).fetchall()}
        except psycopg.Error:
            return {}  # that it is away is told elsewhere

    def _samples(self) -> list[Sample]:
        try:
            return msgspec.json.decode((self._home / FILE).read_bytes(), type=list[Sample])
        except (OSError, msgspec.MsgspecError):
            return []  # growth is then known from now on

    def _keep(self, samples: list[Sample]) -> None:
        path = self._home / FILE
        aside = path.with_name(f".{FILE}.{os.getpid()}")
        with suppress(OSError):  # a full disk is no reason not to tell so
            aside.write_bytes(msgspec.json.encode(samples))
            aside.replace(path)


async def measure_hourly(disk: Disk) -> None:
    """Note sizes about once an hour, so that growth is known where nobody looks; until it is cancelled."""
    while True:
        await asyncio.sleep(_EVERY.total_seconds() + 1)
        await asyncio.to_thread(disk.measure)


def _growth(samples: list[Sample], now: Sample, name: str) -> float | None:
    """Bytes a day, since about a day ago, or since what is known, which must be an hour."""
    known = [one for one in samples if name in one.parts and now.at - one.at >= _LEAST]
    if not known:
        return None
    day = [one for one in known if now.at - one.at >= timedelta(days=1)]
    before = day[-1] if day else known[0]
    return (now.parts[name] - before.parts[name]) / ((now.at - before.at) / timedelta(days=1))


def _size(folder: Path) -> int:
    """The bytes that a folder's files take; those that go meanwhile count nothing."""
    total, pending = 0, [os.fspath(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    with suppress(OSError):
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        else:
                            total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total
