"""The Trino of the settings, on this machine, with its catalogue made: for `tributary trino up`, and for tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from tributary.resources.postgres.loopback import ICEBERG_OWNER, password
from tributary.resources.settings import LOOPBACK, Settings
from tributary.resources.trino.artifacts import server_folder
from tributary.resources.trino.configuration import catalogue_properties
from tributary.resources.trino.jdk import find_java
from tributary.resources.trino.server import TrinoServer
from tributary.resources.warehouse.iceberg.catalogue import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tributary.resources.postgres.databases import Databases


@contextmanager
def local_trino(settings: Settings, databases: Databases, *, fetch: bool = True) -> Iterator[TrinoServer]:
    """A running server, for as long as the block runs.

    Raises:
        TrinoError: it cannot be had or started.
        WarehouseError: its catalogue cannot be made.
    """
    java = find_java(settings.trino_java)
    programs = server_folder(settings.trino_folder, fetch=fetch)
    open_catalogue(settings, databases)  # whose tables Trino does not make
    catalogues = {settings.trino_catalog: catalogue_properties(settings, _catalogue_url(settings, databases))}
    folder = settings.home / "trino"
    with TrinoServer(folder, programs, java, settings.trino_port, settings.trino_memory, catalogues) as server:
        yield server


def _catalogue_url(settings: Settings, databases: Databases) -> str | None:
    """The JDBC catalogue's database by TCP, as Trino reaches it."""
    if settings.iceberg_catalog != "jdbc":
        return None
    if settings.iceberg_uri is not None:
        return settings.iceberg_uri.get_secret_value()
    url = databases.iceberg_url()
    if databases.server is None:
        return url
    secret = quote(password(settings, ICEBERG_OWNER), safe="")
    return f"postgresql://{ICEBERG_OWNER}:{secret}@{LOOPBACK}:{settings.postgres_port}{urlsplit(url).path}"
