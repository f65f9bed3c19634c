"""Small Markdown tables for metadata that people read in the UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tributary.assets.source import Lineage, SourceColumn
from tributary.resources.addresses import column_page

LONGEST_CELL = 60


def preview_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Some rows as a table; long values are cut."""
    if not rows:
        return "_no rows_"
    return table(list(rows[0]), [list(row.values()) for row in rows])


def lineage_table(lineage: Lineage) -> str:
    """A row for each column with the columns that its values come from, each a link to its page of the catalogue."""
    rows = [
        [f"`{column}`", ", ".join(_linked(source) for source in sources) or "_computed_"]
        for column, sources in lineage.items()
    ]
    return table(["column", "comes from"], rows, longest=10_000)


def _linked(column: SourceColumn) -> str:
    return f"[{column.table}.{column.column}]({column_page(column.table, column.column)})"


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], longest: int = LONGEST_CELL) -> str:
    """A Markdown table."""
    lines = [_line(names, longest), "|" + " --- |" * len(names)]
    lines += [_line(row, longest) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[Any], longest: int) -> str:
    return "| " + " | ".join(_cell(cell, longest) for cell in cells) + " |"


def _cell(value: Any, longest: int) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return text.replace("|", "\\|").replace("\n", " ")
