"""A table of calls by source object, and loading some of its objects, for the tests of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tributary.resources.warehouse.base import Select, WriteReport
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

TABLE = Table(
    "staged",
    "calls",
    (Column("id", "integer", "Id."), Column("source", "text", "Source.")),
    checks=(Expression("id > 0", title="positive"),),
)
OTHER = Table("staged", "others", TABLE.columns)
ALL = ["a", "b", "c", "d"]


def rows_of(source: str, *ids: int) -> str:
    return " UNION ALL ".join(f"SELECT {i} AS id, '{source}' AS source" for i in ids)


EMPTY = "SELECT 1 AS id, '' AS source WHERE false"


def load(
    warehouse: Warehouse, names: Sequence[str], select: str, prints: Mapping[str, str], table: Table = TABLE
) -> WriteReport:
    return warehouse.replace(table, Select(select), window=SourceObjects("source", names), fingerprints=prints)
