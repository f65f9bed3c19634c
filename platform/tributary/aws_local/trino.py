"""The Trino that Athena's statements run on: one server whose only catalogue is Glue's, with its files in S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tributary.aws_local.running import CATALOG
from tributary.aws_local.server import REGION, AwsLocal
from tributary.aws_local.throttle import Throttle
from tributary.resources.settings import Settings
from tributary.resources.trino.artifacts import server_folder
from tributary.resources.trino.jdk import find_java
from tributary.resources.trino.server import TrinoServer

_PARTITIONS = 100
"""Partitions that a CTAS or INSERT of Athena's writes at most."""


@contextmanager
def local_aws(
    settings: Settings, folder: Path, *, port: int = 0, throttle: Throttle | None = None
) -> Iterator[AwsLocal]:
    """The stand-in with its Trino, for as long as the block runs.

    Args:
        settings: say of Trino its programs, JDK, port and memory.
        folder: where Trino's configuration, data and log are.
        port: that of the stand-in on loopback; a free one where it is 0.
        throttle: how many statements Athena takes; all where it is None.

    Raises:
        TrinoError: Trino cannot be had or started.
    """
    programs, java = server_folder(settings.trino_folder), find_java(settings.trino_java)
    trino_url = f"http://127.0.0.1:{settings.trino_port}"
    with AwsLocal(lambda: trino_url, port=port, throttle=throttle) as aws:
        catalogues = {CATALOG: catalogue(aws.url)}
        with TrinoServer(folder, programs, java, settings.trino_port, settings.trino_memory, catalogues):
            yield aws


def catalogue(aws_url: str) -> dict[str, str]:
    """The catalogue's properties; any key opens the stand-in."""
    key, secret = "local", "local"
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "glue",
        "iceberg.max-partitions-per-writer": str(_PARTITIONS),
        "hive.metastore.glue.endpoint-url": aws_url,
        "hive.metastore.glue.region": REGION,
        "hive.metastore.glue.aws-access-key": key,
        "hive.metastore.glue.aws-secret-key": secret,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": aws_url,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": key,
        "s3.aws-secret-key": secret,
    }
