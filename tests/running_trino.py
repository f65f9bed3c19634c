"""A real Trino for tests, over a catalogue in an embedded Postgres of its own, which each test finds empty."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.ports import free_port
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings
from tributary.resources.trino.artifacts import VERSION, cache_folder
from tributary.resources.trino.errors import TrinoError
from tributary.resources.trino.jdk import find_java
from tributary.resources.trino.local import local_trino
from tributary.resources.trino.server import TrinoServer
from tributary.resources.warehouse.iceberg.catalogue import open_catalogue

if TYPE_CHECKING:
    from tributary.resources.warehouse.iceberg.engine import TrinoEngine


@dataclass(frozen=True)
class RunningTrino:
    """The server, and the settings and databases that it was started with."""

    settings: Settings
    databases: Databases
    server: TrinoServer

    def engine(self, turns: Path | None = None) -> TrinoEngine:
        """An engine on it, as another machine has it where it is given no folder of turns or one of its own."""
        from tributary.resources.warehouse.iceberg.engine import TrinoEngine
        from tributary.resources.warehouse.iceberg.trino_http import TrinoTransport

        transport = TrinoTransport(self.server.url, "test", self.settings.trino_catalog)
        return TrinoEngine(transport, lambda: open_catalogue(self.settings, self.databases), turns)

    def wipe(self) -> None:
        """Forget all tables and views, and remove their files."""
        with psycopg.connect(self.databases.iceberg_url(), autocommit=True) as connection:
            connection.execute("TRUNCATE iceberg_tables, iceberg_namespace_properties")
        for path in Path(self.settings.iceberg_location).iterdir():
            shutil.rmtree(path)


@contextmanager
def running_trino(home: Path, **more: object) -> Iterator[RunningTrino]:
    """A server whose state is in `home`; skips where there is no JDK, or no way to Trino's programs.

    Programs that are not kept yet are fetched by Maven, which takes a minute.
    """
    ports = {"trino_port": free_port(), "postgres_port": free_port(), "trino_memory": "1500M"}
    settings = Settings.model_validate({"home": home, "warehouse": "trino", **ports, **more})
    skip_without_trino(settings)
    with connect(settings) as databases, local_trino(settings, databases) as server:
        yield RunningTrino(settings, databases, server)


def skip_without_trino(settings: Settings) -> None:
    """Skips where there is no JDK, or no way to Trino's programs."""
    try:
        find_java(settings.trino_java)
    except TrinoError as error:
        pytest.skip(str(error))
    if not (cache_folder() / f"trino-{VERSION}").is_dir() and shutil.which("mvn") is None:
        pytest.skip("Trino is not kept here, and there is no Maven to fetch it by")
