"""`tributary lineage`: where a table's or a column's values come from, or what depends on them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from html import escape
from textwrap import shorten
from typing import Any

import msgspec
from rich.text import Text
from rich.tree import Tree

from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue, TableEntry, get_catalogue
from tributary.cli.console import check_format, out
from tributary.lineage_graph import ROWS, Edge, Graph, Lineages
from tributary.resources.errors import UsageError, nearest

FORMATS = ("tree", "json", "mermaid")
_LONGEST = 60


class UnknownTargetError(UsageError):
    """No such table or column."""


def lineage(target: str, down: bool, output: str) -> int:
    """Show the lineage of `layer.table` (its columns, one table far) or `layer.table.column` (all the way)."""
    check_format(output, FORMATS)
    catalogue = get_catalogue()
    parts = target.replace("/", ".").split(".")
    table = table_of(catalogue, ".".join(parts[:2]) if len(parts) in (2, 3) else target)
    starts = [_column(table, parts[2])] if len(parts) == 3 else _columns(table)
    lineages, far = Lineages(catalogue), None if len(parts) == 3 else 1
    if output == "tree":
        out.print(_tree(lineages, starts[0], down=down) if far is None else _table(lineages, table, down=down))
        return 0
    graph = lineages.around(starts, up=not down, down=down, most_hops=far)
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(_document(graph, catalogue))) + b"\n")
    else:
        sys.stdout.write("\n".join(_mermaid(graph, catalogue)) + "\n")
    return 0


def table_of(catalogue: Catalogue, key: str) -> TableEntry:
    """The table of a name.

    Raises:
        UnknownTargetError: there is none.
    """
    found = catalogue.by_key.get(key)
    if found is None:
        hint = nearest(key, catalogue.by_key, "; give it as layer.table or layer.table.column.")
        raise UnknownTargetError(f"{key} is no table of the warehouse{hint}")
    return found


def _column(table: TableEntry, name: str) -> SourceColumn:
    names = [one.name for one in table.columns]
    if name not in names:
        hint = nearest(name, names, f"; it has {', '.join(names)}.")
        raise UnknownTargetError(f"{table.key} has no column {name}{hint}")
    return SourceColumn(table.key, name)


def _columns(table: TableEntry) -> list[SourceColumn]:
    return [SourceColumn(table.key, one.name) for one in table.columns]


def _table(lineages: Lineages, table: TableEntry, *, down: bool) -> Tree:
    tree = Tree(Text(table.key, style="bold"))
    for column in _columns(table):
        told = [_name(other) + _decides(edge) for edge, other in _next(lineages, column, down=down)]
        words = f" {'→' if down else '←'} {', '.join(told) or ('nothing' if down else 'computed')}"
        tree.add(Text.assemble(column.column, (words, "dim")))
    return tree


def _tree(lineages: Lineages, start: SourceColumn, *, down: bool) -> Tree:
    """All the way, depth first; what was told of once is not followed again."""
    root = Tree(Text.assemble(f"{start.table}.", (start.column, "bold")))
    pending, seen = [(start, root)], set[SourceColumn]()
    while pending:
        column, branch = pending.pop()
        if column in seen:
            continue
        seen.add(column)
        after = [
            (other, branch.add(Text.assemble(f"{other.table}.", (other.column, "bold"))))
            if edge.is_value
            else (other, branch.add(Text.assemble(other.table, (_decides(edge), "dim"))))
            for edge, other in _next(lineages, column, down=down)
        ]
        pending += reversed(after)
    return root


def _next(lineages: Lineages, column: SourceColumn, *, down: bool) -> Iterator[tuple[Edge, SourceColumn]]:
    """The edges to the next columns; downwards, also to tables that get no values of the column, but rows by it."""
    if not down:
        yield from ((edge, edge.source) for edge in lineages.into(column))
        return
    edges = lineages.out_of(column)
    valued = {edge.target.table for edge in edges if edge.is_value}
    yield from ((one, one.target) for one in edges if one.is_value or one.target.table not in valued)


def _name(column: SourceColumn) -> str:
    return column.table if column.column == ROWS else ".".join(column)


def _decides(edge: Edge) -> str:
    return "" if edge.is_value else f" ({', '.join(edge.how)})"


def _document(graph: Graph, catalogue: Catalogue) -> Mapping[str, Any]:
    tags = _tags(catalogue)
    return {
        "of": [_name(one) for one in graph.starts],
        "columns": [
            {"column": _name(one), "hops": far, "tags": tags.get(one, ())}
            for one, far in graph.hops.items()
            if one.column != ROWS
        ],
        "edges": [
            {"from": _name(one.source), "to": _name(one.target), "how": one.how, "sql": one.sql} for one in graph.edges
        ],
    }


def _mermaid(graph: Graph, catalogue: Catalogue) -> Iterator[str]:
    """A flowchart of Mermaid: a box a table, dashed arrows from columns that only decide on a table's rows."""
    tags, names = _tags(catalogue), {one: f"c{place}" for place, one in enumerate(graph.hops)}
    boxes = {table: f"t{place}" for place, table in enumerate(dict.fromkeys(one.table for one in graph.hops))}
    yield "flowchart LR"
    for table, box in boxes.items():
        yield f'  subgraph {box}["{_quoted(table)}"]'
        for one, name in names.items():
            if one.table == table and one.column != ROWS:
                yield f'    {name}["{_quoted(" ".join((one.column, *tags.get(one, ()))))}"]'
        yield "  end"
    for edge in graph.edges:
        if edge.is_value:
            label = f'|"{_quoted(shorten(edge.sql[0], _LONGEST, placeholder="…"))}"|' if edge.sql else ""
            yield f"  {names[edge.source]} -->{label} {names[edge.target]}"
        else:
            yield f'  {names[edge.source]} -.->|"{", ".join(edge.how)}"| {boxes[edge.target.table]}'


def _quoted(text: str) -> str:
    """Text within the quotes of Mermaid, which shows labels as HTML and has an entity of its own for a quote."""
    return escape(text, quote=False).replace('"', "#quot;")


def _tags(catalogue: Catalogue) -> Mapping[SourceColumn, tuple[str, ...]]:
    return {SourceColumn(table.key, one.name): one.tags for table in catalogue.tables for one in table.columns}
