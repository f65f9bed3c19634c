"""`tributary ls`: what tables there are, and of one table its columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import msgspec

from tributary.catalogue import Catalogue, TableEntry, get_catalogue
from tributary.cli.console import out
from tributary.cli.lineage import table_of
from tributary.cli.standing import Standing, standing
from tributary.cli.tables import Heading, print_rows
from tributary.resources.errors import UsageError
from tributary.resources.settings import get_settings

FORMATS = ("table", "json")


def ls(what: str | None, output: str) -> int:
    """List the tables of all, of a layer or of a source, or the columns of one."""
    if output not in FORMATS:
        raise UsageError(f"--format {output} is not known; use {', '.join(FORMATS)}.")
    tables = _meant(get_catalogue(), what)
    found = _standing()
    if output == "json":
        every = [
            {**msgspec.to_builtins(one), "rows": found[one.key].rows if one.key in found else None} for one in tables
        ]
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(every)) + b"\n")
    elif what is not None and "." in what.replace("/", "."):
        _print_table(tables[0], found)
    else:
        _print_tables(tables, found)
    return 0


def _meant(catalogue: Catalogue, what: str | None) -> Sequence[TableEntry]:
    if what is None:
        return catalogue.tables
    name = what.replace("/", ".")
    return [one for one in catalogue.tables if name in (one.layer, one.source)] or [table_of(catalogue, name)]


def _standing() -> Mapping[str, Standing]:
    from tributary.resources.warehouse.opening import open_warehouse

    return standing(open_warehouse(get_settings()))


def _print_tables(tables: Sequence[TableEntry], found: Mapping[str, Standing]) -> None:
    headings = (Heading("table"), Heading("source"), Heading("rows", right=True), Heading("grain", wraps=True))
    print_rows(headings, [(one.key, one.source, _rows(one, found), one.grain) for one in tables])


def _print_table(table: TableEntry, found: Mapping[str, Standing]) -> None:
    out.print(table.refused or table.description, markup=False, soft_wrap=True)
    told = {"grain": table.grain, "source": table.source, "rows": _rows(table, found), "made by": table.partitioned}
    if table.freshness is not None:
        told["freshness target"] = f"{table.freshness.total_seconds() / 3600:g} hours"
    for name, value in told.items():
        if value:
            out.print(f"{name}: {value}", markup=False, soft_wrap=True)
    out.print()
    headings = (Heading("column"), Heading("type"), Heading("tags"), Heading("meaning", wraps=True))
    print_rows(headings, [(one.name, one.type, " ".join(one.tags), one.description) for one in table.columns])


def _rows(table: TableEntry, found: Mapping[str, Standing]) -> str:
    if table.refused:
        return "refused"
    return f"{found[table.key].rows:,}" if table.key in found else "view" if table.kind == "view" else "not made"
