"""The warehouse's contract: read, and replace.

Every write replaces exactly the rows it owns, so that it can be repeated after any crash. Readers see the old rows or
the new ones, never a missing, empty or half table. There is no append and no upsert.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.answers import Answer
from tributary.resources.warehouse.checks import CheckResult
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.contract import FileContract
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Window

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Origin:
    """Who writes or reads: shown in the server's activity view and in each statement's comment."""

    run_id: str = ""
    asset: str = ""


NOBODY = Origin()


@dataclass(frozen=True)
class Select:
    """Rows from a SELECT in the engine's own dialect; with a window, those of them that lie in it."""

    sql: str


@dataclass(frozen=True)
class Batches:
    """Rows from Arrow record batches, with the table's column names.

    `reckon` tells, when the batches have been used up, what was read to make them.
    """

    batches: Iterable[pa.RecordBatch]
    reckon: Callable[[], Reckoning] | None = None


@dataclass(frozen=True)
class Delimited:
    """Rows from a delimited file: its contract, its name for people, and a way to read it from the start.

    `lines` is the number of the file's lines where somebody else has counted them; a last one without an end counts.
    """

    contract: FileContract
    name: str
    open: Callable[[], Iterator[bytes]]
    lines: int | None = None


Source = Select | Batches | Delimited


@dataclass(frozen=True)
class Rejected:
    """A record that no table could take: where it stood in its source, its exact bytes, and why.

    `number` is its ordinal in the source, from 1; `offset` is the byte at which it begins there (after unpacking).
    `reason` is shown to people and logged, so it must not repeat what the record holds.
    """

    number: int
    offset: int
    raw: bytes
    reason: str


@dataclass(frozen=True)
class RejectedSource:
    """How many records of one source the quarantine holds for one table."""

    table_name: str
    source: str
    count: int


@dataclass(frozen=True)
class Recipe:
    """What rows follow from: `digest` stands for everything said in code, `inputs` are the tables that are read.

    Only for rows that are a function of these two and of nothing else, such as the clock. `looked_into` are the tables
    that only checks ask: where they alone have changed, the rows stand, and are checked again.
    """

    digest: str
    inputs: tuple[str, ...] = ()
    looked_into: tuple[str, ...] = ()


@dataclass(frozen=True)
class WriteReport:
    """What a write did. `seconds` is wall time; `bytes` is what the table takes on disk after it.

    `duplicates` counts new rows that were dropped because the table keeps another of their key, `displaced` the rows
    of other windows that new rows took the place of. `unchanged` says that the published rows were left as they were.
    `lines` and `rejected` are the source's records, or lines, and those of them that went to quarantine. `table_rows`
    counts the rows of the whole table after the write of a window; None where `rows` does. `fingerprint` is what the
    rows were made from, where that was told.
    `migrated` is a sentence where a window's write gave the table new columns, so that other windows lack their values.
    """

    table: Table
    rows: int
    bytes: int
    seconds: float
    statement: str
    checks: Sequence[CheckResult] = ()
    preview: Sequence[Mapping[str, Any]] = ()
    lines: int = 0
    rejected: int = 0
    phases: Mapping[str, float] = field(default_factory=dict)
    duplicates: int = 0
    displaced: int = 0
    unchanged: bool = False
    table_rows: int | None = None
    fingerprint: str = ""
    migrated: str = ""


@dataclass(frozen=True)
class Note:
    """What is noted of a table's rows together with them.

    `fingerprint` is what they were made from, `content` a digest of the rows themselves, each empty where not known.
    `lines` and `rejected` count what was read. `checks` are the failures of each check by name; None where the checks
    did not see the table as a whole.
    """

    rows: int
    fingerprint: str = ""
    content: str = ""
    lines: int = 0
    rejected: int = 0
    checks: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Standing:
    """How a table's published rows stand to a recipe.

    `fingerprint` is what a write that begins now is to be noted under; None where an input's version is not known.
    `report` tells of the published rows where they were made from this very fingerprint.
    """

    fingerprint: str | None
    report: WriteReport | None = None


class Warehouse(ABC):
    """One engine. Engines differ in how they build and publish, never in what a reader can see."""

    dialect: str

    @abstractmethod
    def rows(
        self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The rows of a query, as dictionaries; the session is read-only.

        Raises:
            WarehouseError: the engine refused the query.
        """

    @abstractmethod
    def answer(self, sql: str, *, origin: Origin = NOBODY, limit: int | None = None) -> AbstractContextManager[Answer]:
        """The answer to one query, EXPLAIN or SHOW, worded by the server; the session is read-only, and rows stream.

        Raises:
            UsageError: the text is no single statement.
            WarehouseError: the engine refused the query.
        """

    @abstractmethod
    def arrow(self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY) -> pa.Table:
        """The rows of a query as an Arrow table, at bulk speed; the session is read-only.

        Raises:
            WarehouseError: the engine refused the query.
        """

    @abstractmethod
    def replace(
        self,
        table: Table,
        source: Source,
        *,
        window: Window | None = None,
        origin: Origin = NOBODY,
        fingerprint: str | None = None,
        fingerprints: Mapping[str, str] | None = None,
    ) -> WriteReport:
        """Replace the rows of `table` that `window` owns (all, where it is None) by those of `source`.

        Builds aside, runs the table's checks there, then publishes at once.

        Args:
            fingerprint: what the rows of a whole table were made from, for `published` to tell later.
            fingerprints: by source object of a `Sources` window, what its rows were made from, for
                `published_sources` to tell later; read when the rows have been used up. Objects of the window that it
                leaves out count as not loaded.

        Raises:
            ChecksFailed: a blocking check failed; the old rows stay.
            WarehouseError: the source or the engine refused; the old rows stay.
        """

    @abstractmethod
    def published(self, table: Table) -> Note | None:
        """What the published rows were made from; None where that is not known."""

    @abstractmethod
    def published_sources(self, table: Table, names: Sequence[str] | None = None) -> Mapping[str, str]:
        """By source object that is loaded, of those of `names` or of all, what its published rows were made from.

        A source that gave no row is loaded all the same. A write of the whole table forgets all of them.
        """

    @abstractmethod
    def standing(self, table: Table, recipe: Recipe, *, origin: Origin = NOBODY) -> Standing:
        """Whether the published rows of `table`, written whole, are what `recipe` would make again now.

        Call it before the inputs are read. An input that is published anew in between then makes the noted fingerprint
        an old one, so that the next look finds the table out of date: never a false report that nothing changed.

        Raises:
            ChecksFailed: only the tables that checks look into have changed, and a blocking check fails now.
            WarehouseError: the engine cannot be reached.
        """

    @abstractmethod
    def reject(self, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin = NOBODY) -> None:
        """Make these the rejected records of each named source for `table_name`, at once; an empty sequence clears it.

        Raises:
            WarehouseError: two records of a source have the same number, or the engine refused; nothing changed.
        """

    @abstractmethod
    def rejected(self, table_name: str | None = None) -> list[RejectedSource]:
        """The sources that have rejected records (of one table, or of all), by table and source."""

    @abstractmethod
    def review(self, table: Table, *, origin: Origin = NOBODY) -> WriteReport:
        """Look at the published rows again, as a write would report them, and check them; nothing is written.

        Raises:
            ChecksFailed: a blocking check fails on the published rows.
            WarehouseError: the table is not there.
        """
