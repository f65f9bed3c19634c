"""Builds a write's rows in a relation aside: from a SELECT, from Arrow batches, or from a delimited file.

Checks, windows of the standing rows, and publishing come after it and are not known here.
"""

from __future__ import annotations

from collections import Counter

import psycopg

from tributary.resources.warehouse.base import Batches, Delimited, Select, Source
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.scan import DUPLICATE
from tributary.resources.warehouse.engine import Built
from tributary.resources.warehouse.postgres.relations import column_definitions, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.types import postgres_type
from tributary.resources.warehouse.windows import Keys, Range, Window

SHOWN_REASONS = 10


def build(session: Session, table: Table, source: Source, part: str, *, window: Window | None, at_once: bool) -> Built:
    """Make `part` with the rows of `source`, in the caller's transaction; `at_once` is `load_file`'s.

    Of a file that is shared out and loaded at once, `prepare` has made it.

    Raises:
        WarehouseError: the source's rows have other columns than the table.
        SourceFileError: a file cannot be read as its contract says.
        psycopg.DataError, psycopg.IntegrityError: as `load_file` raises them.
    """
    relation = part_sql(part)
    if isinstance(source, Select):
        kind = "VIEW" if table.kind == "view" else "TABLE"
        session.execute(f"CREATE {kind} {relation} AS {typed(session, table, source.sql, window)}")
        return Built(relation, source.sql)
    if isinstance(source, Batches):
        from tributary.resources.warehouse.postgres.bulk import copy_batches

        session.execute(f"CREATE TABLE {relation} ({column_definitions(table.columns)})")
        content = copy_batches(session, table, iter(source.batches), part)
        reckoning = source.reckon() if source.reckon else Reckoning(0)
        return Built(relation, f"COPY {table.key} FROM STDIN (FORMAT csv)", reckoning, content=content)
    from tributary.resources.warehouse.postgres.load import create_part, is_shared_out, load_file

    if not (at_once and is_shared_out(source)):
        create_part(session, source.contract, part)
    loaded = load_file(session, source, part, at_once=at_once, private=table.is_private)
    read = loaded.records if source.lines is None else source.lines - 1 - loaded.more_lines
    reasons = Counter(reject.reason for reject in loaded.rejects if reject.reason != DUPLICATE)
    reckoning = Reckoning(read, reasons.total(), dict(reasons.most_common(SHOWN_REASONS)))
    statement = f"COPY {table.key} FROM STDIN (FORMAT text, ON_ERROR ignore)"
    return Built(relation, statement, reckoning, loaded.rejects, loaded.duplicates)


def prepare(session: Session, source: Source, part: str) -> None:
    """Make `part` in a transaction of its own, where other sessions are to fill it."""
    if isinstance(source, Delimited):
        from tributary.resources.warehouse.postgres.load import create_part, is_shared_out

        if is_shared_out(source):
            create_part(session, source.contract, part)


def typed(session: Session, table: Table, select: str, window: Window | None = None) -> str:
    """The SELECT with each column cast to the type that the table declares; of its rows, those in the window."""
    columns = ", ".join(
        f"{quoted(column.name)}::{postgres_type(column.type)} AS {quoted(column.name)}" for column in table.columns
    )
    text = f"SELECT {columns} FROM (\n{select}\n) AS q"
    if window is None:
        return text
    # Asked for outside, the window's bounds are pushed down by the planner to wherever the column comes from.
    owned = window_sql(table, window)
    return f"{text} WHERE {psycopg.ClientCursor(session.connection).mogrify(owned.text, owned.params)}"


def window_sql(table: Table, window: Window) -> Sql:
    """The condition that is true for the rows that a window of the table owns."""
    if isinstance(window, Keys):
        columns = ", ".join(quoted(name) for name in window.columns)
        arrays = ", ".join(f"%s::{postgres_type(table.column(name).type)}[]" for name in window.columns)
        values = [[str(key[place]) for key in window.values] for place in range(len(window.columns))]
        # Of one column an array can be looked up in an index; the server finds no way to do so with several.
        return Sql(f"({columns}) = ANY({arrays if len(values) == 1 else f'SELECT * FROM unnest({arrays})'})", values)
    column = quoted(window.column)
    if isinstance(window, Range):
        return Sql(f"{column} >= %s AND {column} < %s", (window.start, window.end))
    return Sql(f"{column} = ANY(%s)", (list(window.names),))
