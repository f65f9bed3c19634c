"""The retail graph as a script for psql: the same tables and statements with nothing of the platform around them.

Files go by `\\copy` into typed tables, models by CREATE TABLE AS in the order of their dependencies. There is no check,
no swap, no record of anything; statistics are gathered only where that is asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.assets.retail.files import SourceFile
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, FileContract
from tributary.resources.warehouse.postgres.load import derived_sql
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.types import postgres_type

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel


def script(
    files: Iterable[tuple[SourceFile, Path]],
    calendar: tuple[Table, Path],
    models: Iterable[SqlModel],
    *,
    statistics: bool,
) -> str:
    """The script; `calendar` is the date dimension and the CSV file that holds its rows, without a header.

    With `statistics` each table is analysed when it is filled, as whoever tunes such a script by hand would do.
    """

    def analyse(table: Table) -> list[str]:
        return [f"ANALYZE {table.sql_name};"] if statistics and table.kind == "table" else []

    lines = [f"CREATE SCHEMA {quoted(schema)};" for schema in ("staged", "core", "gold")]
    for source, path in files:
        lines += _load(source.table, _definitions(source.contract), _header(source.contract, path), path, header=True)
        lines += analyse(source.table)
    dates, path = calendar
    columns = ", ".join(f"{quoted(column.name)} {postgres_type(column.type)}" for column in dates.columns)
    lines += _load(dates, columns, dates.column_names, path, header=False)
    lines += analyse(dates)
    for model in in_order(models):
        kind = "VIEW" if model.table.kind == "view" else "TABLE"
        lines.append(f"CREATE {kind} {model.table.sql_name} AS\n{model.statement('postgres')};")
        lines += analyse(model.table)
    return "\n".join(lines) + "\n"


def in_order(models: Iterable[SqlModel]) -> Iterator[SqlModel]:
    """The models, each after those it reads."""
    by_key: Mapping[str, SqlModel] = {model.key: model for model in models}
    order = TopologicalSorter({key: [read for read in by_key[key].reads if read in by_key] for key in by_key})
    return (by_key[key] for key in order.static_order())


def _load(table: Table, definitions: str, names: Iterable[str], path: Path, *, header: bool) -> list[str]:
    # In the transaction that makes the table, a COPY need not pass by the write-ahead log: as it is in the platform.
    columns = ", ".join(quoted(name) for name in names)
    options = f"FORMAT csv, HEADER {'true' if header else 'false'}"
    file = str(path).replace("'", "''")
    return [
        "BEGIN;",
        f"CREATE TABLE {table.sql_name} ({definitions});",
        f"\\copy {table.sql_name} ({columns}) FROM '{file}' WITH ({options})",
        "COMMIT;",
    ]


def _definitions(contract: FileContract) -> str:
    columns = [f"{quoted(column.name)} {postgres_type(column.type)}" for column in contract.columns]
    columns += [
        f"{quoted(column.name)} {postgres_type(column.type)} GENERATED ALWAYS AS ({derived_sql(column)}) STORED"
        for column in contract.derived
    ]
    if contract.key:
        columns.append(f"{quoted(SOURCE_LINE)} bigint GENERATED ALWAYS AS IDENTITY")
    return ", ".join(columns)


def _header(contract: FileContract, path: Path) -> list[str]:
    """The table's names of the file's columns, in the file's order."""
    known = {column.source.lower(): column.name for column in contract.columns}
    with path.open(encoding="utf-8", newline="") as file:
        return [known[name.strip().lower()] for name in next(csv.reader(file, delimiter=contract.delimiter))]
