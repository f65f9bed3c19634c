"""Opens the catalogue of Iceberg tables that the settings name, as the query engine and this process share it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.resources.settings import Settings
from tributary.resources.trino.configuration import warehouse_root
from tributary.resources.warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from tributary.resources.postgres.databases import Databases

MISSING = "The warehouse in Iceberg needs more packages: pip install 'tributary[trino]'."
"""What is said where the optional packages are not installed."""


def require_packages() -> None:
    """Check that the optional packages are installed.

    Raises:
        WarehouseError: they are not.
    """
    if find_spec("pyiceberg") is None or find_spec("trino") is None:
        raise WarehouseError(MISSING)


def open_catalogue(settings: Settings, databases: Databases | None = None) -> Catalog:
    """The catalogue; that of a database is made where it is missing.

    Args:
        settings: say of which kind it is, and where.
        databases: for a catalogue in a database without a URL of its own, those that hold it.

    Raises:
        WarehouseError: the packages are missing, or the catalogue cannot be reached.
    """
    require_packages()
    name, files = settings.trino_catalog, _files(settings)
    if settings.iceberg_catalog == "jdbc":
        return _in_database(name, _database_url(settings, databases), files)
    if settings.iceberg_catalog == "rest":
        from pyiceberg.catalog.rest import RestCatalog

        assert settings.iceberg_uri is not None  # noqa: S101 - the settings require it
        return RestCatalog(name, uri=settings.iceberg_uri.get_secret_value(), **files)
    from pyiceberg.catalog.glue import GlueCatalog

    own = {"glue.region": settings.aws_region}
    if settings.aws_endpoint_url is not None:
        own["glue.endpoint"] = settings.aws_endpoint_url
    return GlueCatalog(name, **own, **files)


def _in_database(name: str, url: str, files: dict[str, str]) -> Catalog:
    from pyiceberg.catalog.sql import SqlCatalog
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        # Two processes that make its tables at once: the second one finds them.
        try:
            catalogue = SqlCatalog(name, uri=url, schema_version="v1", **files)
        except SQLAlchemyError:
            catalogue = SqlCatalog(name, uri=url, schema_version="v1", **files)
        # A session that stays open would keep the embedded server up, and must not be shared with a fork.
        catalogue.engine.dispose()
        catalogue.engine = create_engine(url, poolclass=NullPool)
        return catalogue
    except SQLAlchemyError as error:
        raise WarehouseError(
            f"Iceberg's catalogue in Postgres cannot be reached ({type(error).__name__}): start it with `tributary up`."
        ) from None


def _database_url(settings: Settings, databases: Databases | None) -> str:
    own = settings.iceberg_uri
    if own is None:
        assert databases is not None  # noqa: S101 - the caller has them where there is no URL
        url = databases.iceberg_url()
    else:
        url = own.get_secret_value()
    return f"postgresql+psycopg://{url.partition('://')[2]}"


def _files(settings: Settings) -> dict[str, str]:
    root = warehouse_root(settings)
    location = settings.iceberg_location
    if not location.startswith("s3://"):
        from tributary.resources.warehouse.iceberg.file_io import ROOT, LocalFileIO

        Path(location).mkdir(parents=True, exist_ok=True)
        return {"warehouse": root, ROOT: location, "py-io-impl": f"{LocalFileIO.__module__}.{LocalFileIO.__name__}"}
    found = {"warehouse": root, "s3.region": settings.aws_region}
    if settings.aws_endpoint_url is not None:
        found["s3.endpoint"] = settings.aws_endpoint_url
    return found
