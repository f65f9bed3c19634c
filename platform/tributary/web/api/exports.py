"""Exports: all rows of a question, read once into a Parquet file of one publication, and served from it in any format.

A reader that is slow holds a file, and neither a snapshot of the database nor a swap. Files go when others need room.
"""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tributary.resources.serving import PUBLICATION, lock
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.errors import WarehouseError
from tributary.web.api.problems import Problem

Format = Literal["json", "csv", "parquet", "arrow"]
MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
AT_ONCE = 2
"""Exports that are made at the same time: each takes a core while it is read."""

SECONDS = 600
"""That one may take."""

KEPT_BYTES = 2 << 30
_CHUNK = 1 << 20
_BATCH = 20_000


class Exports:
    """The files, in a folder of this machine; `url` is that of a session that reads."""

    def __init__(self, folder: Path, url: Callable[[], str]) -> None:
        self._folder, self._url = folder, url
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, asyncio.Lock] = {}

    async def file(self, name: str, tables: Sequence[str], version: str, sql: str, params: Sequence[Any]) -> Path:
        """The Parquet file of a query's rows, which are those of one version of some tables; `name` tells it by both.

        Raises:
            Problem: the tables were published anew meanwhile, or it took too long.
        """
        path = self._folder / f"{name}.parquet"
        lock = self._under_way.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                if not path.exists():
                    async with self._turns:
                        await asyncio.to_thread(self._make, path, tables, version, sql, params)
        finally:
            if not lock.locked():
                self._under_way.pop(name, None)
        with suppress(OSError):
            os.utime(path)
        return path

    def _make(self, path: Path, tables: Sequence[str], version: str, sql: str, params: Sequence[Any]) -> None:
        import pyarrow.parquet as pq

        from tributary.resources.warehouse.postgres.bulk import open_arrow
        from tributary.resources.warehouse.postgres.session import open_session

        self._folder.mkdir(parents=True, exist_ok=True)
        self._prune()
        aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            with open_session(self._url(), Origin(asset=f"export of {tables[0]}"), read_only=True) as session:
                session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                session.execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
                session.execute(lock(tables))
                if session.row(PUBLICATION.decode(), [list(tables)])["version"] != version:
                    raise republished(tables[0])
                with open_arrow(session, sql, params) as rows, pq.ParquetWriter(aside, rows.schema) as writer:
                    for batch in rows:
                        writer.write_batch(batch)
            aside.replace(path)
        except WarehouseError as error:
            raise Problem(503, f"The export of {tables[0]} failed: {error}") from None
        finally:
            aside.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Let the files go that were asked for longest ago, down to the bytes that are kept; also what a kill left."""
        found = []
        for path in self._folder.iterdir():
            with suppress(OSError):
                status = path.stat()
                if path.name.startswith(".") and time.time() - status.st_mtime > SECONDS:
                    path.unlink()
                elif path.suffix == ".parquet":
                    found.append((status.st_mtime, status.st_size, path))
        kept = 0
        for _, size, path in sorted(found, reverse=True):
            kept += size
            if kept > KEPT_BYTES:
                path.unlink(missing_ok=True)


class Served(NamedTuple):
    """What is sent of a file: its bytes in chunks, and how many, where that is known before."""

    chunks: Iterator[bytes]
    size: int | None


def served(path: Path, format_: Format) -> Served:
    """A Parquet file in a format. It is open when this returns, so that it may go while it is read."""
    if format_ == "parquet":
        return Served(_raw(path.open("rb")), path.stat().st_size)
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    return Served(_csv(file) if format_ == "csv" else _arrow(file), None)


def republished(table: str) -> Problem:
    """The answer to who asks for rows of a publication that is gone."""
    return Problem(
        409, f"{table} was republished: what you hold is of rows that are gone. Begin again without a cursor."
    )


def _raw(file: io.BufferedReader) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _csv(file: pq.ParquetFile) -> Iterator[bytes]:  # type: ignore[name-defined]  # noqa: F821
    import pyarrow.csv as pc

    with file:
        yield (",".join(f'"{name}"' for name in file.schema_arrow.names) + "\n").encode()
        options = pc.WriteOptions(include_header=False, quoting_style="needed")
        for batch in file.iter_batches(_BATCH):
            buffer = io.BytesIO()
            pc.write_csv(batch, buffer, options)
            yield buffer.getvalue()


def _arrow(file: pq.ParquetFile) -> Iterator[bytes]:  # type: ignore[name-defined]  # noqa: F821
    import pyarrow as pa

    with file:
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, file.schema_arrow) as writer:
            for batch in file.iter_batches(_BATCH):
                writer.write_batch(batch)
                if buffer.tell() >= _CHUNK:
                    yield buffer.getvalue()
                    buffer.seek(0)
                    buffer.truncate()
        yield buffer.getvalue()
