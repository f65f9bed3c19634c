"""A password that Secrets Manager renews: open connections go on, and new ones use the new one."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from moto import mock_aws
from tests.ports import free_port

from tributary.containers.password import VARIABLE, keep_password
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings

FIRST, SECOND = r"first:with\odd'ones", "second@/?#:"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


def test_new_connections_use_the_new_password(secrets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    settings = Settings(_env_file=None, home=tmp_path / "server", postgres_port=port)
    with connect(settings) as database, psycopg.connect(database.server_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE tributary_bi PASSWORD " + _quoted(FIRST))
        told = {"username": "tributary_bi", "password": FIRST, "host": "127.0.0.1", "port": port, "dbname": "warehouse"}
        secret = secrets.create_secret(Name="db", SecretString=json.dumps(told))["ARN"]
        environment = {VARIABLE: f"secretsmanager:{secret}", "TRIBUTARY_AWS_REGION": "eu-west-1"}
        enough = keep_password(tmp_path, environment, pace=0.1)
        assert "first" not in json.dumps(environment)
        file = Path(environment["PGPASSFILE"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        monkeypatch.setenv("PGPASSFILE", str(file))
        with psycopg.connect(environment[VARIABLE]) as before:
            admin.execute("ALTER ROLE tributary_bi PASSWORD " + _quoted(SECOND))
            secrets.put_secret_value(SecretId="db", SecretString=json.dumps({**told, "password": SECOND}))
            deadline = time.monotonic() + 20
            while "second" not in file.read_text():
                assert time.monotonic() < deadline
                time.sleep(0.05)
            with psycopg.connect(environment[VARIABLE]) as after:
                assert after.execute("SELECT current_user").fetchone() == ("tributary_bi",)
            assert before.execute("SELECT 1").fetchone() == (1,)
        enough.set()


def test_a_url_that_is_no_secret_stays_as_it_is(tmp_path: Path) -> None:
    environment = {VARIABLE: "postgresql://me:word@h/db"}
    keep_password(tmp_path, environment)
    assert environment == {VARIABLE: "postgresql://me:word@h/db"}
    assert list(tmp_path.iterdir()) == []


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
