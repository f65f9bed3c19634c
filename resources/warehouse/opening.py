"""From the settings to the warehouse. Which engine serves which profile is decided here and nowhere else."""

from __future__ import annotations

from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.warehouse import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse; its server is started, or joined, when it is first used, and held until the process ends."""
    return PostgresWarehouse(
        lambda: shared_databases(settings).url("warehouse"), lambda: shared_databases(settings).reader_url("warehouse")
    )
