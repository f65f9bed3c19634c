"""A home is backed up while all its writers go on, destroyed, and is back: tables, records, lake, people, keys."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from psycopg import sql

from tributary.backups.making import make_backup
from tributary.backups.restoring import restore_backup
from tributary.backups.store import BackupError, Store
from tributary.identity.audit import note
from tributary.identity.tables import open_tables
from tributary.instance.opening import open_instance
from tributary.resources.home import HomeError, prepare_home
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import Lake
from tributary.resources.postgres.databases import NAMES, Databases, connect
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

WHOLE = Table("gold", "whole", (Column("v", "integer", "d"), Column("n", "integer", "d")))
ALTERED = Table("gold", "altered", (Column("v", "integer", "d"),))
MADE = dg.AssetKey(["gold", "whole"])
ROWS = 2_000


def quiet(_: str) -> None:
    pass


@contextmanager
def writing(settings: Settings, databases: Databases) -> Iterator[Callable[[], int]]:
    """Somebody writes version after version until the block is left: into the lake, the warehouse, Dagster, the app."""
    lake, stop, made = FolderLake(settings.home / "lake"), threading.Event(), 0
    warehouse = PostgresWarehouse(lambda: databases.url("warehouse"))
    engine = open_tables(databases.url("app"))
    faults: list[BaseException] = []

    def write(instance: dg.DagsterInstance) -> None:
        nonlocal made
        try:
            while not stop.is_set():
                version = made + 1
                lake.put(f"acme/raw/{version}.csv", f"{version}".encode())
                lake.put("acme/raw/index.json", f"{version}".encode())
                select = f"SELECT {version} AS v, n FROM generate_series(1, {ROWS}) AS n"
                warehouse.replace(WHOLE, Select(select), fingerprint=str(version))
                event = dg.AssetMaterialization(MADE, metadata={"version": version})
                instance.report_runless_asset_event(event)
                note(engine, "ada", "made", f"/{version}", "", "allowed")
                made = version
        except BaseException as error:  # noqa: BLE001 - the test tells it
            faults.append(error)

    def told() -> int:
        assert not faults, faults
        return made

    with open_instance(settings, databases) as instance:
        thread = threading.Thread(target=write, args=(instance,))
        thread.start()
        try:
            yield told
        finally:
            stop.set()
            thread.join()
            engine.dispose()
    told()


def rows_of_all(databases: Databases) -> Mapping[str, Any]:
    """Every row of every table of every database, whatever its order; notes without what is of one relation alone."""
    query = (
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'v') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema)' "
        "OR c.relkind = 'p' AND n.nspname !~ '^pg_' ORDER BY 1, 2"
    )
    found: dict[str, Any] = {}
    for database in NAMES:
        with psycopg.connect(databases.url(database)) as connection:
            for schema, table in connection.execute(query).fetchall():
                own = sql.Identifier(schema, table)
                rows = connection.execute(sql.SQL("SELECT to_jsonb(t) - 'relation' - 'state' FROM {} AS t").format(own))
                found[f"{database}.{schema}.{table}"] = sorted(str(row[0]) for row in rows)
    return found


def objects(lake: Lake) -> Mapping[str, bytes]:
    return {info.key: lake.get(info.key) for info in lake.list("")}


def newest_event(settings: Settings, databases: Databases) -> int:
    with open_instance(settings, databases) as instance:
        event = instance.get_latest_materialization_event(MADE)
        assert event is not None
        assert event.asset_materialization is not None
        return int(str(event.asset_materialization.metadata["version"].value))


def test_a_destroyed_home_is_back_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, place = tmp_path / "home", str(tmp_path / "backups")
    settings = Settings(_env_file=None, home=home)
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    with connect(settings) as databases:
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"))
        warehouse.replace(ALTERED, Select("SELECT 1 AS v"), fingerprint="f")
        with psycopg.connect(databases.url("warehouse"), autocommit=True) as admin:
            admin.execute("CREATE ROLE bi")
            admin.execute("GRANT SELECT ON gold.altered TO bi")
            admin.execute("TRUNCATE gold.altered")  # by hand, so that its note holds good no more
        (home / "principal-key").write_text("k3y\n")
        (home / "stream").mkdir()
        (home / "stream" / "accepted").write_bytes(b"event")
        with writing(settings, databases) as made:
            while made() < 3:
                time.sleep(0.05)
            busy = make_backup(settings, databases, Store(settings, place), quiet)
            while_made = made()
        quiet_backup = make_backup(settings, databases, Store(settings, place), quiet)
        # Reading is a look of its own into Dagster's tables, so that it comes before.
        assert newest_event(settings, databases) == made()
        before, stored = rows_of_all(databases), objects(FolderLake(home / "lake"))
        versions = warehouse.published(WHOLE)
    assert while_made < made() or made() >= 3
    shutil.rmtree(home)

    # Of the quiet one all is equal, and known to be.
    restore_backup(settings, Store(settings, place, read_only=True), quiet_backup, quiet)
    with connect(settings) as databases:
        assert rows_of_all(databases) == before
        assert objects(FolderLake(home / "lake")) == stored
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"))
        assert warehouse.published(WHOLE) == versions is not None
        assert warehouse.published(ALTERED) is None
        with psycopg.connect(databases.url("warehouse")) as admin:
            (granted,) = admin.execute("SELECT has_table_privilege('bi', 'gold.altered', 'SELECT')").fetchone() or ()
        assert granted
        assert newest_event(settings, databases) == made()
        # It is a home like any other: it takes writes, and its readers read.
        warehouse.replace(WHOLE, Select("SELECT 0 AS v, 0 AS n"), fingerprint="after")
        assert PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse")).rows(
            "SELECT v FROM gold.whole"
        ) == [{"v": 0}]
        with pytest.raises(BackupError, match="hold something already"):
            restore_backup(settings, Store(settings, place), quiet_backup, quiet)
    assert (home / "principal-key").read_text() == "k3y\n"
    assert (home / "principal-key").stat().st_mode & 0o077 == 0
    assert (home / "stream" / "accepted").read_bytes() == b"event"
    shutil.rmtree(home)

    # The busy one is cut off, and put back by the next try; its parts fit each other.
    put = FolderLake.put

    def dies(self: FolderLake, key: str, data: Any) -> Any:
        if key == "acme/raw/2.csv":
            raise KeyboardInterrupt
        return put(self, key, data)

    monkeypatch.setattr(FolderLake, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        restore_backup(settings, Store(settings, place, read_only=True), busy, quiet)
    monkeypatch.setattr(FolderLake, "put", put)
    with pytest.raises(HomeError, match="a restore into it was cut off"):
        prepare_home(home)
    restore_backup(settings, Store(settings, place, read_only=True), busy, quiet)
    prepare_home(home)
    with connect(settings) as databases:
        with psycopg.connect(databases.url("warehouse")) as reader:
            found = reader.execute("SELECT v, count(*) FROM gold.whole GROUP BY v").fetchall()
        ((version, number),) = found
        assert number == ROWS
        held = PostgresWarehouse(lambda: databases.url("warehouse")).published(WHOLE)
        assert held is not None
        assert held.fingerprint == str(version)
        assert newest_event(settings, databases) <= version
        copied = objects(FolderLake(home / "lake"))
        assert copied[f"acme/raw/{version}.csv"] == f"{version}".encode()
        named = int(copied["acme/raw/index.json"])
        assert named >= version
        assert f"acme/raw/{named}.csv" in copied
