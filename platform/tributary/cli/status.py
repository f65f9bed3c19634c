"""`tributary status`: the settings in force, whether the UI is up, and the tables with their rows and sizes."""

from __future__ import annotations

import socket

from rich.table import Table

from resources.settings import Settings, get_settings, is_secret, variable_of
from tributary.cli.console import out
from tributary.launcher.services import dagster_url


def status() -> int:
    """Show it all; nothing is started but the embedded Postgres, where it is needed to look."""
    settings = get_settings()
    out.print(_settings(settings))
    serving = _listens(settings.host, settings.dagster_port)
    where = dagster_url(settings)
    out.print(f"\nDagster UI: [green]{where}[/]" if serving else "\nDagster UI: [dim]not running (tributary up)[/]")
    out.print(_tables(settings))
    return 0


def _settings(settings: Settings) -> Table:
    table = Table("setting", "value", "meaning", header_style="bold", box=None, pad_edge=False)
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "[dim]not set[/]" if value is None else str(value)
        if value is not None and is_secret(name):
            shown = "********"
        table.add_row(variable_of(name), shown, f"[dim]{field.description}[/]")
    return table


def _tables(settings: Settings) -> Table:
    from resources.warehouse.opening import open_warehouse

    rows = open_warehouse(settings).rows(
        """
        SELECT n.nspname AS layer, c.relname AS name, sum(p.reltuples)::bigint AS rows,
               pg_size_pretty(sum(pg_total_relation_size(p.oid))) AS size
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_inherits AS i ON i.inhparent = c.oid
        JOIN pg_class AS p ON p.oid = i.inhrelid
        WHERE n.nspname IN ('staged', 'core', 'gold')
        GROUP BY 1, 2
        ORDER BY array_position(ARRAY['staged', 'core', 'gold'], n.nspname::text), 2
        """
    )
    table = Table(header_style="bold", box=None, pad_edge=False, title="\nWarehouse", title_justify="left")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("size", justify="right")
    for row in rows:
        table.add_row(f"{row['layer']}.{row['name']}", f"{max(row['rows'], 0):,}", row["size"])
    if not rows:
        table.add_row("[dim]nothing is materialised yet[/]", "", "")
    return table


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
