"""From the settings to the warehouse. Which engine serves is decided here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from tributary.resources.warehouse.iceberg.transport import Transport


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse; what serves it is started, joined or reached when it is first used.

    Raises:
        WarehouseError: packages are missing that it needs.
    """
    if settings.warehouse != "postgres":
        return _on_iceberg(settings)
    return PostgresWarehouse(
        lambda: shared_databases(settings).url("warehouse"), lambda: shared_databases(settings).reader_url("warehouse")
    )


def _on_iceberg(settings: Settings) -> Warehouse:
    from tributary.resources.warehouse.iceberg.catalogue import open_catalogue, require_packages

    require_packages()
    from tributary.resources.warehouse.iceberg.engine import TrinoEngine

    own = settings.iceberg_catalog == "jdbc" and settings.iceberg_uri is None
    return Warehouse(
        TrinoEngine(
            _transport(settings),
            lambda: open_catalogue(settings, shared_databases(settings) if own else None),
            settings.home / "run" / "turns",
        )
    )


def _transport(settings: Settings) -> Transport:
    from tributary.resources.warehouse.iceberg.trino_http import TrinoTransport

    secret = settings.trino_password
    return TrinoTransport(
        settings.trino_address,
        settings.trino_user,
        settings.trino_catalog,
        None if secret is None else secret.get_secret_value(),
        settings.trino_statements,
    )
