"""A write of an Iceberg table while it is under way: what it found, and what was built for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyarrow.parquet import ParquetFile
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction

from tributary.resources.warehouse.base import Source
from tributary.resources.warehouse.engine import Built, Known
from tributary.resources.warehouse.iceberg import tables


@dataclass
class UnderWay:
    """A write under way: the table as it was looked at (None where it is not there yet), and what was built for it.

    `committed` says that the table may have the files of what is aside, which then must stay whatever happens.
    """

    base: IcebergTable | None
    location: str
    schema: Schema
    spec: PartitionSpec
    transaction: Transaction | None
    aside: list[tables.Aside]
    built: tables.Aside | None = None
    gone: str = ""
    touched: Mapping[str, int] | None = None
    owned: Mapping[str, int] | None = None
    come: list[DataFile] | None = None
    committed: bool = False

    def files(self) -> list[DataFile]:
        """The files of the rows built, which are looked for once; who changes them forgets `come`."""
        assert self.built is not None  # noqa: S101 - rows were built
        if self.come is None:
            self.come = self.built.files()
        return self.come

    def known(self) -> Known:
        """What the files tell of the rows built; nothing is deleted from them."""
        files = self.files()
        nulls = {
            field.name: sum(file.null_value_counts[field.field_id] for file in files)
            for field in self.schema.fields
            if all(field.field_id in (file.null_value_counts or {}) for file in files)
        }
        return Known(sum(file.record_count for file in files), nulls)

    def first(self, most: int) -> list[dict[str, Any]]:
        """So many of the rows built, read from the files."""
        assert self.built is not None  # noqa: S101 - rows were built
        rows: list[dict[str, Any]] = []
        for file in self.files():
            with self.built.table.io.new_input(file.file_path).open() as stream:
                for batch in ParquetFile(stream).iter_batches(batch_size=most):
                    rows += batch.to_pylist()
                    if len(rows) >= most:
                        return rows[:most]
        return rows


@dataclass(frozen=True)
class Kept:
    """What was built of rows that can be had but once, for when the write is begun again."""

    source: Source
    built: Built
    aside: tables.Aside
    files: Sequence[DataFile]
