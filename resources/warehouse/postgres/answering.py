"""Answers a query with the server's own text of each value, row by row in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

import psycopg
from psycopg import pq
from psycopg.rows import tuple_row

from tributary.resources.warehouse.answers import Answer, AnswerColumn, Kind
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.statements import Statement, read_statement

CHUNK = 500
"""Rows that are fetched at a time."""

_TEXT_OID = 25
_KINDS: dict[int, Kind] = {
    16: "boolean",
    **dict.fromkeys((20, 21, 23), "integer"),
    **dict.fromkeys((700, 701), "double"),
    1700: "decimal",
    **dict.fromkeys((26, 28, 29, 790, 5069), "number"),  # oid, xid, cid, money, xid8
    **dict.fromkeys((114, 3802), "json"),
}
"""By the type's OID, which Postgres's catalogue pg_type fixes for built-in types."""


@contextmanager
def answer(session: Session, sql: str, limit: int | None) -> Iterator[Answer]:
    """The answer to one query, in the session's read-only transaction; `limit` is the most rows to give.

    Raises:
        UsageError: the text is no single statement.
        WarehouseError: the server refused it; the sentence names the line of the text.
    """
    statement = read_statement(sql, limit)
    with session.connection.cursor(row_factory=tuple_row) as cursor:
        _take_text(cursor)
        # The extended protocol, which this uses, takes one statement and no more.
        streamed = cursor.stream(session.commented(statement.sql), size=CHUNK)
        with closing(cast("Any", streamed)):
            rows = _explained(session, statement, streamed)
            first = next(rows, None)
            if first is None:
                # An empty stream tells of no columns.
                cursor.execute(session.commented(read_statement(sql, 0).sql), prepare=True)
            columns = tuple(
                AnswerColumn(column.name, _KINDS.get(column.type_code, "text")) for column in cursor.description or ()
            )
            yield Answer(columns, _all(first, rows))


def _all(
    first: tuple[str | None, ...] | None, rows: Iterator[tuple[str | None, ...]]
) -> Iterator[tuple[str | None, ...]]:
    if first is not None:
        yield first
        yield from rows


def _take_text(cursor: psycopg.Cursor[Any]) -> None:
    """Take every value as the text that the server sends: no Python type ever holds it."""
    plain = cursor.adapters.get_loader(_TEXT_OID, pq.Format.TEXT)
    assert plain is not None  # noqa: S101 - psycopg knows text
    for kind in cursor.adapters.types:
        for oid in filter(None, (kind.oid, kind.array_oid)):
            cursor.adapters.register_loader(oid, plain)


def _explained(
    session: Session, statement: Statement, rows: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[str | None, ...]]:
    try:
        yield from rows
    except psycopg.Error as error:
        if error.diag.message_primary is None:
            raise
        raise WarehouseError(_sentence(session, statement, error)) from error


def _sentence(session: Session, statement: Statement, error: psycopg.Error) -> str:
    message, place = error.diag.message_primary or "", error.diag.statement_position
    position = int(place) - len(session.commented("")) if place else None
    if isinstance(error, psycopg.errors.SyntaxError) and position is not None and statement.ends_before(position):
        message = "syntax error at the end of the statement"
    if position is not None and "\n" in statement.text.strip():
        message += f", in line {statement.line(position)}"
    parts = [message, *(part for part in (error.diag.message_detail, error.diag.message_hint) if part)]
    return f"The query failed in Postgres: {'; '.join(part.rstrip('.') for part in parts)}."
