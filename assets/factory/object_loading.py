"""Loads source objects into a table: only what is new or has changed, whole or not at all, and again after any crash.

Which objects there are and how one is read is said by an `ObjectTable`. The ledger's fingerprint of an object is
`<code version> <object's version>:<rows that were read of it>`, so that one of which the table keeps fewer rows, as it
has them from another object, is known.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tributary.assets.factory.objects import SourceObject, Span
from tributary.assets.factory.quarantine import quarantined
from tributary.assets.factory.reading import Content, NotWhole, Row
from tributary.resources.lake.errors import ObjectDamagedError, ObjectNotFoundError
from tributary.resources.lake.integrity import open_verified
from tributary.resources.lake.model import CONCURRENCY, Lake
from tributary.resources.warehouse.base import NOBODY, Batches, Delimited, Origin, Rejected, WriteReport
from tributary.resources.warehouse.checks import References
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.contract import FileContract, SourceFileError
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

if TYPE_CHECKING:
    import pyarrow as pa

    from tributary.assets.factory.object_tables import ObjectTable

_BYTES_AT_ONCE = 1 << 25
_MOST_NAMES = 10_000


@dataclass
class Reading:
    """What was read so far, by object: its rows, and what did not fit; and how many records there were in all."""

    records: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, Sequence[Rejected]] = field(default_factory=dict)

    def note(self, one: SourceObject, content: Content) -> None:
        """Count what an object held."""
        self.records += content.records if one.records is None else one.records
        self.rows[one.name] = len(content.rows)
        self.rejected[one.name] = content.misfits


@dataclass(frozen=True)
class Loaded:
    """What a load did: its report, what it read, and the names of all objects of its span, loaded now or before."""

    report: WriteReport
    reading: Reading
    objects: Sequence[str]


def load(
    declared: ObjectTable,
    warehouse: Warehouse,
    lake: Lake,
    span: Span | None = None,
    *,
    origin: Origin = NOBODY,
    force: bool = False,
    replay: bool = False,
) -> Loaded:
    """Load the objects of a span that were not loaded as they lie there now, by this code.

    With `replay` those with rejected records are loaded again; with `force` all are, and the rows of objects that are
    not there any more go.

    Raises:
        ObjectDamagedError: an object is not what was put there; the sentence says what mends it.
        TributaryError: the lake or the warehouse refused. The old rows stay.
    """
    listed = {one.name: one for one in declared.objects.listed(lake, span)}
    run = _Load(declared, warehouse, lake, origin)
    if declared.whole:
        report = run.whole(listed, anew=force or replay)
    else:
        report = run.changed(listed, span, force=force, replay=replay)
    return Loaded(report, run.reading, [one.name for one in listed.values() if one.key])


def stands(declared: ObjectTable, warehouse: Warehouse, lake: Lake) -> bool:
    """Whether a table that is loaded whole would come out as it is, and no check of its load found anything to tell."""
    note = warehouse.published(declared.table)
    looks_into_others = any(isinstance(check, References) for check in declared.table.checks)
    if note is None or not note.checks or any(note.checks.values()) or looks_into_others:
        return False
    return note.fingerprint == _fingerprint(declared, declared.objects.listed(lake, None))


def _fingerprint(declared: ObjectTable, objects: Iterable[SourceObject]) -> str:
    """What the rows of a whole table are made from, and what they are checked by."""
    told = "\n".join(declared.version(one) for one in objects)
    return ":".join(hashlib.sha256(one.encode()).hexdigest() for one in (told, repr(declared.table.checks)))


def _rows_of(fingerprint: str) -> str:
    """The part of a fingerprint that the rows follow from."""
    return fingerprint.partition(":")[0]


def read_objects(
    declared: ObjectTable, lake: Lake, objects: Iterable[SourceObject]
) -> Iterator[tuple[SourceObject, Content]]:
    """What each object holds; of one that has no key, nothing.

    Raises:
        ObjectDamagedError: one is not what was put there.
    """
    some = [one for one in objects if one.key]
    for one, data in zip(some, _data(declared, lake, some), strict=True):
        try:
            yield one, declared.content(one, data)
        except NotWhole as problem:
            raise ObjectDamagedError(lake.url(one.key), str(problem), declared.mend) from None


class _Load:
    """One load: what it works with, and what it has read."""

    def __init__(self, declared: ObjectTable, warehouse: Warehouse, lake: Lake, origin: Origin) -> None:
        self._declared, self._table = declared, declared.table
        self._warehouse, self._lake, self._origin = warehouse, lake, origin
        self.reading = Reading()

    def whole(self, listed: Mapping[str, SourceObject], *, anew: bool) -> WriteReport:
        """Replace all rows by those of the objects, unless they were made from the very same ones."""
        fingerprint = _fingerprint(self._declared, listed.values())
        published = self._warehouse.published(self._table)
        if not anew and published is not None and _rows_of(published.fingerprint) == _rows_of(fingerprint):
            self._warehouse.describe(self._table, origin=self._origin)
            noted = published.fingerprint == fingerprint
            return self._warehouse.review(self._table, origin=self._origin, noted=noted)
        if isinstance(self._declared.read, FileContract):
            (one,) = listed.values()
            return self._file(self._declared.read, one, fingerprint)
        source = Batches(self._batches(listed.values(), {}), self._reckoned)
        return self._warehouse.replace(self._table, source, origin=self._origin, fingerprint=fingerprint)

    def changed(
        self, listed: Mapping[str, SourceObject], span: Span | None, *, force: bool, replay: bool
    ) -> WriteReport:
        """Replace the rows of those objects that are not loaded as they are now."""
        ask_all = span is None or force
        known = self._warehouse.published_sources(self._table, None if ask_all else list(listed))
        again = {one.source for one in self._warehouse.rejected(self._declared.upstream)} if replay else set()
        changed = {
            name: one
            for name, one in listed.items()
            if (force and one.key) or name in again or not self._declared.is_loaded(one, known.get(name))
        }
        gone = [name for name in known if name not in listed and self._is_in(name, span)] if force else []
        wanted = self._with_others(changed, known)
        prints = {name: self._declared.fingerprint(one, one.records or 0) for name, one in wanted.items()}
        return self._warehouse.replace(
            self._table,
            Batches(self._batches(wanted.values(), prints, gone), self._reckoned),
            window=SourceObjects(self._declared.source_column, (*gone, *wanted)),
            fingerprints=prints,
            origin=self._origin,
        )

    def _file(self, contract: FileContract, one: SourceObject, fingerprint: str) -> WriteReport:
        from tributary.assets.factory.in_dialect import contract_in

        def chunks() -> Iterator[bytes]:
            return open_verified(self._lake, one.key, size=one.size, sha256=one.sha256)

        lines = None if one.records is None else one.records + 1
        spoken = contract_in(contract, self._warehouse.dialect)
        delimited = Delimited(spoken, one.name, chunks, lines=lines)
        try:
            try:
                report = self._warehouse.replace(self._table, delimited, origin=self._origin, fingerprint=fingerprint)
            except SourceFileError:
                # What it says is true of the file only where the lake has the file as it was.
                deque(chunks(), maxlen=0)
                raise
            self.reading.rows[one.name] = report.rows
            return report
        except (ObjectDamagedError, ObjectNotFoundError) as error:
            raise error.mended_by(self._declared.mend) from error

    def _batches(
        self, objects: Collection[SourceObject], prints: dict[str, str], gone: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """The rows of objects, whose fingerprints are completed on the way."""
        from tributary.resources.warehouse import arrow

        def contents() -> Iterator[tuple[str, Content]]:
            for one, content in read_objects(self._declared, self._lake, objects):
                self.reading.note(one, content)
                prints[one.name] = self._declared.fingerprint(one, len(content.rows))
                yield one.name, content

        for are_rows, some in groupby(contents(), key=lambda found: isinstance(found[1].rows, Sequence)):
            if are_rows:
                yield from arrow.batches(self._table, self._rows(some))
            else:
                for _, content in some:
                    assert not isinstance(content.rows, Sequence)  # noqa: S101 - as they were grouped
                    yield from content.rows.to_batches()
        if self._declared.rejects:
            # Before the rows are published and their objects count as loaded: killed in between, both are done again.
            empty = (*gone, *(one.name for one in objects if not one.key))
            found = {**dict.fromkeys(empty, ()), **self.reading.rejected}
            self._warehouse.reject(self._declared.upstream, found, self._origin)

    def _rows(self, contents: Iterable[tuple[str, Content]]) -> Iterator[Row]:
        column = self._declared.source_column if self._declared.source_column in self._table.column_names else None
        for name, content in contents:
            for row in content.rows:
                if column is not None:
                    row[column] = name
                yield row

    def _reckoned(self) -> Reckoning:
        """What was read, beside what the quarantine holds of it, not what the reader says it put there."""
        reasons = Counter(one.reason for found in self.reading.rejected.values() for one in found)
        if not reasons or not self._declared.rejects:
            return Reckoning(self.reading.records)
        rejected = quarantined(self._warehouse, self._declared.upstream, self.reading.rows)
        return Reckoning(self.reading.records, rejected, reasons)

    def _is_in(self, name: str, span: Span | None) -> bool:
        moment = self._declared.objects.moment(name)
        return span is None or (moment is not None and span.start <= moment < span.end)

    def _with_others(self, changed: Mapping[str, SourceObject], known: Mapping[str, str]) -> Mapping[str, SourceObject]:
        """The changed objects, and those that hold a key which one of these held when it was loaded, and holds no more.

        Of several rows of a key a table keeps one. When that one's object is rewritten without it, another must take
        its place in the same write, so its object is loaded again along with the rewritten one.
        """
        if self._table.deduplicate is None or not any(known.get(name) for name in changed):
            return changed
        loaded = self._warehouse.published_sources(self._table)
        kept = self._kept()
        wanted = dict(changed)
        # Objects that are loaded again may have lost rows themselves.
        while left_out := [
            name
            for name, mark in loaded.items()
            if name not in wanted and kept.get(name, 0) < int(mark.rpartition(":")[2] or 0)
        ]:
            lost = self._standing([*wanted.keys() & loaded.keys()]) - self._keys(wanted.values())
            others = self._declared.objects.named(self._lake, left_out) if lost else ()
            found = {one.name: one for one in others if not lost.isdisjoint(self._keys([one]))}
            if not found:
                break
            wanted |= found
        return wanted

    def _kept(self) -> Mapping[str, int]:
        """How many rows the table keeps from each object that it keeps any from."""
        query = f"SELECT {quoted(self._declared.source_column)} AS name, count(*) AS n FROM {self._table.sql_name}"
        return {row["name"]: row["n"] for row in self._warehouse.rows(f"{query} GROUP BY 1", origin=self._origin)}

    def _standing(self, names: Sequence[str]) -> set[tuple[Any, ...]]:
        """The keys of the rows that the table keeps from these objects."""
        assert self._table.deduplicate is not None  # noqa: S101 - the caller asked
        key, column = ", ".join(map(quoted, self._table.deduplicate.key)), quoted(self._declared.source_column)
        found: set[tuple[Any, ...]] = set()
        for start in range(0, len(names), _MOST_NAMES):
            some = names[start : start + _MOST_NAMES]
            places = ", ".join(["%s"] * len(some))
            query = f"SELECT {key} FROM {self._table.sql_name} WHERE {column} IN ({places})"
            found |= {tuple(row.values()) for row in self._warehouse.rows(query, some, origin=self._origin)}
        return found

    def _keys(self, objects: Collection[SourceObject]) -> set[tuple[Any, ...]]:
        """The keys of the rows that these objects hold."""
        assert self._table.deduplicate is not None  # noqa: S101 - the caller asked
        names = list(self._table.deduplicate.key)
        found: set[tuple[Any, ...]] = set()
        for _, content in read_objects(self._declared, self._lake, objects):
            rows = content.rows if isinstance(content.rows, Sequence) else content.rows.select(names).to_pylist()
            found |= {tuple(row.get(name) for name in names) for row in rows}
        return found


def _data(declared: ObjectTable, lake: Lake, objects: Sequence[SourceObject]) -> Iterator[bytes]:
    try:
        if any(one.sha256 for one in objects):
            for one in objects:
                yield b"".join(open_verified(lake, one.key, size=one.size, sha256=one.sha256))
            return
        largest = max((one.size for one in objects), default=0)
        ahead = min(CONCURRENCY, max(_BYTES_AT_ONCE // max(largest, 1), 1))
        yield from (data for _, data in lake.get_many([one.key for one in objects], concurrency=ahead))
    except (ObjectDamagedError, ObjectNotFoundError) as error:
        raise error.mended_by(declared.mend) from error
