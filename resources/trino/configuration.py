"""The configuration files of a local Trino: one coordinator on loopback, with one catalogue of Iceberg tables.

It is lean, so that it starts in seconds and fits beside other servers: no plugins but the connector, no web UI, and a
share of the heap for queries that leaves the rest to the server itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tributary.resources.settings import LOOPBACK, Settings

LOCAL = "local://"
"""The scheme of the only local file system that Trino knows; its root is a folder that the catalogue names."""

ENVIRONMENT = "tributary"
_FOR_QUERIES = 0.4
_HEADROOM = 0.1
_REMEMBERED = "1m"
"""How long it knows of a statement that is over, which it is once all of its result was read."""


def memory_in_mebibytes(text: str) -> int:
    """A size as the settings have it, such as `2G`."""
    return int(text[:-1]) * (1024 if text[-1] == "G" else 1)


def server_properties(port: int, memory: str) -> dict[str, str]:
    """`config.properties`."""
    heap = memory_in_mebibytes(memory)
    share = f"{int(heap * _FOR_QUERIES)}MB"
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": str(port),
        "discovery.uri": f"http://{LOOPBACK}:{port}",
        "query.max-memory": share,
        "query.max-memory-per-node": share,
        "memory.heap-headroom-per-node": f"{int(heap * _HEADROOM)}MB",
        "catalog.management": "static",
        "web-ui.enabled": "false",
        "query.max-length": "10000000",
        # It looks through all that it remembers five times a second: a fifth of a busy hour's processor time.
        "task.info.max-age": _REMEMBERED,
        "query.min-expire-age": _REMEMBERED,
    }


def catalogue_properties(settings: Settings, catalogue_url: str | None) -> dict[str, str]:
    """The catalogue of Iceberg tables.

    Args:
        settings: say which catalogue, and where tables lie.
        catalogue_url: for a JDBC catalogue the URL of its database, with user and password, over TCP.
    """
    found = {
        "connector.name": "iceberg",
        "iceberg.unique-table-location": "true",
        # What a killed write left is removed by its age, which the one who removes it knows best.
        "iceberg.remove-orphan-files.min-retention": "0s",
        "iceberg.expire-snapshots.min-retention": "0s",
        "iceberg.compression-codec": "ZSTD",
        # What is inserted are rows aside, whose files go to a table without what would be counted of them here.
        "iceberg.extended-statistics.collect-on-write": "false",
    }
    kind = settings.iceberg_catalog
    if kind == "jdbc":
        found |= _jdbc(settings, catalogue_url or "")
    elif kind == "rest":
        assert settings.iceberg_uri is not None  # noqa: S101 - the settings require it
        found |= {"iceberg.catalog.type": "rest", "iceberg.rest-catalog.uri": settings.iceberg_uri.get_secret_value()}
    else:
        found |= {
            "iceberg.catalog.type": "glue",
            "hive.metastore.glue.region": settings.aws_region,
            "hive.metastore.glue.default-warehouse-dir": settings.iceberg_location,
        }
        if settings.aws_endpoint_url is not None:
            found["hive.metastore.glue.endpoint-url"] = settings.aws_endpoint_url
    return found | _files(settings)


def warehouse_root(settings: Settings) -> str:
    """Where tables lie, as metadata names it: below `s3://`, or below `local://`, whose root is the folder."""
    location = settings.iceberg_location
    return location if location.startswith("s3://") else f"{LOCAL}/tables"


def text(properties: Mapping[str, str]) -> str:
    """Properties as the file that Trino reads."""
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def _jdbc(settings: Settings, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "iceberg.catalog.type": "jdbc",
        "iceberg.jdbc-catalog.driver-class": "org.postgresql.Driver",
        "iceberg.jdbc-catalog.connection-url": f"jdbc:postgresql://{parts.hostname}:{parts.port or 5432}{parts.path}",
        "iceberg.jdbc-catalog.connection-user": unquote(parts.username or ""),
        "iceberg.jdbc-catalog.connection-password": unquote(parts.password or ""),
        "iceberg.jdbc-catalog.catalog-name": settings.trino_catalog,
        "iceberg.jdbc-catalog.default-warehouse-dir": warehouse_root(settings),
        "iceberg.jdbc-catalog.schema-version": "V1",
    }


def _files(settings: Settings) -> dict[str, str]:
    location = settings.iceberg_location
    if not location.startswith("s3://"):
        return {"fs.native-local.enabled": "true", "local.location": str(Path(location))}
    found = {"fs.native-s3.enabled": "true", "s3.region": settings.aws_region}
    if settings.aws_endpoint_url is not None:
        found |= {"s3.endpoint": settings.aws_endpoint_url, "s3.path-style-access": "true"}
    return found
