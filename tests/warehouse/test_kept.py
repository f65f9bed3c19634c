"""A run's connections go from one write to the next, as if each were new."""

from __future__ import annotations

import os
import time
from typing import Any

import psycopg
import pytest

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.kept import keeping
from tributary.resources.warehouse.postgres.session import open_session

WHO = (
    "SELECT pg_backend_pid() AS pid, current_setting('statement_timeout') AS timeout, current_setting('row_security') "
)


def who(url: str, asset: str = "gold.a", set_first: str = "SELECT 1") -> dict[str, Any]:
    with open_session(url, Origin("run", asset)) as session:
        session.execute(set_first)
        return session.row(f"{WHO} AS security, current_setting('application_name') AS name")


def are_gone(pg: psycopg.Connection[Any]) -> bool:
    """Whether no other session is left, within some seconds: the server takes a moment to end one."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    while found := pg.execute(query).fetchall():
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return not found


def test_the_next_write_has_the_connection_with_nothing_of_the_last_one(
    database_url: str, pg: psycopg.Connection[Any]
) -> None:
    with keeping():
        first = who(database_url, set_first="SET statement_timeout = '7s'")
        second = who(database_url, "gold.b")
        assert first["timeout"] == "7s"
        assert second == {"pid": first["pid"], "timeout": "0", "security": "off", "name": "tributary gold.b run"}
    assert are_gone(pg)


def test_outside_of_a_run_each_has_its_own(database_url: str, pg: psycopg.Connection[Any]) -> None:
    assert who(database_url)["pid"] != who(database_url)["pid"]
    assert are_gone(pg)


def test_what_failed_or_was_ended_is_not_handed_on(database_url: str, pg: psycopg.Connection[Any]) -> None:
    with keeping():
        first = who(database_url)["pid"]
        with pytest.raises(WarehouseError, match="division by zero"), open_session(database_url, Origin()) as session:
            session.execute("SELECT 1 / 0")
        second = who(database_url)["pid"]
        assert second != first
        pg.execute("SELECT pg_terminate_backend(%s, 5000)", (second,))
        assert who(database_url)["pid"] != second


def test_sessions_at_the_same_time_have_a_connection_each_and_a_fork_uses_none_of_them(database_url: str) -> None:
    with keeping():
        with open_session(database_url, Origin()) as one, one.beside() as other:
            pids = {one.row(WHO + "AS s")["pid"], other.row(WHO + "AS s")["pid"]}
        assert len(pids) == 2
        child = os.fork()
        if child == 0:
            os._exit(int(who(database_url)["pid"] in pids))
        assert os.waitpid(child, 0)[1] == 0
        assert who(database_url)["pid"] in pids
