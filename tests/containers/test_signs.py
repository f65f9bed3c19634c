"""What alarms hang on: failed runs, a daemon that is silent, tables that are stale; as CloudWatch reads it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tributary.containers import signs as of_signs
from tributary.containers.signs import UNITS, line, signs, silence, stale_tables
from tributary.instance.opening import open_instance
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

KEY = "core.dim_date"


@pytest.fixture
def told(databases: Databases, tmp_path: Path) -> Databases:
    settings = Settings(
        _env_file=None, home=tmp_path, postgres_url=databases.server_url, database_prefix="signs_", sources="calendar"
    )
    return connect(settings)


def test_failed_runs_silence_and_stale_tables_are_counted(
    told: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    settings = Settings(_env_file=None, home=tmp_path, postgres_url=told.server_url, database_prefix="signs_")

    @dg.asset(key=KEY.split("."))
    def made() -> None: ...

    @dg.asset
    def fails() -> None:
        raise ValueError("no")

    before = time.time()
    with open_instance(settings, told, mended=False) as instance:
        assert dg.materialize([made], instance=instance).success
        assert not dg.materialize([fails], instance=instance, raise_on_error=False).success
        quiet = datetime.now(UTC) - timedelta(seconds=300)
        with psycopg.connect(told.url("dagster"), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO daemon_heartbeats (daemon_type, daemon_id, timestamp, body) VALUES "
                "('SENSOR', 'a', %s, ''), ('SCHEDULER', 'b', %s, ''), ('GONE', 'c', %s, '')",
                [one.replace(tzinfo=None) for one in (quiet, datetime.now(UTC), quiet - timedelta(days=3))],
            )
            found = signs(connection, before, time.time())
            assert (found["FailedRuns"], found["StaleTables"]) == (1, 0)
            assert 299 <= found["HeartbeatAge"] < 330
            # One is quiet, another is not: that is for somebody to look at, and no reason to end all.
            assert silence(connection) < 30
            # What was told is not told again.
            assert signs(connection, time.time(), time.time() + 60)["FailedRuns"] == 0
            catalogue = of_signs.get_catalogue()
            target = next(one.freshness for one in catalogue.tables if one.freshness is not None)
            expected = {one.key for one in catalogue.tables if one.freshness == target}
            name = sorted(expected)[0]
            monkeypatch.setattr(of_signs, "stored_assets", lambda *_: {tuple(name.split(".")): _Made(time.time())})
            assert stale_tables(connection, time.time()) == []
            assert stale_tables(connection, time.time() + target.total_seconds() + 1) == [name]


class _Made:
    storage_id = 1

    def __init__(self, at: float) -> None:
        self.at = at


def test_a_line_is_what_filters_of_a_log_read() -> None:
    values = {"FailedRuns": 2.0, "HeartbeatAge": 4.5, "StaleTables": 0.0}
    assert values.keys() == UNITS.keys()
    assert json.loads(line(values)) == values
    assert "\n" not in line(values)
