"""A write of an Iceberg table while it is under way: what it found, and what was built for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction

from tributary.resources.warehouse.base import Source
from tributary.resources.warehouse.engine import Built
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
    committed: bool = False


@dataclass(frozen=True)
class Kept:
    """What was built of rows that can be had but once, for when the write is begun again."""

    source: Source
    built: Built
    aside: tables.Aside
    files: Sequence[DataFile]
