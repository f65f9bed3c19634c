"""What is noted of a table's rows: in the summary of the snapshot that published them, so that the two are one.

A snapshot that only rewrites files, as compaction makes it, has the rows of the one before, whose note then holds. A
view has no snapshots: its note is a record, which holds while its definition is the one that was recorded.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Operation, Snapshot

from tributary.resources.warehouse.base import Note

KEY = "tributary.note"
"""The property of a snapshot's summary."""


@dataclass(frozen=True)
class Noted:
    """A note, the version of the rows, when they last changed, and the number of the schema that they have."""

    note: Note
    version: str
    changed_at: datetime
    schema: int = 0

    def text(self) -> str:
        """As it is kept."""
        told = asdict(self.note)
        del told["updated_at"]
        return json.dumps(
            {
                **told,
                "inputs": dict(self.note.inputs),
                "version": self.version,
                "changed_at": self.changed_at.isoformat(),
                "schema": self.schema,
            }
        )

    def renewed(self, note: Note) -> Noted:
        """Another note on the same rows."""
        return replace(self, note=note)


def new_note(note: Note, schema: int = 0) -> Noted:
    """A note on rows that are new."""
    return Noted(note, uuid.uuid4().hex, note.updated_at or datetime.now(UTC), schema)


def read(text: str) -> Noted:
    """A note from its text."""
    found: dict[str, Any] = json.loads(text)
    version, at, schema = found.pop("version"), found.pop("changed_at"), found.pop("schema")
    changed_at = datetime.fromisoformat(at)
    return Noted(Note(**found, updated_at=changed_at), version, changed_at, schema)


def noted(table: IcebergTable) -> Noted | None:
    """What was noted of a table's present rows; None where nothing was, or its columns have changed since."""
    snapshot = publication(table)
    text = snapshot.summary.additional_properties.get(KEY) if snapshot and snapshot.summary else None
    found = read(text) if text else None
    return found if found is not None and _columns(table, found.schema) == _columns(table) else None


def _columns(table: IcebergTable, schema: int | None = None) -> list[tuple[Any, ...]] | None:
    """The columns of a schema by its number, or of the present one, without what is said of them; None of no schema."""
    found = table.schema() if schema is None else table.schemas().get(schema)
    return None if found is None else [(one.field_id, one.name, one.field_type) for one in found.fields]


def publication(table: IcebergTable) -> Snapshot | None:
    """The snapshot that gave a table its present rows."""
    snapshot = table.current_snapshot()
    while snapshot is not None and snapshot.summary is not None and snapshot.summary.operation is Operation.REPLACE:
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.metadata.snapshot_by_id(parent)
    return snapshot
