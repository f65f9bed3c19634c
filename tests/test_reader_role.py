"""The role of reading sessions: it reads data, now and later, and nothing that is kept secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.postgres.embedded import EmbeddedPostgres
from tributary.resources.postgres.reader import READER
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

DEMO = Table("gold", "demo", (Column("id", "integer", "Id."),))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose embedded server runs for all tests of this module."""
    home = tmp_path_factory.mktemp("home")
    with EmbeddedPostgres(home / "postgres", home / "postgres.lock"):
        yield home


def open_databases(home: Path, prefix: str = "") -> Databases:
    return connect(Settings.model_validate({"home": home, "database_prefix": prefix}))


def warehouse_of(databases: Databases) -> PostgresWarehouse:
    return PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))


SECRETS = [
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT umoptions FROM pg_user_mapping",
    "SELECT subconninfo FROM pg_subscription",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM _parts.published_tables",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
    "SELECT pg_advisory_unlock_all()",
    "SELECT pg_logical_emit_message(true, 'a', 'b')",
    "SELECT pg_switch_wal()",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_create(0)",
]


@pytest.mark.parametrize("statement", SECRETS)
def test_secrets_and_locks_are_refused(home: Path, statement: str) -> None:
    with open_databases(home) as databases:
        warehouse = warehouse_of(databases)
        warehouse.replace(DEMO, Select("SELECT 1 AS id"))
        with pytest.raises(WarehouseError, match=r"permission denied|read-only transaction"):
            warehouse.rows(statement)


def test_tables_schemas_and_views_to_come_can_be_read(home: Path) -> None:
    with open_databases(home, "new_") as databases:
        warehouse = warehouse_of(databases)
        warehouse.replace(Table("fresh", "demo", DEMO.columns), Select("SELECT 1 AS id"))
        view = Table("fresh", "seen", DEMO.columns, kind="view")
        warehouse.replace(view, Select("SELECT id FROM fresh.demo"))
        assert warehouse.rows("SELECT d.id FROM fresh.demo AS d JOIN fresh.seen USING (id)") == [{"id": 1}]
        for name in ("app", "dagster"):
            with psycopg.connect(databases.url(name), autocommit=True) as admin:
                admin.execute("CREATE TABLE private (n int)")
            with (
                psycopg.connect(databases.reader_url(name)) as reader,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                reader.execute("SELECT * FROM private")


def test_a_role_made_before_is_mended_and_what_is_taken_later_stays_taken(home: Path) -> None:
    with open_databases(home, "old_") as databases:
        warehouse = warehouse_of(databases)
        warehouse.replace(DEMO, Select("SELECT 1 AS id"))
        warehouse.replace(Table("gold", "hidden", DEMO.columns), Select("SELECT 2 AS id"))
        with psycopg.connect(databases.url("warehouse"), autocommit=True) as admin:
            # As it was made before: it reads everything, by membership alone.
            admin.execute(
                f"REVOKE ALL ON ALL TABLES IN SCHEMA gold FROM {READER}; REVOKE USAGE ON SCHEMA gold FROM {READER}"
            )
            admin.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {READER}")
            admin.execute(f"COMMENT ON ROLE {READER} IS NULL; GRANT pg_read_all_data TO {READER}")
        assert warehouse.rows("SELECT count(*) > 0 AS open FROM pg_authid") == [{"open": True}]
    with open_databases(home, "old_") as databases:
        warehouse = warehouse_of(databases)
        assert warehouse.rows("SELECT id FROM gold.demo") == [{"id": 1}]
        with pytest.raises(WarehouseError, match="permission denied"):
            warehouse.rows("SELECT count(*) FROM pg_authid")
        with psycopg.connect(databases.url("warehouse"), autocommit=True) as admin:
            admin.execute(f"REVOKE ALL ON gold.hidden FROM {READER}")
    with open_databases(home, "old_") as databases:
        warehouse = warehouse_of(databases)
        warehouse.replace(Table("gold", "hidden", (Column("no", "text", "N."),)), Select("SELECT 'x' AS no"))
        with pytest.raises(WarehouseError, match="permission denied for table hidden"):
            warehouse.rows("SELECT * FROM gold.hidden")


def test_queries_end_with_their_client_and_after_an_hour(home: Path) -> None:
    with open_databases(home) as databases:
        rows = warehouse_of(databases).rows(
            "SELECT current_setting('client_connection_check_interval') AS dead, "
            "current_setting('statement_timeout') AS longest, current_setting('temp_file_limit') AS files"
        )
    assert rows == [{"dead": "5s", "longest": "1h", "files": "20GB"}]
