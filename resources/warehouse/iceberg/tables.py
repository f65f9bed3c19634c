"""Iceberg tables as writes need them: found, made aside with a given schema, and changed in one commit.

Only pyiceberg is spoken here, so that it is the same for each engine that reads the tables.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchPropertyException,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadataV2
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from sqlalchemy.exc import IntegrityError

from tributary.resources.warehouse.base import Size
from tributary.resources.warehouse.errors import OvertakenError
from tributary.resources.warehouse.table import Table

PARTS = "_parts"
"""The namespace of tables aside and of records."""

PROPERTIES = {
    # A writer that was overtaken must look at the table again, not add to what it has not seen.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "write.parquet.compression-codec": "zstd",
}
_BUILT = "built_"
LEFTOVER_SECONDS = 24 * 3600.0
"""The age from which a table aside is what a killed run left."""


@dataclass(frozen=True)
class Aside:
    """A table aside: its name in the catalogue, and as SQL has it."""

    table: IcebergTable

    @property
    def identifier(self) -> tuple[str, ...]:
        """As the catalogue has it."""
        return self.table.name()

    @property
    def relation(self) -> str:
        """As SQL has it."""
        return ".".join(f'"{part}"' for part in self.identifier)

    def files(self) -> list[DataFile]:
        """The files of its rows as they are now."""
        return files_of(self.table.refresh())


def find(catalogue: Catalog, name: str) -> IcebergTable | None:
    """The table `schema.name`; None where there is none, or what has the name is none of Iceberg's."""
    try:
        return catalogue.load_table(name)
    except (NoSuchTableError, NoSuchPropertyException):  # the latter of a view, which Glue lists among tables
        return None


def sizes(catalogue: Catalog, namespaces: Iterable[str]) -> dict[str, Size]:
    """How large the tables of some namespaces are, by `schema.name`, as their snapshots tell."""
    found = {}
    for namespace in filter(catalogue.namespace_exists, namespaces):
        for identifier in catalogue.list_tables(namespace):
            table = find(catalogue, ".".join(identifier))
            if table is not None:
                found[".".join(identifier)] = Size(total(table, "total-records"), total(table, "total-files-size"))
    return found


def total(table: IcebergTable, name: str) -> int:
    """A total that the present snapshot's summary tells; 0 where it tells none."""
    snapshot = table.current_snapshot()
    summary = snapshot.summary if snapshot is not None else None
    return int(summary.additional_properties.get(name, 0)) if summary is not None else 0


def ensure_namespace(catalogue: Catalog, name: str) -> None:
    """Make a namespace where it is missing."""
    if not catalogue.namespace_exists(name):
        with suppress(NamespaceAlreadyExistsError, IntegrityError):  # others made it at the same moment
            catalogue.create_namespace(name)


def new_location(catalogue: Catalog, table: Table) -> str:
    """Where a new table may lie, whatever was once there under its name."""
    return f"{catalogue.properties['warehouse'].rstrip('/')}/{table.schema}/{table.name}-{uuid.uuid4().hex[:12]}"


def make_aside(catalogue: Catalog, within: str, schema: Schema, spec: PartitionSpec) -> Aside:
    """An empty table aside with exactly this schema, down to its columns' numbers, so that its files can be another's.

    Args:
        catalogue: where it is listed.
        within: the location of the table that it is made for.
        schema: that of the table.
        spec: its partitions.
    """
    name = f"{_BUILT}{int(time.time())}_{secrets.token_hex(4)}"
    location = f"{within}/{name}"
    metadata = TableMetadataV2(
        location=location,
        last_column_id=schema.highest_field_id,
        schemas=[schema],
        current_schema_id=schema.schema_id,
        partition_specs=[spec],
        default_spec_id=spec.spec_id,
        last_partition_id=spec.last_assigned_field_id,
        sort_orders=[UNSORTED_SORT_ORDER],
        default_sort_order_id=UNSORTED_SORT_ORDER.order_id,
        properties=PROPERTIES,
    )
    path = f"{location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    ToOutputFile.table_metadata(metadata, files(catalogue, path).new_output(path))
    ensure_namespace(catalogue, PARTS)
    return Aside(catalogue.register_table((PARTS, name), path))


def files(catalogue: Catalog, location: str) -> FileIO:
    """What opens files of the catalogue's tables."""
    return load_file_io(catalogue.properties, location)


def files_of(table: IcebergTable) -> list[DataFile]:
    """The files of a table's present rows."""
    return [task.file for task in table.scan().plan_files()]


def forget(catalogue: Catalog, aside: Aside) -> None:
    """Take a table aside from the catalogue, of which a table has the files now."""
    with suppress(NoSuchTableError):
        catalogue.drop_table(aside.identifier)


def destroy(catalogue: Catalog, aside: Aside) -> None:
    """Take a table aside from the catalogue, with its files."""
    with suppress(NoSuchTableError):
        catalogue.purge_table(aside.identifier)


def drop_leftovers(catalogue: Catalog, older_than: float = LEFTOVER_SECONDS) -> int:
    """Take from the catalogue what killed runs left aside longer ago than so many seconds; how many there were.

    Their files lie within their tables' locations, from where they go as orphans: a table may have taken them, where
    the run was killed behind its commit.
    """
    if not catalogue.namespace_exists(PARTS):
        return 0
    limit, dropped = time.time() - older_than, 0
    for identifier in catalogue.list_tables(PARTS):
        made = identifier[-1].removeprefix(_BUILT).partition("_")[0]
        if identifier[-1].startswith(_BUILT) and made.isdigit() and int(made) < limit:
            with suppress(NoSuchTableError):
                catalogue.drop_table(identifier)
                dropped += 1
    return dropped


def swap(
    transaction: Transaction, gone: Sequence[DataFile], come: Sequence[DataFile], properties: Mapping[str, str]
) -> None:
    """Let files go and others come, in one snapshot with these properties; a snapshot is made of no files too."""
    update = transaction.update_snapshot(snapshot_properties=dict(properties))
    with update.overwrite() if gone else update.fast_append() as snapshot:
        for file in gone:
            snapshot.delete_data_file(file)
        for file in come:
            snapshot.append_data_file(file)


@contextmanager
def overtaking(name: str) -> Iterator[None]:
    """Tell of a commit that others were before.

    Raises:
        OvertakenError: they were.
    """
    try:
        yield
    except (CommitFailedException, ValidationException, TableAlreadyExistsError):
        raise OvertakenError(
            f"{name} was published by another writer meanwhile, again and again; its rows stand: run it again."
        ) from None
