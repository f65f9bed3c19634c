"""Publishes an environment's tables in production: their partitions change hands, in one transaction, and no row moves.

As when production publishes, readers see the old rows or the new ones. Whether the rows are what production would make
is the caller's to say; that they are, and of which versions, is kept in the notes, which change hands with the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from tributary.resources.warehouse.changes import READERS
from tributary.resources.warehouse.environments import holding
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.ledger import LEDGER
from tributary.resources.warehouse.postgres import records
from tributary.resources.warehouse.postgres.build import typed
from tributary.resources.warehouse.postgres.notes import move_note
from tributary.resources.warehouse.postgres.publish import (
    LOCK_MILLISECONDS,
    MOST_PATIENCE,
    attempts,
    expect_table,
    move_rows,
    swap,
)
from tributary.resources.warehouse.postgres.relations import (
    PARTS,
    describe,
    ensure_schema,
    find,
    has_columns,
    in_the_way,
    new_part,
    part_sql,
)
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.snapshots import number_of_transaction
from tributary.resources.warehouse.postgres.statistics import analyse
from tributary.resources.warehouse.postgres.turns import take_turn, turn_relation
from tributary.resources.warehouse.postgres.views import put_view
from tributary.resources.warehouse.quarantine import QUARANTINE
from tributary.resources.warehouse.table import Table


@dataclass(frozen=True)
class Promotion:
    """What is to be published: production's tables, upstream first, and the SELECTs of those that are views."""

    environment: Environment
    tables: Sequence[Table]
    selects: Mapping[str, str]


def promote(session: Session, wanted: Promotion) -> None:
    """Make the environment's rows production's, all at once, with what is noted of them.

    Raises:
        WarehouseError: others read or write one of the tables for longer than `MOST_PATIENCE` while its columns change,
            or what hangs on one does not let it; then nothing was published.
    """
    for table in wanted.tables:
        records.ensure(session, table.key)
        records.ensure(session, wanted.environment.key(table.key))
        ensure_schema(session, table.schema)
    with session.transaction():
        built_in = number_of_transaction(session)
    for _ in attempts(session, built_in, MOST_PATIENCE, until_then=not _in_place(session, wanted)):
        with suppress(psycopg.errors.LockNotAvailable):
            _publish(session, wanted, in_place=False)
            return
    if not _in_place(session, wanted):
        names = ", ".join(table.key for table in wanted.tables)
        raise WarehouseError(
            f"Nothing was published: others use some of {names}, or transactions that began before have not ended; "
            "promote again later."
        )
    _publish(session, wanted, in_place=True)


def _in_place(session: Session, wanted: Promotion) -> bool:
    """Whether all rows can be replaced in place of a swap: where no table is new, and none has other columns."""
    found = [(table, find(session, table)) for table in wanted.tables]
    return all(
        one is not None and (table.kind == "view" or (one.part is not None and has_columns(one, table)))
        for table, one in found
    )


def _publish(session: Session, wanted: Promotion, *, in_place: bool) -> None:
    """One transaction; unless `in_place`, it gives up as soon as it would have to wait."""
    try:
        with session.transaction():
            if not in_place:
                session.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            for table in sorted(wanted.tables, key=lambda one: one.key):
                take_turn(session, table.key)
                take_turn(session, wanted.environment.key(table.key))
            for table in wanted.tables:
                if table.kind == "view":
                    _put_view(session, wanted, table)
                else:
                    _put_rows(session, wanted.environment, table, in_place=in_place)
            _move_records(session, wanted.environment, [table.key for table in wanted.tables])
    except psycopg.errors.DependentObjectsStillExist as error:
        raise WarehouseError(
            f"Nothing was published, as others hang on what is to go ({in_the_way(error)}): drop these first."
        ) from None
    for table in wanted.tables:
        with suppress(psycopg.Error):  # the rows are there; statistics come again with the next write
            session.execute(f"DROP TABLE IF EXISTS {turn_relation(wanted.environment.key(table.key))}")
            if table.kind != "view":
                analyse(session, table)


def _put_rows(session: Session, environment: Environment, table: Table, *, in_place: bool) -> None:
    own = environment.table(table)
    given, found = find(session, own), expect_table(session, table, or_own_view=True)
    if given is None or given.part is None:
        raise WarehouseError(f"{own.key} is not there any more; nothing was published.")
    session.execute(f"LOCK TABLE {own.sql_name} IN ACCESS EXCLUSIVE MODE")
    session.execute(f"ALTER TABLE {own.sql_name} DETACH PARTITION {part_sql(given.part)}")
    session.execute(f"DROP TABLE {own.sql_name}")
    part = new_part(table)
    session.execute(f'ALTER TABLE {part_sql(given.part)} RENAME TO "{part}"')
    if not in_place or found is None or found.part is None:
        swap(session, table, found, part)
    else:
        session.execute(f"DELETE FROM {part_sql(found.part)}")
        move_rows(session, table, part, found.part)
        describe(session, table, found)
    move_note(session, own, table)


def _put_view(session: Session, wanted: Promotion, table: Table) -> None:
    own, part = wanted.environment.table(table), new_part(table)
    session.execute(f"DROP TABLE {own.sql_name}")
    session.execute(f"CREATE VIEW {part_sql(part)} AS {typed(session, table, wanted.selects[table.key])}")
    put_view(session, table, part)
    move_note(session, own, table)


def _move_records(session: Session, environment: Environment, keys: Sequence[str]) -> None:
    """Give production what the environment recorded of its tables, and note that Dagster is to be told."""
    parts = environment.key(PARTS)
    for name, column in ((LEDGER, "table_name"), (READERS, "reader")):
        session.execute(f"DELETE FROM {name} WHERE {column} = ANY(%s)", (list(keys),))
        session.execute(
            f"INSERT INTO {name} SELECT * FROM {environment.key(name)} WHERE {column} = ANY(%s)", (list(keys),)
        )
    session.execute(
        f"DELETE FROM {QUARANTINE} AS q USING {parts}.rejects AS r "
        "WHERE q.table_name = r.table_name AND (r.source = '' OR q.source = r.source)"
    )
    session.execute(f"INSERT INTO {QUARANTINE} SELECT * FROM {environment.key(QUARANTINE)}")
    session.execute(f"DELETE FROM {environment.key(QUARANTINE)}")
    session.execute(f"DELETE FROM {parts}.rejects")
    session.execute(f"DELETE FROM {parts}.promoted WHERE table_name = ANY(%s)", (list(keys),))
    session.execute(
        f"INSERT INTO {parts}.promoted SELECT * FROM {parts}.made WHERE table_name = ANY(%s)", (list(keys),)
    )
    holding.forget(session, environment, keys)


def told(session: Session, environment: Environment, keys: Sequence[str]) -> None:
    """Forget that Dagster was to be told of these tables."""
    session.execute(f"DELETE FROM {environment.key(PARTS)}.promoted WHERE table_name = ANY(%s)", (list(keys),))
