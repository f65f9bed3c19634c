"""Windows of keys and their feed in Postgres: rows that stay are not touched, and what is lost by hand is noticed."""

from __future__ import annotations

from typing import Any

import psycopg
from tests.warehouse.contract.test_keys import PETS, follow, keep, pets, rows, sell

from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


def test_rows_that_are_the_same_do_not_move(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    warehouse.replace(PETS, rows((1, "ann"), (2, "ann"), (3, "bob")))

    def places() -> list[Any]:
        return pg.execute("SELECT id, ctid, xmin FROM core.pets ORDER BY id").fetchall()

    stood = places()
    keep(warehouse, ["ann", "eve"], (2, "ann"), (1, "ann"))
    assert places() == stood
    keep(warehouse, ["ann"], (2, "ann"), (9, "ann"))
    assert places()[:2] == stood[1:]


def test_what_was_deleted_by_hand_is_made_anew(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    sell(warehouse, "2", (5, "cem"))
    assert pg.execute("SELECT count(*) FROM _parts.change_readers").fetchone() == (0,)
    follow(warehouse)
    sell(warehouse, "2", (6, "cem"))
    pg.execute("DELETE FROM _parts.changes")
    assert follow(warehouse) is None
    sell(warehouse, "2", (7, "cem"))
    pg.execute("TRUNCATE core.pets")
    assert follow(warehouse) is None
    assert pets(warehouse) == [(7, "cem")]
