"""Gives a table that is written by windows the columns that it should have, before a window of it is written.

Its rows are copied aside and published as a write of the whole table is, so that everything that hangs on the table
stays and readers see the old rows or these. Columns of which the old rows know nothing are null until their windows are
written again; values of a changed type are kept where they are one of the new type.
"""

from __future__ import annotations

import time

from tributary.resources.warehouse.base import Note
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.ledger import LEDGER
from tributary.resources.warehouse.postgres.notes import write_note
from tributary.resources.warehouse.postgres.publish import expect_table, publish_whole
from tributary.resources.warehouse.postgres.records import put
from tributary.resources.warehouse.postgres.relations import Found, drop_stray_parts, has_columns, new_part, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.snapshots import number_of_transaction
from tributary.resources.warehouse.postgres.statistics import analyse
from tributary.resources.warehouse.postgres.turns import expect_turn, turn_beside
from tributary.resources.warehouse.table import Column, Table, quoted
from tributary.resources.warehouse.types import postgres_type
from tributary.resources.warehouse.windows import Range, SourceObjects


def expect_same_columns(session: Session, table: Table) -> Found | None:
    """The table that holds the window; None where it has no rows yet.

    Raises:
        WarehouseError: it has other columns than it should.
    """
    found = expect_table(session, table)
    if found is not None and not has_columns(found, table):
        raise WarehouseError(
            f"{table.key} was given other columns meanwhile, by a writer of other code; reload the definitions and run "
            "it again."
        )
    return found


def migrate(session: Session, table: Table, window: Range | SourceObjects) -> str:
    """Give the table its columns where it has others; what changed, as a sentence, or nothing.

    Raises:
        WarehouseError: the old rows cannot say which window owns them, a view of somebody's is in the way, or readers
            are.
    """
    found = expect_table(session, table)
    if found is None or found.part is None or has_columns(found, table):
        return ""
    with turn_beside(session, table.key) as beside:
        drop_stray_parts(session, table)
        found = expect_table(session, table)
        if found is None or found.part is None or has_columns(found, table):
            return ""
        started = time.perf_counter()
        part = new_part(table)
        with session.transaction():
            transaction = number_of_transaction(session)
            columns = ", ".join(_kept(column, found) for column in table.columns)
            made = f"CREATE TABLE {part_sql(part)} AS SELECT {columns} FROM {part_sql(found.part)}"
            rows = session.execute(made).rowcount
            _expect_owners(session, table, window, found, part)

        def at_publish() -> None:
            expect_turn(beside)
            put(session, LEDGER, {"table_name": table.key}, (), ())
            write_note(session, table, Note(rows))

        seconds = time.perf_counter() - started
        publish_whole(session, table, part, built_in=transaction, seconds=seconds, at_publish=at_publish)
    analyse(session, table)
    return _told(table, found)


def _kept(column: Column, found: Found) -> str:
    """An old row's value in a column, or null."""
    name, type_ = quoted(column.name), postgres_type(column.type)
    had = found.columns.get(column.name)
    if had is None:
        return f"NULL::{type_} AS {name}"
    if had == type_:
        return name
    # By way of text, whose form the server can judge beforehand: a value that is none of the new type ends no query.
    text = f"{name}::text"
    return f"CASE WHEN pg_input_is_valid({text}, '{type_}') THEN {text}::{type_} END AS {name}"


def _expect_owners(session: Session, table: Table, window: Range | SourceObjects, found: Found, part: str) -> None:
    """Rows that no window owns would stay for ever, beside those that are made again.

    Raises:
        WarehouseError: there are such rows.
    """
    column = quoted(window.column)
    lost = session.row(f"SELECT count(*) FILTER (WHERE {column} IS NULL) AS n FROM {part_sql(part)}")["n"]
    if window.column in found.columns:
        lost -= session.row(f"SELECT count(*) FILTER (WHERE {column} IS NULL) AS n FROM {part_sql(found.part or '')}")[
            "n"
        ]
    if lost:
        raise WarehouseError(
            f"{table.key} is now written by windows of {window.column}, which {lost:,} of its rows do not have: keep "
            f"the old column and its type, or drop the table and materialise all of its partitions "
            f"(`tributary materialize {table.key} --from … --to … --force`)."
        )


def _told(table: Table, found: Found) -> str:
    wanted = {column.name: postgres_type(column.type) for column in table.columns}
    changes = [f"{name} is new" for name in wanted if name not in found.columns]
    changes += [f"{name} is gone" for name in found.columns if name not in wanted]
    changes += [
        f"{name} is {type_}, was {found.columns[name]}"
        for name, type_ in wanted.items()
        if name in found.columns and found.columns[name] != type_
    ]
    return (
        f"{table.key} changed its columns ({'; '.join(changes)}): rows of other windows keep what they had, with nulls "
        "where they know nothing, until those windows are written again."
    )
