"""Snapshots of the form app's state tables in the lake: content-addressed, whole, with a manifest of the current one.

Objects: `sneakers/raw/state/<table>/<sha256>.jsonl`, and beside them `sneakers/raw/state/<table>.json`, the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from assets.sneakers.source import STATE_QUERIES, newest_event
from resources.app_database import AppDatabase
from resources.lake.model import Lake

STATE = "sneakers/raw/state/"


@dataclass(frozen=True)
class Manifest:
    """The snapshot of a state table that the lake holds."""

    table: str
    key: str
    sha256: str
    size: int
    rows: int


def read_manifest(lake: Lake, table: str) -> Manifest | None:
    """The current snapshot of a state table; None before the first."""
    if lake.head(_manifest_key(table)) is None:
        return None
    return Manifest(**json.loads(lake.get(_manifest_key(table))))


def take_snapshots(app: AppDatabase, lake: Lake) -> dict[str, Manifest]:
    """Bring all state tables, as they are at one moment, into the lake; none while the app has not made them yet.

    Raises:
        AppDatabaseError: the database cannot be read.
    """
    if newest_event(app) is None:
        return {}
    with app.snapshot() as snapshot:
        found = {table: list(snapshot.rows(query)) for table, query in STATE_QUERIES.items()}
    return {table: _keep(lake, table, rows) for table, rows in found.items()}


def snapshot_rows(lake: Lake, table: str) -> Iterator[dict[str, Any]]:
    """The rows of the current snapshot of a state table, as texts and numbers; none before the first."""
    manifest = read_manifest(lake, table)
    if manifest is not None:
        for line in lake.get(manifest.key).splitlines():
            yield json.loads(line)


def _keep(lake: Lake, table: str, rows: list[dict[str, Any]]) -> Manifest:
    # Line separators within texts are escaped, so that a line of bytes is a row.
    data = b"".join(f"{json.dumps(row)}\n".encode() for row in rows)
    digest = hashlib.sha256(data).hexdigest()
    manifest = Manifest(table, f"{STATE}{table}/{digest}.jsonl", digest, len(data), len(rows))
    if lake.head(manifest.key) is None:
        lake.put(manifest.key, data)
    if read_manifest(lake, table) != manifest:
        lake.put(_manifest_key(table), json.dumps(asdict(manifest)).encode())
    return manifest


def _manifest_key(table: str) -> str:
    return f"{STATE}{table}.json"
