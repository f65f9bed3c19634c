"""What an engine owes the warehouse: to answer queries, to build rows aside, and to publish them with a note.

What a write means (windows, checks, when rows are unchanged, which source objects are loaded, what is in quarantine,
the report) is said once, in the modules beside this one, in portable SQL over the relations that an engine names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from tributary.resources.warehouse.answers import Answer, Extracted
from tributary.resources.warehouse.base import Dialect, Maintained, Note, Origin, Size, Source, Spending, Update
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.scan import Reject
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Window

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Built:
    """Rows that were built aside, and how.

    `relation` names them in SQL. `rejects` are the records of a file that were set aside; `duplicates` counts rows, or
    such records, that gave way to others of their key. `content` is a digest of the rows in their order and of their
    declaration, where the rows passed through here; else empty.
    """

    relation: str
    statement: str
    reckoning: Reckoning = field(default_factory=lambda: Reckoning(0))
    rejects: Sequence[Reject] = ()
    duplicates: int = 0
    content: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of rows without a look at them: how many there are, and how many nulls in which columns."""

    rows: int
    nulls: Mapping[str, int]

    def lacks_nulls(self, columns: Iterable[str]) -> bool:
        """Whether it is known that each row has a value in these columns."""
        return all(self.nulls.get(name) == 0 for name in columns)


@dataclass(frozen=True)
class MadeWay:
    """What makes way for a window's rows, counted: the window's own rows, new rows dropped, rows of other windows.

    `staying` is a relation of the rows that stay: in SQL, a quoted name or a subquery. `gone` is one of those that make
    way, where it was asked for. `same` counts new rows of a window of keys that stand already, and neither go nor come.
    """

    staying: str
    deleted: int = 0
    beaten: int = 0
    displaced: int = 0
    same: int = 0
    gone: str = ""


class Records(Protocol):
    """What is recorded together with a publication: see `EngineSession.publish`."""

    def announce(self) -> None:
        """Record what may stand before the rows do; only for engines without transactions."""

    def write(self) -> None:
        """Record all; the note is there already."""


class EngineSession(ABC):
    """One table's reads and at most one write of it, in the name of one run. `table` is the table."""

    table: Table

    @abstractmethod
    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, which sees what this session built. Without `params` it may hold bare percent signs."""

    @abstractmethod
    def owned(self, window: Window) -> Sql:
        """The condition that is true for the rows that a window owns, however many names it has."""

    @abstractmethod
    def is_any(self, column: str, values: Collection[str]) -> str:
        """The condition, safe as SQL, that a column has one of these values, given as a cast to varchar tells them."""

    @abstractmethod
    def is_current(self) -> bool:
        """Whether the table is there, with the columns and types that it declares."""

    @abstractmethod
    def note(self) -> Note | None:
        """What was noted of the rows that stand; None where nothing was, or somebody else changed the table since."""

    @abstractmethod
    def renew_note(self, note: Note) -> None:
        """Note other things of the same rows, whose version stays."""

    @abstractmethod
    def versions(self, names: Collection[str]) -> Mapping[str, str | None]:
        """By `schema.table`: another text whenever its rows may have changed; None where that cannot be known.

        A view's is that of its definition together with those of all that it reads.
        """

    @abstractmethod
    def describe(self) -> None:
        """Give the table or view that stands the documentation that it declares, where it has another.

        `publish` does so by itself; this is for rows that are left as they are. No row is written, and the version
        stays.
        """

    @abstractmethod
    def size(self) -> int:
        """Bytes that the table takes; 0 for a view."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is a relation `schema.table`."""

    @abstractmethod
    def put(
        self,
        name: str,
        owned: Mapping[str, str | Sequence[str]],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Replace the records of a table of records (`ledger.LEDGER`, `quarantine.QUARANTINE`), made where missing.

        Args:
            owned: the value, or values, of the columns by which the records are found that are replaced.
            columns: the names of the values in `rows`.
        """

    def records(
        self,
        name: str,
        owned: Mapping[str, str | Sequence[str]],
        columns: Sequence[str],
        *,
        but: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> list[dict[str, Any]]:
        """The records of a table of records, in no order, by the values of which `put` would replace them.

        Args:
            columns: what is told of each.
            but: values of columns that those told do not have.
            most: so many are enough.
        """
        values = [[value] if isinstance(value, str) else list(value) for value in owned.values()]
        if not all(values):
            return []
        places = [f"{key} IN ({', '.join(['%s'] * len(some))})" for key, some in zip(owned, values, strict=True)]
        places += [f"{key} <> %s" for key in but or ()]
        query = f"SELECT {', '.join(columns)} FROM {name} WHERE {' AND '.join(places)}"
        params = (*chain.from_iterable(values), *(but or {}).values())
        return self.rows(query if most is None else f"{query} LIMIT {most}", params)

    @abstractmethod
    def turn(self, name: str) -> AbstractContextManager[None]:
        """Exclude others that take the turn of this name, and make what is done within atomic, where the engine can."""

    @abstractmethod
    def writing(self, window: Window | None) -> AbstractContextManager[str]:
        """A write of the table, of which nothing stays aside if it fails; writers of a table take turns.

        Gives a sentence on what was changed of a table that lacked declared columns before a window is written; else
        an empty text.

        Raises:
            WarehouseError: the table cannot be given its columns.
        """

    @abstractmethod
    def build(self, source: Source, window: Window | None) -> Built:
        """Build the rows aside, with the declared types: of a SELECT, those that the window owns.

        Of rows that share the key of `table.deduplicate` only the first by its order is there. A view's relation is a
        view of the SELECT.

        Raises:
            WarehouseError: the rows have other columns than the table.
            SourceFileError: a file cannot be read as its contract says.
        """

    def known(self) -> Known | None:
        """What the engine knows of the rows built without a look at them, if anything."""
        return None

    def has_as_many(self, built: Built, window: Window, standing: str) -> bool:
        """Whether as many rows stand that the window owns as were built."""
        owned = self.owned(window)
        stand = f"(SELECT count(*) FROM {standing} AS s WHERE {owned.text})"
        query = f"SELECT (SELECT count(*) FROM {built.relation}) = {stand} AS alike"
        return bool(self.rows(query if owned.params else query.replace("%%", "%"), owned.params)[0]["alike"])

    def first_built(self, most: int) -> list[dict[str, Any]] | None:  # noqa: ARG002 - for engines that can
        """So many of the rows built, where they can be had without a query."""
        return None

    @abstractmethod
    def standing(self, window: Window, looked_up: Collection[Sequence[str]]) -> str | None:
        """The relation in which the rows of all windows stand; None where there are none yet.

        `looked_up` are combinations of columns by whose values other tables find rows in it.

        Raises:
            WarehouseError: it has other columns than the table declares.
        """

    @abstractmethod
    def make_way(self, window: Window, *, remember: bool) -> MadeWay:
        """Find which rows that stand make way for those built, and take from these what gives way to others.

        Those of the window make way; of a window of keys only those that are not among the rows built, from which the
        others are taken instead. For `table.deduplicate`, of two rows that share its key the later by its order
        makes way, wherever it stands; of two that the order does not tell apart, the new one.
        """

    @abstractmethod
    def publish(self, window: Window | None, note: Note, changed: int, records: Records) -> None:
        """Make the rows built the table's, or the window's, at once, together with the note.

        Every reader, in any transaction, sees the old rows or the new ones; views and grants stay. `changed` counts
        rows that came or went. An engine with transactions calls `records.write` in the one that publishes; any other
        calls `records.announce` before it, and `records.write` after: what is lost in between is then done again.

        Raises:
            WarehouseError: somebody's view, or readers, are in the way; the old rows stay.
        """

    @abstractmethod
    def discard(self) -> None:
        """Give up what was built."""

    @abstractmethod
    def tidy(self) -> None:
        """What readers need not wait for, after a publication: statistics, small files."""


class Engine(ABC):
    """A database, or a query engine on files. Engines differ in how they build and publish, never in what is seen.

    `dialect` is that of `assets.factory.dialects` in which models are given to it. `publications` is a SELECT that is
    right whenever it is asked, of the tables that stand as they were published: `schema_name`, `table_name`,
    `updated_at` (when its rows last changed, a timestamp in UTC) and `rows`.
    """

    dialect: Dialect
    publications: str

    @abstractmethod
    def session(self, table: Table, origin: Origin) -> AbstractContextManager[EngineSession]:
        """A session that may write; refusals are `WarehouseError`s, without values where the table is private."""

    @abstractmethod
    def rows(
        self, sql: str, params: Sequence[Any], origin: Origin, limit: int | None, seconds: float | None
    ) -> list[dict[str, Any]]:
        """As `Warehouse.rows`."""

    @abstractmethod
    def answer(self, sql: str, origin: Origin, limit: int | None) -> AbstractContextManager[Answer]:
        """As `Warehouse.answer`."""

    @abstractmethod
    def arrow(self, sql: str, params: Sequence[Any], origin: Origin) -> pa.Table:
        """As `Warehouse.arrow`."""

    @abstractmethod
    def updates(self) -> Mapping[str, Update]:
        """As `Warehouse.updates`."""

    def batches(self, table: Table, origin: Origin) -> Iterator[pa.RecordBatch]:
        """As `Warehouse.batches`."""
        from tributary.resources.warehouse.arrow import arrow_schema

        names = ", ".join(map(quoted, table.column_names))
        found = self.arrow(f"SELECT {names} FROM {table.sql_name}", (), origin)
        yield from found.cast(arrow_schema(table)).to_batches()

    def maintain(self, origin: Origin) -> Sequence[Maintained]:  # noqa: ARG002 - an engine that needs none
        """As `Warehouse.maintain`."""
        return ()

    @abstractmethod
    def sizes(self) -> Mapping[str, Size]:
        """As `Warehouse.sizes`."""

    @abstractmethod
    def extract(self, table: Table, query: Sql, origin: Origin, seconds: float) -> AbstractContextManager[Extracted]:
        """As `Warehouse.extract`."""

    def spent(self, origin: Origin) -> Spending | None:  # noqa: ARG002 - for engines that count
        """What statements took for an origin since this was last asked; None where the engine does not count it."""
        return None
