"""Streams the rows of one query as a table declares them: checked and read in one state of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.answers import Extracted
from tributary.resources.warehouse.audit import ask, audit
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.errors import TimeLimitError
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.types import postgres_type

if TYPE_CHECKING:
    import pyarrow as pa


def extract(session: Session, table: Table, query: Sql, seconds: float) -> Extracted:
    """The rows of a query, in the session's read-only transaction, and what the table's checks find of them.

    Raises:
        ChecksFailed: a blocking check failed.
        TimeLimitError: the checks took longer; walking the rows raises it too.
    """
    asked = _Asked(session, table, time.monotonic() + seconds, seconds)
    # Checks and rows are two queries, of one state.
    session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    relation = Sql(f"(\n{query.text}\n)", query.params)
    checks = audit(asked, relation)[1] if table.checks else ()

    def summary(columns: str, rest: str) -> list[dict[str, Any]]:
        own, behind = (text.replace("%", "%%") for text in (columns, rest))
        return ask(asked, Sql(f"SELECT {own} FROM {relation.text} AS rows {behind}", query.params))

    columns = ", ".join(f"CAST({quoted(one.name)} AS {postgres_type(one.type)})" for one in table.columns)
    rows = asked.batches(Sql(f"SELECT {columns} FROM {relation.text} AS rows", query.params))
    return Extracted(rows, checks, summary)


@dataclass(frozen=True)
class _Asked:
    session: Session
    table: Table
    deadline: float
    seconds: float

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        self._limit()
        return self.session.rows(sql, params)

    def batches(self, query: Sql) -> Iterator[pa.RecordBatch]:
        from tributary.resources.warehouse.postgres.bulk import open_arrow

        self._limit()
        # A percent sign is doubled in it, whether there are values or none.
        text = query.text if query.params else query.text.replace("%%", "%")
        with open_arrow(self.session, text, query.params) as rows:
            yield from rows

    def _limit(self) -> None:
        """Let the next statement take what is left of the time."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeLimitError(
                f"{self.table.key} was ended, as it took longer than {self.seconds:g} s: ask for less, or let it take "
                "longer."
            )
        self.session.execute(f"SET LOCAL statement_timeout = '{max(1, round(left * 1000))}ms'")
