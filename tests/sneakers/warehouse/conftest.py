"""Fixtures of the source sneakers: a collection in a warehouse, and a form app's database with its own tables."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from tests.sneakers.warehouse.building import Collection

from tributary.resources.app_database import AppDatabase
from tributary.resources.postgres.databases import Databases
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@pytest.fixture
def collection(warehouse: PostgresWarehouse, tmp_path: Path) -> Collection:
    """An empty collection."""
    return Collection(warehouse, tmp_path)


@pytest.fixture
def app_url(databases: Databases) -> Iterator[str]:
    """The URL of an app's database of the test's own, in which the form app was never started."""
    name = f"app_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield databases.url("app").replace("/app?", f"/{name}?")
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def engine(app_url: str) -> Iterator[Engine]:
    """The form app's own engine, with its tables made."""
    from tributary.assets.sneakers.app.database import migrate, open_engine

    found = open_engine(app_url)
    migrate(found)
    yield found
    found.dispose()


@pytest.fixture
def app(app_url: str) -> AppDatabase:
    """The app's database as the platform reads it."""
    return AppDatabase(lambda: app_url)
