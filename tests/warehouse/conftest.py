"""Roles on the test's server: a writer that may make databases and nothing else, and readers of several kinds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tributary.resources.postgres.databases import Databases
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@dataclass(frozen=True)
class Server:
    """A database of the writer's own; `url` gives its URL for a role."""

    databases: Databases
    name: str
    roles: tuple[str, ...]

    def url(self, role: str) -> str:
        """The database's URL as one of `roles`, by how its name begins, or as the superuser (`postgres`)."""
        found = next((name for name in self.roles if name.startswith(role)), role)
        return self.databases.url("app").replace("//postgres@", f"//{found}@").replace("/app?", f"/{self.name}?")

    def role(self, role: str) -> str:
        """The full name of one of the roles."""
        return next(name for name in self.roles if name.startswith(role))


@pytest.fixture
def server(databases: Databases) -> Iterator[Server]:
    """A writer with CREATEDB only, and readers: `plain` sees nothing of others' sessions, `seeing` sees statistics."""
    mark = uuid.uuid4().hex[:8]
    found = Server(databases, f"own_{mark}", tuple(f"{role}_{mark}" for role in ("writer", "plain", "seeing", "other")))
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        for role in found.roles:
            admin.execute(f"CREATE ROLE {role} LOGIN {'CREATEDB' if role.startswith('writer') else ''}")
        admin.execute(f"GRANT pg_read_all_stats TO {found.role('seeing')}")
        admin.execute(f"CREATE DATABASE {found.name} OWNER {found.role('writer')}")
    yield found
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {found.name} WITH (FORCE)")
        for role in found.roles:
            admin.execute(f"DROP ROLE {role}")


@pytest.fixture
def by_url(server: Server) -> PostgresWarehouse:
    """The warehouse as on a server given by URL, whose user may make databases and nothing else."""
    return PostgresWarehouse(lambda: server.url("writer"))


@pytest.fixture
def admin(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """The superuser in the writer's database."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        yield connection
