"""What carries statements to a query engine of Trino's SQL, and rows back: Trino's own protocol, or another API.

A transport binds nothing and knows no tables: it is given one statement, whole. What is said of Iceberg's metadata goes
by pyiceberg, so that only queries, INSERT, and views pass here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tributary.resources.warehouse.base import Origin

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Usage:
    """What a statement took: its name on the engine, bytes scanned, and seconds waited and run."""

    query: str
    scanned_bytes: int = 0
    queue_seconds: float = 0.0
    run_seconds: float = 0.0


Spent = Callable[[Origin, Usage], None]
"""Is told of each statement that has ended."""


class ResultColumn(NamedTuple):
    """A column of an answer, with its type as Trino names it."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """An answer; its rows can be walked once. What is not walked when the block ends is given up on the engine too."""

    columns: tuple[ResultColumn, ...]
    rows: Iterator[tuple[Any, ...]]


class StatementError(Exception):
    """The engine refused or ended a statement; the text is its own, and may quote values.

    `name` is its kind by the engine's own words. `timed_out` says that it took longer than it might.
    """

    def __init__(self, text: str, name: str = "", *, timed_out: bool = False) -> None:
        super().__init__(text)
        self.name = name
        self.timed_out = timed_out


class UnreachableError(Exception):
    """The engine cannot be reached; the text says where it is, and how to start it."""


class Transport(ABC):
    """Carries statements; safe for use by several threads, and after a fork.

    `engine` is what people call it. Statements of a process are few at a time, and one that the engine has no room for
    is tried again. `comments` says whether it takes `COMMENT ON`, by which alone a view is documented.
    """

    engine: str
    comments: bool = True

    @abstractmethod
    def run(
        self, sql: str, origin: Origin, *, seconds: float | None = None, worded: bool = False
    ) -> AbstractContextManager[Result]:
        """Run one statement; of an INSERT, return when it has ended. However the block ends, so does the statement.

        Args:
            sql: the statement, whose first word is that of the statement, with no semicolon.
            origin: the run and asset that it is run for, which the engine's own records then name.
            seconds: how long it may take.
            worded: give each value as the engine's own text; else as Python has it.

        Raises:
            StatementError: it was refused or ended.
            UnreachableError: there is no engine.
        """

    @abstractmethod
    def upkeep(self, name: str, *, compact: bool, days: int) -> Sequence[str]:
        """The statements that look after a table `schema.name`, to be run one by one.

        Args:
            name: the table.
            compact: whether its small files are to become large ones.
            days: how old what goes must be: snapshots, and files that none of them names.
        """

    def bulk(self, sql: str, origin: Origin) -> pa.Table | None:  # noqa: ARG002 - for transports that have such a way
        """The rows of a query as Arrow, in its order, where the transport has a quicker way for many of them.

        None where it has none, or the query no rows.

        Raises:
            StatementError: it was refused or ended.
            UnreachableError: there is no engine.
        """
        return None
