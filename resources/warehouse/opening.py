"""From the settings to the warehouse. Which engine serves which profile is decided here and nowhere else."""

from __future__ import annotations

import atexit
from functools import cache

from resources.postgres.databases import Databases, connect
from resources.settings import Settings
from resources.warehouse.base import Warehouse
from resources.warehouse.postgres.warehouse import PostgresWarehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse; its server is started, or joined, when it is first used, and held until the process ends."""

    @cache
    def databases() -> Databases:
        held = connect(settings)
        atexit.register(held.close)
        return held

    return PostgresWarehouse(lambda: databases().url("warehouse"), lambda: databases().reader_url("warehouse"))
