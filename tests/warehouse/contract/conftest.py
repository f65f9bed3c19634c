"""The engines that the tests of this folder are run on: each test that asks for `warehouse` runs once for every one.

What is tested here is what `Warehouse` owes whatever the engine, in SQL that all of them read. What only Postgres owes
(locks, snapshots, grants) is tested beside this folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import settings

from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine
from tributary.resources.warehouse.warehouse import Warehouse

Opener = Callable[[pytest.FixtureRequest], Engine]


def _postgres(request: pytest.FixtureRequest) -> Engine:
    url = request.getfixturevalue("database_url")
    return PostgresEngine(lambda: url)


def _trino(request: pytest.FixtureRequest) -> Engine:
    running = request.getfixturevalue("trino_server")
    running.wipe()
    return running.engine()


ALL_ON_ATHENA = "CONTRACT_ON_ATHENA"
"""The variable that, set to anything, lets all of these tests run on Athena's stand-in too: minutes more."""

_ON_ATHENA = ("test_publications", "test_ledger")


def _athena(request: pytest.FixtureRequest) -> Engine:
    if not (os.environ.get(ALL_ON_ATHENA) or request.path.stem in _ON_ATHENA):
        pytest.skip(
            f"the engine is that of Trino, on which all of it runs; {ALL_ON_ATHENA}=1 runs it on Athena as well"
        )
    running = request.getfixturevalue("aws")
    running.wipe()
    return running.engine()


ENGINES: dict[str, Opener] = {"postgres": _postgres, "trino": _trino, "athena": _athena}
FEW = 2
_OWN_PROCESS = {"trino": pytest.mark.xdist_group("trino"), "athena": pytest.mark.xdist_group("aws")}


@pytest.fixture(params=[pytest.param(name, marks=_OWN_PROCESS.get(name, ())) for name in ENGINES])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine on an empty warehouse."""
    return ENGINES[request.param](request)


@pytest.fixture(autouse=True)
def _few_examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement of Trino takes a hundred times as long: of many examples it is asked a few."""
    made, name = (
        getattr(request.function, "_hypothesis_internal_use_settings", None),
        "_hypothesis_internal_use_settings",
    )
    if made is not None and request.node.callspec.params.get("engine") != "postgres":
        monkeypatch.setattr(request.function, name, settings(made, max_examples=FEW))


@pytest.fixture
def warehouse(engine: Engine) -> Warehouse:
    """The warehouse on it."""
    return Warehouse(engine)
