"""`tributary status`: the settings in force, whether the UI is up, and the tables with their rows and sizes."""

from __future__ import annotations

import socket
from collections import Counter

from tributary.assets.sources import get_sources
from tributary.cli.console import out, sentence
from tributary.cli.standing import standing
from tributary.cli.tables import Heading, print_rows
from tributary.resources.settings import Settings, get_settings, shown
from tributary.services import find_services


def status() -> int:
    """Show it all; nothing is started but the embedded Postgres, where it is needed to look."""
    settings = get_settings()
    _print_settings(settings)
    for text in (*get_sources().broken.values(), *find_services().broken.values()):
        sentence(text)
    serving = _listens(settings.host, settings.web_port)
    where = settings.address
    out.print(f"\nServed at: {where if serving else 'not running (tributary up)'}", markup=False, soft_wrap=True)
    _print_tables(settings)
    return 0


def _print_settings(settings: Settings) -> None:
    rows = [row for one in (settings, *get_sources().settings) for row in shown(one)]
    print_rows((Heading("setting"), Heading("value", wraps=True), Heading("meaning", wraps=True)), rows)


def _print_tables(settings: Settings) -> None:
    from tributary.resources.warehouse.opening import open_warehouse

    warehouse = open_warehouse(settings)
    tables = standing(warehouse)
    out.print("\nWarehouse")
    if not tables:
        out.print("nothing is materialised yet")
        return
    rejected: Counter[str] = Counter()
    for found in warehouse.rejected():
        rejected[found.table_name] += found.count
    shown = []
    for name, (rows, size) in tables.items():
        bad = rejected.pop(name, 0)
        shown.append((name, f"{rows:,}", f"{bad:,}" if bad else "", size))
    right = [Heading(name, right=True) for name in ("rows", "rejected", "size")]
    print_rows((Heading("table"), *right), shown)
    for name, bad in sorted(rejected.items()):
        out.print(f"{bad:,} records of {name} are in quarantine.rejected_rows.")


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
