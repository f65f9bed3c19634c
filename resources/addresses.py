"""Where the catalogue's pages are, below the one address: what leads to them asks here."""

from __future__ import annotations

from urllib.parse import quote

CATALOG = "/catalog"


def table_page(table: str) -> str:
    """The address of the page of a table, `layer.name`."""
    return f"{CATALOG}/tables/{quote(table)}"


def column_page(table: str, column: str) -> str:
    """The address of the page of a column: its meaning, and its lineage both ways."""
    return f"{table_page(table)}/columns/{quote(column, safe='')}"
