"""Snapshots of the form app's state tables in the lake: content-addressed, whole, with a manifest of the current one.

Objects: `sneakers/raw/state/<table>/<sha256>.jsonl`, and beside them `sneakers/raw/state/<table>.json`, the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tributary.assets.sneakers.reading import STATE_QUERIES, newest_event
from tributary.resources.app_database import AppDatabase
from tributary.resources.errors import TributaryError
from tributary.resources.lake.integrity import is_intact
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Former, Unneeded, followed, next_key, replaced

STATE = "sneakers/raw/state/"


class SnapshotError(TributaryError):
    """The manifest of a snapshot is not in the lake as it was put there."""


@dataclass(frozen=True)
class Manifest:
    """The snapshot of a state table that the lake holds; `former` are the keys of those before it."""

    table: str
    key: str
    sha256: str
    size: int
    rows: int
    former: Former = ()


def read_manifest(lake: Lake, table: str) -> Manifest | None:
    """The current snapshot of a state table; None before the first.

    Raises:
        SnapshotError: its manifest cannot be read.
    """
    import msgspec

    key = _manifest_key(table)
    if lake.head(key) is None:
        return None
    try:
        return msgspec.json.decode(lake.get(key), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise SnapshotError(
            f"The manifest {lake.url(key)} cannot be read; materialise raw.json_sneaker_state, which takes it anew."
        ) from None


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


def _keep(lake: Lake, table: str, rows: list[dict[str, Any]]) -> Manifest:
    # Line separators within texts are escaped, so that a line of bytes is a row.
    data = b"".join(f"{json.dumps(row)}\n".encode() for row in rows)
    digest = hashlib.sha256(data).hexdigest()
    known = _known(lake, table)
    counts = (known.key, known.sha256) if known is not None else None
    key = next_key(lake, f"{STATE}{table}/{digest}.jsonl", counts, digest)
    former = followed(known.former, known.key, key) if known is not None else ()
    manifest = Manifest(table, key, digest, len(data), len(rows), former)
    if not is_intact(lake, manifest.key, size=len(data), sha256=digest):
        lake.put(manifest.key, data)
    if known != manifest:
        lake.put(_manifest_key(table), json.dumps(asdict(manifest)).encode())
    return manifest


def _known(lake: Lake, table: str) -> Manifest | None:
    """The manifest, for those who can make it anew: one that cannot be read is as good as none."""
    try:
        return read_manifest(lake, table)
    except SnapshotError:
        return None


def replaced_snapshots(lake: Lake) -> Iterator[Unneeded]:
    """The snapshots that another has taken the place of."""
    for table in STATE_QUERIES:
        known, described = _known(lake, table), lake.head(_manifest_key(table))
        if known is not None and described is not None:
            yield from replaced(lake, f"{STATE}{table}/", {known.key}, known.former, described.modified)


def _manifest_key(table: str) -> str:
    return f"{STATE}{table}.json"
