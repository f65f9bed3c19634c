"""The server over its catalogue in Postgres, which pyiceberg shares, and the port by which it is reached."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from tests.running_trino import RunningTrino

from tributary.launcher.trino import TrinoByUrl, TrinoPart
from tributary.resources.postgres.loopback import BI, ICEBERG_OWNER, password
from tributary.resources.trino.server import is_ready
from tributary.resources.warehouse.base import Origin

if TYPE_CHECKING:
    from trino.dbapi import Cursor

pytestmark = pytest.mark.xdist_group("trino")


def patiently(cursor: Cursor, query: str) -> list[list[Any]]:
    """The rows of a query, asked again while the server does not know yet that it has a node for the catalogue."""
    from trino.exceptions import TrinoQueryError

    deadline = time.monotonic() + 60
    while True:
        try:
            cursor.execute(query)
            return cursor.fetchall()
        except TrinoQueryError as error:
            if error.error_name != "NO_NODES_AVAILABLE" or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def test_it_takes_queries_and_shares_its_tables_with_pyiceberg(trino_server: RunningTrino) -> None:
    from trino.dbapi import connect

    from tributary.resources.warehouse.iceberg.catalogue import open_catalogue

    assert is_ready(trino_server.server.url)
    cursor = connect(host="127.0.0.1", port=trino_server.server.port, user="test", catalog="iceberg").cursor()
    catalogue = open_catalogue(trino_server.settings, trino_server.databases)
    catalogue.create_namespace_if_not_exists("shared")
    rows = pa.table({"at": pa.array([1_700_000_000_123_456], pa.timestamp("us")), "x": ["é"]})
    catalogue.create_table("shared.ours", rows.schema).append(rows)
    assert patiently(cursor, "SELECT count(*) FROM shared.ours") == [[1]]
    cursor.execute("CREATE TABLE shared.theirs AS SELECT * FROM shared.ours")
    assert cursor.fetchall() == [[1]]
    assert catalogue.load_table("shared.theirs").scan().to_arrow().to_pylist() == rows.to_pylist()


def test_the_port_lets_in_its_two_roles_by_their_passwords_only(trino_server: RunningTrino) -> None:
    settings = trino_server.settings

    def ask(role: str, secret: str, database: str, query: str) -> object:
        where = f"host=127.0.0.1 port={settings.postgres_port} dbname={database} user={role} password={secret}"
        with psycopg.connect(where) as connection:
            return connection.execute(query).fetchone()

    assert ask(BI, password(settings, BI), "warehouse", "SELECT 1") == (1,)
    assert ask(ICEBERG_OWNER, password(settings, ICEBERG_OWNER), "iceberg", "SELECT 1") == (1,)
    for role, secret in ((BI, "wrong"), ("postgres", "x"), ("tributary_reader", "x")):
        with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|rejects connection"):
            ask(role, secret, "warehouse", "SELECT 1")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(BI, password(settings, BI), "warehouse", "CREATE TABLE mine (x int)")


def test_only_the_password_that_trino_sends_again_and_again_is_cheap_to_ask_for(trino_server: RunningTrino) -> None:
    with psycopg.connect(trino_server.databases.url("app")) as admin:
        told = dict(admin.execute("SELECT rolname, split_part(rolpassword, ':', 1) FROM pg_authid").fetchall())
    assert told[ICEBERG_OWNER] == "SCRAM-SHA-256$1"
    assert told[BI] == "SCRAM-SHA-256$4096"


def test_one_that_was_killed_is_started_again_with_its_tables(trino_server: RunningTrino) -> None:
    part, elsewhere = TrinoPart(trino_server.server), TrinoByUrl(trino_server.server.url)
    assert (part.look(), part.is_starting, part.pid, elsewhere.look()) == (None, False, trino_server.server.pid, None)
    trino_server.engine()._catalogue.create_namespace_if_not_exists("kept")
    assert part.pid is not None
    os.kill(part.pid, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while part.look() is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert part.look() == "ended"
    assert "takes no queries" in (TrinoByUrl(trino_server.server.url).look() or "")
    part.restart()
    while part.is_starting:
        assert part.look() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = trino_server.engine().rows("SHOW SCHEMAS", (), Origin(), None, None)
    assert "kept" in {row["Schema"] for row in found}
    assert str(trino_server.server.log) in part.last_words()
