"""`tributary lineage`: a table or a column traced back to its sources, as a tree."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue, TableEntry, get_catalogue, trace
from tributary.cli.console import out
from tributary.resources.errors import UsageError, nearest


class UnknownTargetError(UsageError):
    """No such table or column."""


def lineage(target: str) -> int:
    """Show the tree of `layer.table` (its columns, one level) or `layer.table.column` (all the way)."""
    catalogue = get_catalogue()
    parts = target.replace("/", ".").split(".")
    table = table_of(catalogue, ".".join(parts[:2]) if len(parts) in (2, 3) else target)
    out.print(_table(table) if len(parts) == 2 else _column(catalogue, table, parts[2]))
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


def _table(table: TableEntry) -> Tree:
    tree = Tree(Text(table.key, style="bold"))
    for column in table.columns:
        sources = ", ".join(map(".".join, column.sources))
        tree.add(Text.assemble(column.name, (f" ← {sources or 'computed'}", "dim")))
    return tree


def _column(catalogue: Catalogue, table: TableEntry, column: str) -> Tree:
    names = [one.name for one in table.columns]
    if column not in names:
        hint = nearest(column, names, f"; it has {', '.join(names)}.")
        raise UnknownTargetError(f"{table.key} has no column {column}{hint}")
    tree = Tree("")
    branches = {-1: tree}
    for step in trace(catalogue.lineage, SourceColumn(table.key, column)):
        label = Text.assemble(f"{step.source.table}.", (step.source.column, "bold"))
        branches[step.depth] = branches[step.depth - 1].add(label)
    return tree.children[0]
