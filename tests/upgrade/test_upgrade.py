"""A home that the version before made opens with this one: its runs, tables, people and files are as they were."""

from __future__ import annotations

import tarfile
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from tests.conftest import Cli
from tributary.instance.opening import open_instance
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

KEPT = Path(__file__).with_name("home-9857ded.tar.xz")
"""Made by `make_home`."""

TABLE = dg.AssetKey(["staged", "ornaments"])


def test_a_home_of_the_version_before_opens(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(KEPT) as packed:
        packed.extractall(tmp_path, filter="data")
    own = {"home": tmp_path / "home", "sources": "calendar,pledges", "pledges_sample_scale": 0.0005}
    assert "by version 0.1.0" in cli("restore", str(tmp_path / "backup"), **own).stdout
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    settings = Settings(_env_file=None, home=tmp_path / "home")
    with connect(settings) as databases:
        # As if an earlier Dagster had left it: the last change of its schema for Postgres is taken back.
        with psycopg.connect(databases.url("dagster")) as records:
            (head,) = records.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
            records.execute("ALTER TABLE concurrency_limits DROP COLUMN using_default_limit")
            records.execute("UPDATE alembic_version SET version_num = '6b7fb194ff9c'")
        with open_instance(settings, databases) as instance:
            (run,) = instance.get_runs()
            assert run.status is dg.DagsterRunStatus.SUCCESS
            event = instance.get_latest_materialization_event(TABLE)
            assert event is not None
            assert event.run_id == run.run_id
            assert instance.event_log_storage.get_pool_limits() is not None
        with psycopg.connect(databases.url("dagster")) as records:
            assert records.execute("SELECT version_num FROM alembic_version").fetchone() == (head,)
            records.execute("SELECT using_default_limit FROM concurrency_limits")
        with psycopg.connect(databases.url("app")) as app:
            assert app.execute("SELECT name, role FROM identity.users").fetchall() == [("ada", "admin")]
        before = ornaments(databases)
        assert before > 0
        assert "All is well." in cli("alerts", **own).stdout
        # What was taken in is known, so that nothing new is found in the same files.
        assert "2 materialised" in cli("materialize", "raw.csv_pledges", "staged.ornaments", **own).stdout
        assert ornaments(databases) == before


def ornaments(databases: Databases) -> int:
    with psycopg.connect(databases.url("warehouse")) as warehouse:
        (number,) = warehouse.execute("SELECT count(*) FROM staged.ornaments").fetchone() or (0,)
    return int(number)
