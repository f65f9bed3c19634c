"""The warehouse's contract: read, and replace.

Every write replaces exactly the rows it owns, so that it can be repeated after any crash. Readers see the old rows or
the new ones, never a missing, empty or half table. There is no append and no upsert.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resources.warehouse.checks import CheckResult
from resources.warehouse.delimited.contract import FileContract
from resources.warehouse.table import Table
from resources.warehouse.windows import Window

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
    """Rows from Arrow record batches, with the table's column names."""

    batches: Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Delimited:
    """Rows from a delimited file: its contract, its name for people, and a way to read it from the start."""

    contract: FileContract
    name: str
    open: Callable[[], Iterator[bytes]]


Source = Select | Batches | Delimited


@dataclass(frozen=True)
class WriteReport:
    """What a write did. `seconds` is wall time; `bytes` is what the table takes on disk after it."""

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


@dataclass(frozen=True)
class Published:
    """What the warehouse noted when it published a table's rows."""

    fingerprint: str
    rows: int
    lines: int
    rejected: int


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
    ) -> WriteReport:
        """Replace the rows of `table` that `window` owns (all, where it is None) by those of `source`.

        Builds aside, runs the table's checks there, then publishes at once. `fingerprint` says what the rows were made
        from, for `published` to tell later.

        Raises:
            ChecksFailed: a blocking check failed; the old rows stay.
            WarehouseError: the source or the engine refused; the old rows stay.
        """

    @abstractmethod
    def published(self, table: Table) -> Published | None:
        """What the published rows were made from; None where that is not known."""

    @abstractmethod
    def review(self, table: Table, *, origin: Origin = NOBODY) -> WriteReport:
        """Look at the published rows again, as a write would report them, and check them; nothing is written.

        Raises:
            ChecksFailed: a blocking check fails on the published rows.
            WarehouseError: the table is not there.
        """
