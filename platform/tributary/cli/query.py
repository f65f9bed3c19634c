"""`tributary query`: a read-only query, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from resources.errors import UsageError
from resources.settings import get_settings
from tributary.cli.console import err, out

FORMATS = ("table", "csv", "json")


def query(sql: str, output: str, limit: int) -> int:
    """Run the query and show its rows; only the table format says how many there were."""
    if output not in FORMATS:
        raise UsageError(f"--format {output} is not known; use {', '.join(FORMATS)}.")
    from resources.warehouse.opening import open_warehouse

    most = None if limit <= 0 else limit
    rows = open_warehouse(get_settings()).rows(sql, limit=None if most is None else most + 1)
    cut = most is not None and len(rows) > most
    rows = rows[:most]
    {"table": _table, "csv": _csv, "json": _json}[output](rows)
    if cut:
        err.print(f"[yellow]Only the first {limit:,} rows are shown; --limit 0 shows all.[/]")
    return 0


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        out.print("[dim]no rows[/]")
        return
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name, value in rows[0].items():
        table.add_column(name, justify="right" if isinstance(value, int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*("[dim]null[/]" if value is None else str(value).replace("[", "\\[") for value in row.values()))
    out.print(table)
    out.print(f"[dim]{len(rows):,} row{'' if len(rows) == 1 else 's'}[/]")


def _csv(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _json(rows: Sequence[Mapping[str, Any]]) -> None:
    json.dump(rows, sys.stdout, default=str, indent=2)
    sys.stdout.write("\n")
