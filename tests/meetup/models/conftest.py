"""The meetup tables of one warehouse, for all tests of this folder: each of them replaces everything that it reads."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.meetup.models.building import Meetup

from tributary.resources.postgres.databases import Databases
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

_DATABASE = "test_meetup_models"


@pytest.fixture(scope="session")
def meetup(databases: Databases) -> Iterator[Meetup]:
    """Meetup tables in a database of their own."""
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_DATABASE}")
    url = databases.url("app").replace("/app?", f"/{_DATABASE}?")
    yield Meetup(PostgresWarehouse(lambda: url, lambda: url))
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")
