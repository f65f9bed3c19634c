"""Keeps Iceberg tables from wearing out: many small files become few, old snapshots go, and files that nothing names.

The engine does the work, by statements of its transport. What is noted of the rows is noted anew on the snapshot that
compaction made, before the one that it stood on goes.
"""

from __future__ import annotations

from contextlib import suppress

from pyiceberg.table import Table as IcebergTable

from tributary.resources.warehouse.base import Maintained
from tributary.resources.warehouse.errors import OvertakenError, WarehouseError
from tributary.resources.warehouse.iceberg import notes, tables
from tributary.resources.warehouse.iceberg.access import Access
from tributary.resources.warehouse.iceberg.records import RECORDS
from tributary.resources.warehouse.table import LAYERS

SMALL_BYTES = 16 << 20
"""A file of fewer bytes is small."""

MANY = 8
"""As many small files of a table are worth compacting."""

DAYS = 7
"""Days for which snapshots, and files that nothing names, are kept: longer than any statement that may read them."""


def maintain(access: Access) -> list[Maintained]:
    """Look after all tables; what was done to each that something was done to, or why it could not be."""
    tables.drop_leftovers(access.catalogue)
    found = []
    for namespace in filter(access.catalogue.namespace_exists, LAYERS):
        names = [".".join(identifier) for identifier in access.catalogue.list_tables(namespace)]
        found += [_maintained(access, name) for name in sorted(names)]
    found += [_maintained(access, name) for name in RECORDS if access.catalogue.table_exists(name)]
    return [one for one in found if one.changed]


def _maintained(access: Access, name: str) -> Maintained:
    with access.turns.take(name):
        table = tables.find(access.catalogue, name)
        if table is None:
            return Maintained(name)
        before = _state(table)
        small = sum(file.file_size_in_bytes < SMALL_BYTES for file in tables.files_of(table))
        trouble = ""
        try:
            for statement in access.transport.upkeep(name, compact=small >= MANY, days=DAYS):
                access.rows(statement)
                _keep_note(table.refresh())
        except WarehouseError as error:
            trouble = str(error)
        after = _state(table.refresh())
        return Maintained(name, *before, *after, trouble)


def _state(table: IcebergTable) -> tuple[int, int, int]:
    return (
        tables.total(table, "total-data-files"),
        tables.total(table, "total-files-size"),
        len(table.metadata.snapshots),
    )


def _keep_note(table: IcebergTable) -> None:
    """Note on the present snapshot what was noted on the one whose rows it has."""
    found, present = notes.publication(table), table.current_snapshot()
    text = found.summary.additional_properties.get(notes.KEY) if found and found.summary else None
    if text is None or present is None or found is None or found.snapshot_id == present.snapshot_id:
        return
    # Who was before has noted its own rows.
    with suppress(OvertakenError), tables.overtaking(table.name()[-1]):
        transaction = table.transaction()
        tables.swap(transaction, (), (), {notes.KEY: text})
        transaction.commit_transaction()
