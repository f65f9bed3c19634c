"""`tributary lineage`: a table or a column traced back to its sources, as a tree."""

from __future__ import annotations

import difflib

from rich.text import Text
from rich.tree import Tree

from tributary.assets.factory.lineage import trace
from tributary.assets.source import SourceColumn
from tributary.cli.console import out
from tributary.platform import Platform, load_platform
from tributary.resources.errors import UsageError


class UnknownTargetError(UsageError):
    """No such table or column."""


def lineage(target: str) -> int:
    """Show the tree of `layer.table` (its columns, one level) or `layer.table.column` (all the way)."""
    platform = load_platform()
    parts = target.replace("/", ".").split(".")
    key = ".".join(parts[:2])
    if len(parts) not in (2, 3) or key not in platform.tables:
        close = difflib.get_close_matches(target, platform.tables, n=1)
        hint = f"; did you mean {close[0]}?" if close else "; give it as layer.table or layer.table.column."
        raise UnknownTargetError(f"{target} is no table of the warehouse{hint}")
    out.print(_table(platform, key) if len(parts) == 2 else _column(platform, key, parts[2]))
    return 0


def _table(platform: Platform, key: str) -> Tree:
    tree = Tree(Text(key, style="bold"))
    lineage = platform.lineage.get(key, {})
    for name in platform.tables[key].column_names:
        sources = ", ".join(f"{source.table}.{source.column}" for source in lineage.get(name, ()))
        tree.add(Text.assemble(name, (f" ← {sources or 'computed'}", "dim")))
    return tree


def _column(platform: Platform, key: str, column: str) -> Tree:
    names = platform.tables[key].column_names
    if column not in names:
        close = difflib.get_close_matches(column, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(names)}."
        raise UnknownTargetError(f"{key} has no column {column}; {hint}")
    tree = Tree("")
    branches = {-1: tree}
    for step in trace(platform.lineage, SourceColumn(key, column)):
        label = Text.assemble(f"{step.source.table}.", (step.source.column, "bold"))
        branches[step.depth] = branches[step.depth - 1].add(label)
    return tree.children[0]
