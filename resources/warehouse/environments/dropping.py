"""Drops what is an environment's, table by table and never what hangs on it: whoever reads a table is waited for."""

from __future__ import annotations

import time
from collections.abc import Collection

import psycopg

from tributary.resources.warehouse.environments import holding
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.publish import LOCK_MILLISECONDS, MOST_PATIENCE
from tributary.resources.warehouse.postgres.relations import PARTS, in_the_way
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.turns import turn_relation
from tributary.resources.warehouse.table import quoted

_OWN = ("made", "promoted", "rejects")


def drop_tables(session: Session, environment: Environment, keys: Collection[str]) -> None:
    """Drop some tables, by production's `schema.table`, with all that is noted of them; each at once.

    Raises:
        WarehouseError: something of somebody's hangs on one, or its readers do not end; those before it are gone.
    """
    for key in sorted(keys):
        _drop_table(session, environment, key)


def drop(session: Session, environment: Environment) -> int:
    """Drop an environment; gives how many tables it held. What was dropped by a killed call is no matter.

    Raises:
        WarehouseError: as `drop_tables`; or there is something in its schemas that it did not make, which stays.
    """
    schemas = holding.schemas_of(session, environment)
    keys = holding.held(session, environment)
    drop_tables(session, environment, keys)
    parts = environment.key(PARTS)
    with session.transaction():
        for name in (*(environment.key(one) for one in holding.RECORDS), *(f"{parts}.{one}" for one in _OWN)):
            session.execute(f"DROP TABLE IF EXISTS {holding.quoted_key(name)}")
        session.execute("DELETE FROM _parts.published_tables WHERE table_name ^@ %s", (environment.prefix,))
        session.execute(f"DROP TABLE IF EXISTS {turn_relation(environment.key('rejects'))}")
    for schema in sorted(schemas, key=lambda name: name == parts):
        try:
            session.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)}")
        except psycopg.errors.DependentObjectsStillExist as error:
            raise WarehouseError(
                f"{schema} holds what no environment made ({in_the_way(error)}), which stays: move it, and drop the "
                "environment again."
            ) from None
    return len(keys)


def _drop_table(session: Session, environment: Environment, key: str) -> None:
    deadline = time.monotonic() + MOST_PATIENCE
    own = environment.key(key)
    while True:
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                session.execute(f"DROP TABLE IF EXISTS {holding.quoted_key(own)}")
                holding.forget(session, environment, [key])
                session.execute(f"DROP TABLE IF EXISTS {turn_relation(own)}")
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > deadline:
                raise WarehouseError(f"{own} is read or written still, and stays: drop it again later.") from None
            time.sleep(0.05)
        except psycopg.errors.DependentObjectsStillExist as error:
            raise WarehouseError(
                f"{own} stays, as others hang on it ({in_the_way(error)}): drop these first."
            ) from None
        else:
            return
