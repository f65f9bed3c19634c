"""The social tables of one warehouse, for all tests of this folder: each of them replaces everything that it reads."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.social.models.building import Network

from tributary.resources.postgres.databases import Databases
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

_DATABASE = "test_social_models"


@pytest.fixture(scope="session")
def network(databases: Databases) -> Iterator[Network]:
    """Social tables in a database of their own."""
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_DATABASE}")
    url = databases.url("app").replace("/app?", f"/{_DATABASE}?")
    yield Network(PostgresWarehouse(lambda: url, lambda: url))
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")
