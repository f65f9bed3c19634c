"""Fixtures of the tests of environments."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.environments import shop as shops
from tests.environments.shop import MODELS, SOME, Shop

from tributary.resources.postgres.databases import NAMES, Databases, connect
from tributary.resources.settings import Settings, get_settings


@pytest.fixture
def shop(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop, made whole in a production of its own."""
    assert databases.server is not None
    home = databases.server.data.parent
    monkeypatch.setenv("TRIBUTARY_HOME", str(home))
    get_settings.cache_clear()
    prefix = f"t{uuid.uuid4().hex[:8]}_"
    settings = Settings(_env_file=None, home=home, database_prefix=prefix)
    shops.ROWS[:] = SOME
    with connect(settings) as found:
        one = Shop(tmp_path / "models", found, settings)
        for name in MODELS:
            one.write(name)
        one.make_all()
        yield one
    get_settings.cache_clear()
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        for name in NAMES:
            admin.execute(f'DROP DATABASE IF EXISTS "{prefix}{name}" WITH (FORCE)')
