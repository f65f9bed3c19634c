"""The engines that the tests of this folder are run on: each test that asks for `warehouse` runs once for every one.

What is tested here is what `Warehouse` owes whatever the engine, in SQL that all of them read. What only Postgres owes
(locks, snapshots, grants) is tested beside this folder.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine
from tributary.resources.warehouse.warehouse import Warehouse

Opener = Callable[[pytest.FixtureRequest], Engine]


def _postgres(request: pytest.FixtureRequest) -> Engine:
    url = request.getfixturevalue("database_url")
    return PostgresEngine(lambda: url)


ENGINES: dict[str, Opener] = {"postgres": _postgres}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine on an empty warehouse."""
    return ENGINES[request.param](request)


@pytest.fixture
def warehouse(engine: Engine) -> Warehouse:
    """The warehouse on it."""
    return Warehouse(engine)
