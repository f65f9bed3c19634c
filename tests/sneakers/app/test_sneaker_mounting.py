"""The app as it is served: under a prefix of another application, on tables that any process may bring up to date."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import httpx
import psycopg
import pytest
import uvicorn
from a2wsgi import WSGIMiddleware
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from flask import Flask
from sqlalchemy import Engine, inspect, text
from tests.sneakers.app.conftest import Collector

from tributary.assets.sneakers.app.app import create_app
from tributary.assets.sneakers.app.database import migrate, open_engine
from tributary.assets.sneakers.app.models import SCHEMA, Base
from tributary.resources.postgres.databases import Databases
from tributary.resources.postgres.migrating import TablesError


@pytest.fixture
def mounted(app: Flask) -> Iterator[Collector]:
    """A collector of the app under `/sneakers` of another application."""
    outer = FastAPI()
    outer.mount("/sneakers", cast("Any", WSGIMiddleware(cast("Any", app))))
    server = uvicorn.Server(uvicorn.Config(outer, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield Collector(client)
    server.should_exit = True
    thread.join()


def test_every_link_and_redirect_stays_under_the_prefix(mounted: Collector) -> None:
    answer = mounted.fill("/sneakers/brands/add", name="Nike")
    assert answer.headers["Location"] == "/sneakers/brands"
    home = mounted.open("/sneakers/")
    links = re.findall(r'(?:src|href)="([^"]+)"', home)
    assert len(links) > 10
    for link in links:
        assert link.startswith(("/sneakers/", "#")), link
        if link.startswith("/"):
            assert mounted.client.get(link).status_code == 200, link


def test_tables_are_what_the_code_believes(engine: Engine) -> None:
    options = {
        "include_schemas": True,
        "version_table_schema": SCHEMA,
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        checks = {
            table.name: {check["name"] for check in inspect(connection).get_check_constraints(table.name, SCHEMA)}
            for table in Base.metadata.sorted_tables
        }
    for table in Base.metadata.sorted_tables:
        declared = {str(check.name) for check in table.constraints if type(check).__name__ == "CheckConstraint"}
        assert checks[table.name] == declared


def test_processes_that_start_at_once_all_find_the_tables(database_url: str) -> None:
    engines = [open_engine(database_url) for _ in range(6)]
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(migrate, engines))
    with engines[0].connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sneakers.alembic_version")) == 1
        assert connection.scalar(text("SELECT count(*) FROM sneakers.sneaker_events")) == 0
    for engine in engines:
        engine.dispose()


def test_tables_of_a_newer_version_are_left_alone(engine: Engine, database_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE sneakers.alembic_version SET version_num = '9999'"))
    with pytest.raises(TablesError, match="update the code"):
        create_app(database_url, "secret")


def test_a_database_that_cannot_be_reached_is_one_sentence(database_url: str) -> None:
    with pytest.raises(TablesError, match="does not exist"):
        create_app(database_url.replace("/test_", "/absent_"), "secret")


def test_an_absent_database_is_said_and_a_returned_one_is_used_again(
    collector: Collector, databases: Databases, database_url: str
) -> None:
    collector.open("/")
    name = database_url.rpartition("/test_")[2].partition("?")[0]
    terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "test_{name}" ALLOW_CONNECTIONS false')
        admin.execute(terminate, [f"test_{name}"])
        answer = collector.client.get("/use")
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text
        admin.execute(f'ALTER DATABASE "test_{name}" ALLOW_CONNECTIONS true')
    collector.open("/use")
