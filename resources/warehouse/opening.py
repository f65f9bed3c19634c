"""From the settings to the warehouse. Which engine serves is decided here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.spending import Price, Spendings
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from tributary.resources.warehouse.environments.engine import EnvironmentEngine
    from tributary.resources.warehouse.iceberg.transport import Spent, Transport, Usage


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse; what serves it is started, joined or reached when it is first used.

    Raises:
        WarehouseError: packages are missing that it needs.
    """
    if settings.warehouse != "postgres":
        return _on_iceberg(settings)
    return Warehouse(open_environment(settings)) if settings.environment else open_serving(settings)


def open_serving(settings: Settings) -> Warehouse:
    """What pages read: the warehouse in Postgres, or its copy there of the tables that they are about."""
    return PostgresWarehouse(
        lambda: shared_databases(settings).url("warehouse"), lambda: shared_databases(settings).reader_url("warehouse")
    )


def open_environment(settings: Settings) -> EnvironmentEngine:
    """The engine of the settings' environment."""
    from tributary.resources.warehouse.environments.engine import EnvironmentEngine
    from tributary.resources.warehouse.environments.naming import Environment

    return EnvironmentEngine(
        lambda: shared_databases(settings).url("warehouse"),
        lambda: shared_databases(settings).reader_url("warehouse"),
        Environment(settings.environment),
    )


def _on_iceberg(settings: Settings) -> Warehouse:
    from tributary.resources.warehouse.iceberg.catalogue import open_catalogue, require_packages

    require_packages()
    from tributary.resources.warehouse.iceberg.engine import TrinoEngine

    own = settings.iceberg_catalog == "jdbc" and settings.iceberg_uri is None
    spendings = Spendings(Price(settings.athena_usd_per_tb) if settings.warehouse == "athena" else None)

    def spent(origin: Origin, usage: Usage) -> None:
        spendings.add(origin, usage.scanned_bytes, usage.queue_seconds, usage.run_seconds)

    return Warehouse(
        TrinoEngine(
            _transport(settings, spent),
            lambda: open_catalogue(settings, shared_databases(settings) if own else None),
            settings.home / "run" / "turns",
            spendings,
        )
    )


def _transport(settings: Settings, spent: Spent) -> Transport:
    if settings.warehouse == "athena":
        from tributary.resources.warehouse.iceberg.athena import AthenaPlace, AthenaTransport

        place = AthenaPlace(
            settings.aws_region,
            settings.athena_workgroup,
            settings.athena_answers,
            settings.aws_endpoint_url,
            settings.athena_scan_limit,
            settings.athena_poll_seconds,
        )
        return AthenaTransport(place, settings.athena_statements, spent)
    from tributary.resources.warehouse.iceberg.trino_http import TrinoTransport

    secret = settings.trino_password
    return TrinoTransport(
        settings.trino_address,
        settings.trino_user,
        settings.trino_catalog,
        None if secret is None else secret.get_secret_value(),
        settings.trino_statements,
        spent,
        settings.trino_scan_limit,
    )
