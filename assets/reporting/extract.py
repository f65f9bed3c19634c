"""What a request makes: the extract, as files in the lake.

`reports/<name>/<key>/<request>/` holds `part-00000-<mark>.csv`, `part-00000-<mark>.parquet` and, put last, the
`manifest.json` that names the two. Without a manifest there is no extract: a killed run leaves parts that nobody reads,
and the next one writes parts of another mark.

The CSV is as RFC 4180 has it: UTF-8, a header, CRLF, an empty cell for null and `""` for an empty text. A text that a
spreadsheet would take for a formula begins with an apostrophe there; in the Parquet file it is as it is.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from tributary.resources.errors import TributaryError
from tributary.resources.lake.errors import ObjectDamagedError, ObjectNotFoundError
from tributary.resources.lake.integrity import open_verified
from tributary.resources.lake.model import CHUNK_BYTES, Lake

if TYPE_CHECKING:
    import pyarrow as pa

PREFIX = "reports/"
MANIFEST = "manifest.json"
GROUP_ROWS = 65_536
"""Rows of a row group of the Parquet file: what a reader of a page has in memory."""

FORMULA = "^[=+\\-@\\t\\r\\n＝＋－＠]"  # noqa: RUF001 - the wide forms, which spreadsheets take alike
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""


class ExtractError(TributaryError):
    """An extract is not there, or not what was put there."""


class TooManyRows(TributaryError):
    """An answer has more rows than its report may give."""


class Part(msgspec.Struct, frozen=True):
    """A file of an extract: its name beside the manifest, its bytes and its digest."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an extract is: `columns` are names and portable types, `parameters` in canonical form, times ISO 8601.

    `chart` are the points of the report's chart, by its x as text.
    """

    report: str
    key: str
    request: str
    digest: str
    asked_at: str
    made_at: str
    rows: int
    columns: tuple[tuple[str, str], ...]
    parameters: dict[str, Any]
    csv: Part
    parquet: Part
    chart: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Written:
    """The parts of an extract, before a manifest names them."""

    rows: int
    csv: Part
    parquet: Part


@dataclass(frozen=True)
class Extracts:
    """The extracts in a lake."""

    lake: Lake

    @staticmethod
    def folder(report: str, key: str, request: str = "") -> str:
        """The prefix of a version, or (`request` empty) of all versions of a key."""
        return f"{PREFIX}{report}/{key}/{request}{'/' if request else ''}"

    def write(
        self,
        folder: str,
        mark: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        most: int,
        told: Callable[[int], None] = lambda _: None,
    ) -> Written:
        """Put the parts; `told` is called with the rows so far, `mark` tells the writer's parts from others.

        Raises:
            TooManyRows: there are more than `most`.
            LakeError: the lake refused.
        """
        import pyarrow.parquet as pq

        name = f"part-00000-{mark}"
        digest, size, rows = hashlib.sha256(), 0, 0
        # It has no name, so that nothing is left of it where the process is killed.
        with tempfile.TemporaryFile(prefix="tributary-report-") as copy:

            def texts() -> Iterator[bytes]:
                nonlocal rows
                yield csv_of(_empty(schema), header=True)
                with pq.ParquetWriter(copy, schema, compression="zstd") as writer:
                    for batch in _grouped(schema, batches):
                        rows += len(batch)
                        if rows > most:
                            raise TooManyRows(
                                f"The answer has more than {most:,} rows, the most that this report gives."
                            )
                        writer.write_batch(batch)
                        yield csv_of(batch, header=False)
                        told(rows)

            def lines() -> Iterator[bytes]:
                nonlocal size
                for text in texts():
                    digest.update(text)
                    size += len(text)
                    yield text

            self.lake.put(f"{folder}{name}.csv", lines())
            csv = Part(f"{name}.csv", size, digest.hexdigest())
            length = copy.seek(0, os.SEEK_END)
            copy.seek(0)
            parquet = Part(f"{name}.parquet", length, hashlib.file_digest(copy, "sha256").hexdigest())
            copy.seek(0)
            self.lake.put(f"{folder}{parquet.name}", iter(lambda: copy.read(CHUNK_BYTES), b""))
        return Written(rows, csv, parquet)

    def publish(self, manifest: Manifest) -> None:
        """Put the manifest, which makes the extract; parts that it does not name go."""
        folder = self.folder(manifest.report, manifest.key, manifest.request)
        self.lake.put(f"{folder}{MANIFEST}", msgspec.json.format(msgspec.json.encode(manifest)))
        kept = {f"{folder}{one}" for one in (MANIFEST, manifest.csv.name, manifest.parquet.name)}
        for info in list(self.lake.list(folder)):
            if info.key not in kept:
                self.lake.delete_prefix(info.key)

    def manifest(self, report: str, key: str, request: str) -> Manifest:
        """What an extract is.

        Raises:
            ExtractError: it is not there, or its manifest is none.
        """
        found = self.find(report, key, request)
        if found is None:
            raise ExtractError(f"The extract of the request {request} is not in the lake any more: ask again.")
        return found

    def find(self, report: str, key: str, request: str) -> Manifest | None:
        """What an extract is; None where it is not there.

        Raises:
            ExtractError: its manifest is none.
        """
        place = f"{self.folder(report, key, request)}{MANIFEST}"
        try:
            return msgspec.json.decode(self.lake.get(place), type=Manifest)
        except ObjectNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise ExtractError(f"{self.lake.url(place)} is no manifest ({error}): ask again.") from error

    def delete(self, report: str, key: str, request: str) -> None:
        """Delete a version, its manifest first; what is not there is no error."""
        folder = self.folder(report, key, request)
        self.lake.delete_prefix(f"{folder}{MANIFEST}")
        self.lake.delete_prefix(folder)

    def versions(self, report: str) -> Iterator[tuple[str, str]]:
        """The key and request of each version of a report of which anything is in the lake."""
        last = ("", "")
        for info in self.lake.list(f"{PREFIX}{report}/"):
            parts = info.key.split("/")
            if len(parts) == 5 and (found := (parts[2], parts[3])) != last:
                yield found
                last = found

    def open(self, manifest: Manifest, part: Part) -> Iterator[bytes]:
        """A part's bytes in chunks; that they are what was put there is known behind the last.

        Raises:
            ExtractError: the part is not there, or another.
        """
        place = f"{self.folder(manifest.report, manifest.key, manifest.request)}{part.name}"
        try:
            yield from open_verified(self.lake, place, size=part.bytes, sha256=part.sha256)
        except (ObjectNotFoundError, ObjectDamagedError) as error:
            raise ExtractError(f"{error} Ask again, which makes another version.") from error

    @contextmanager
    def parquet(self, manifest: Manifest) -> Iterator[Path | BinaryIO]:
        """The Parquet file as a local one, as pyarrow takes it; from S3 it is copied for as long as it is read.

        Raises:
            ExtractError: it is not there, or another.
        """
        place = f"{self.folder(manifest.report, manifest.key, manifest.request)}{manifest.parquet.name}"
        local = self.lake.local_path(place)
        if local is not None:
            with suppress(OSError):
                if local.stat().st_size == manifest.parquet.bytes:
                    yield local
                    return
            raise ExtractError(f"{self.lake.url(place)} is not there as it was put there: ask again.")
        with tempfile.TemporaryFile(prefix="tributary-report-") as file:
            for chunk in self.open(manifest, manifest.parquet):
                file.write(chunk)
            file.seek(0)
            yield file


def csv_of(batch: pa.RecordBatch, *, header: bool) -> bytes:
    """Rows as lines of CSV, with a line of the columns' names before them where it is wanted."""
    import pyarrow.csv as pc

    buffer = io.BytesIO()
    options = pc.WriteOptions(include_header=header, eol="\r\n", quoting_style="needed", quoting_header="none")
    pc.write_csv(_safe(batch), buffer, options)
    return buffer.getvalue()


def _safe(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with an apostrophe before each text that looks like a formula."""
    import pyarrow as pa
    import pyarrow.compute as compute

    def safe(column: pa.Array) -> pa.Array:
        if not pa.types.is_string(column.type):
            return column
        risky = compute.match_substring_regex(column, FORMULA)
        return compute.if_else(risky, compute.binary_join_element_wise("'", column, ""), column)

    return pa.RecordBatch.from_arrays([safe(column) for column in batch.columns], schema=batch.schema)


def _grouped(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows in batches of a row group each."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += len(batch)
        if count >= GROUP_ROWS:
            yield pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()[0]
            waiting, count = [], 0
    if count:
        yield pa.Table.from_batches(waiting, schema).combine_chunks().to_batches()[0]


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], kind.type) for kind in schema], schema=schema)
