"""The tables of records: ledger, feed of changes, quarantine, and what was published; small Iceberg tables.

Their rows are replaced by pyiceberg alone, and by many writers: who was overtaken replaces them again.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError, ValidationException
from pyiceberg.expressions import And, BooleanExpression, EqualTo, In, NotEqualTo
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import BinaryType, IcebergType, LongType, NestedField, StringType, TimestampType, TimestamptzType

from tributary.resources.warehouse.changes import CHANGES, READERS
from tributary.resources.warehouse.iceberg.tables import PROPERTIES, ensure_namespace, find
from tributary.resources.warehouse.ledger import LEDGER
from tributary.resources.warehouse.quarantine import QUARANTINE

PUBLICATIONS = "_parts.publications"
"""A row a table or view that was published; of a view with its note, definition, and what it reads."""

_TEXT, _NUMBER, _MOMENT = StringType(), LongType(), TimestamptzType()
_COLUMNS: Mapping[str, Mapping[str, IcebergType]] = {
    LEDGER: {
        "table_name": _TEXT, "source": _TEXT, "fingerprint": _TEXT, "source_column": _TEXT, "loaded_at": _MOMENT,
    },
    CHANGES: {
        "table_name": _TEXT, "columns": _TEXT, "previous": _TEXT, "version": _TEXT, "keys": _TEXT,
        "recorded_at": _MOMENT,
    },
    READERS: {"reader": _TEXT, "table_name": _TEXT, "columns": _TEXT},
    QUARANTINE: {
        "table_name": _TEXT, "source": _TEXT, "line_number": _NUMBER, "byte_offset": _NUMBER, "raw_text": _TEXT,
        "raw_bytes": BinaryType(), "reason": _TEXT, "detail": _TEXT, "run_id": _TEXT, "rejected_at": _MOMENT,
    },
    PUBLICATIONS: {
        "table_name": _TEXT, "kind": _TEXT, "changed_at": TimestampType(), "rows": _NUMBER, "note": _TEXT,
        "definition": _TEXT, "reads": _TEXT,
    },
}  # fmt: skip
RECORDS = tuple(_COLUMNS)
"""The names of the tables of records."""

_ATTEMPTS = 40
MOST_SNAPSHOTS = 20
"""More of a table of records are let go of, however young: each commit copies and writes what tells of them."""
_KEPT_SNAPSHOTS = 5


def ensure(catalogue: Catalog) -> None:
    """Make the tables that are missing; safe while others do the same."""
    for name, columns in _COLUMNS.items():
        namespace = name.partition(".")[0]
        ensure_namespace(catalogue, namespace)
        if catalogue.table_exists(name):
            continue
        schema = Schema(*(NestedField(place, *one, required=False) for place, one in enumerate(columns.items(), 1)))
        first = next(iter(columns))
        # Writers replace what is of one table or reader, which then are whole files.
        spec = PartitionSpec(PartitionField(1, PARTITION_FIELD_ID_START, IdentityTransform(), first))
        with suppress(TableAlreadyExistsError):
            catalogue.create_table(name, schema, partition_spec=spec, properties=PROPERTIES)


def put(
    catalogue: Catalog,
    name: str,
    owned: Mapping[str, str | Sequence[str]],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """As `EngineSession.put`, in a commit of its own.

    Raises:
        CommitFailedException: others were before, again and again.
    """
    every, given = list(rows), list(columns)
    for attempt in range(_ATTEMPTS):
        table = find(catalogue, name)
        if table is None:
            ensure(catalogue)
            table = catalogue.load_table(name)
        try:
            _replace(table, _where(owned), given, every)
        except (CommitFailedException, ValidationException):
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.05 * (attempt + 1)))  # noqa: S311 - to part two that collide
            continue
        _expire(table)
        return


def found(
    catalogue: Catalog,
    name: str,
    owned: Mapping[str, str | Sequence[str]],
    columns: Sequence[str],
    but: Mapping[str, str],
    most: int | None,
) -> list[dict[str, Any]]:
    """As `EngineSession.records`, read from the files: an engine takes longer to plan a statement than these take."""
    table = find(catalogue, name)
    if table is None or table.current_snapshot() is None:
        return []
    wanted = _where(owned)
    for key, value in but.items():
        wanted = And(wanted, NotEqualTo(term=key, value=value))
    scan = table.scan(wanted, selected_fields=tuple(columns), limit=most)
    rows: list[dict[str, Any]] = scan.to_arrow().to_pylist()
    return rows


def _replace(
    table: IcebergTable, owned: BooleanExpression, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    stands = table.current_snapshot() is not None and any(table.scan(owned).plan_files())
    if not stands and not rows:
        return
    with table.transaction() as transaction:
        if stands:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that nothing matched, which is as well
                transaction.delete(owned)
        if rows:
            schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
            values = dict(zip(columns, zip(*rows, strict=True), strict=True))
            arrays = [pa.array(values.get(field.name, [None] * len(rows)), field.type) for field in schema]
            transaction.append(pa.Table.from_arrays(arrays, schema=schema))


def _where(owned: Mapping[str, str | Sequence[str]]) -> BooleanExpression:
    conditions: list[BooleanExpression] = [
        EqualTo(term=key, value=value) if isinstance(value, str) else In(term=key, literals=list(value))
        for key, value in owned.items()
    ]
    return conditions[0] if len(conditions) == 1 else And(*conditions)


def _expire(table: IcebergTable) -> None:
    """Let old snapshots go, of which readers who have begun need the files alone; those stay until the upkeep."""
    snapshots = table.metadata.snapshots
    if len(snapshots) > MOST_SNAPSHOTS:
        by_age = sorted(snapshots, key=lambda snapshot: snapshot.sequence_number or 0)
        old = [snapshot.snapshot_id for snapshot in by_age[:-_KEPT_SNAPSHOTS]]
        with suppress(CommitFailedException, ValidationException):
            table.maintenance.expire_snapshots().by_ids(old).commit()
