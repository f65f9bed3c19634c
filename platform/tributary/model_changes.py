"""What a change of a model's file does to its rows, column by column, and to what reads them.

It looks at the two texts alone: the one that made the rows that stand, and the file as it is. A column whose expression
changed breaks those that read it; a change of what decides on rows (a join, filter, grouping, or what these look at)
breaks all; a new column breaks nobody; comments, layout and descriptions change nothing. What cannot be told apart is
taken for a change of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import cast

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from tributary.asset_graph import AssetGraph
from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.lineage import qualified
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue
from tributary.lineage_graph import ROWS, Lineages

Schema = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Change:
    """How the rows that a model makes now differ from those that its former text made, of the same inputs.

    Attributes:
        rows: whether there may be other rows, so that every column is another.
        changed: the columns whose values may be others.
        added: columns that are new.
        removed: columns that are gone.
    """

    rows: bool = False
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether somebody who reads the table may find something else than before."""
        return self.rows or bool(self.changed or self.removed)

    def __str__(self) -> str:
        if self.rows:
            return "may change which rows there are, and so every column"
        told = [
            f"{word} {', '.join(names)}"
            for word, names in (("changes", self.changed), ("removes", self.removed), ("adds", self.added))
            if names
        ]
        return "; ".join(told) or "changes no rows"


ALL = Change(rows=True)


def diff(name: str, then: str, now: str) -> str:
    """A unified diff of a model's file."""
    lines = unified_diff(
        then.splitlines(), now.splitlines(), f"{name} (as it made the rows)", f"{name} (now)", lineterm=""
    )
    return "\n".join(lines)


def change_of(now: SqlModel, then: str, folders: ModelFolders, schema: Schema) -> Change:
    """What became of a model whose file held another text then; `schema` are the columns of what it reads."""
    try:
        old = read_model(now.path, folders, then)
    except ModelError:
        return ALL
    if old.reads != now.reads and set(old.reads) != set(now.reads):
        return ALL
    declared = (now.window, now.rows.deduplicate, now.asked), (old.window, old.rows.deduplicate, old.asked)
    if repr(declared[0]) != repr(declared[1]):
        return ALL
    types = [{one.name: one.type for one in model.rows.columns} for model in (old, now)]
    changed = _changed(old.select, now.select, schema)
    if changed is None:
        return ALL
    retyped = {name for name in types[0].keys() & types[1].keys() if types[0][name] != types[1][name]}
    return Change(
        changed=tuple(name for name in types[1] if name in types[0] and name in changed | retyped),
        added=tuple(name for name in types[1] if name not in types[0]),
        removed=tuple(name for name in types[0] if name not in types[1]),
    )


class Affected:
    """What a change of a table may alter downstream: columns by table, all of them where its rows may be others."""

    def __init__(self, graph: AssetGraph, catalogue: Catalogue) -> None:
        self._graph, self._tables, self._lineages = graph, catalogue.by_key, Lineages(catalogue)

    def by(self, table: str, change: Change) -> dict[str, set[str]]:
        """By each table that the change reaches, the columns that may hold other values; of other assets no columns."""
        found: dict[str, set[str]] = {}
        if not change.breaks:
            return found
        pending = [
            (table, name) for name in (self._columns(table) if change.rows else (*change.changed, *change.removed))
        ]
        pending += [(table, ROWS)] if change.rows else []
        seen = set(pending)
        while pending:
            for other, name in self._next(*pending.pop()):
                if (other, name) not in seen:
                    seen.add((other, name))
                    pending.append((other, name))
                    found.setdefault(other, set()).update({name} - {ROWS})
        return found

    def _next(self, table: str, column: str) -> Iterator[tuple[str, str]]:
        if column == ROWS:
            yield from ((table, name) for name in self._columns(table))
            yield from ((reader, ROWS) for reader in self._graph.readers.get(table, ()))
            return
        edges = self._lineages.out_of(SourceColumn(table, column))
        yield from ((edge.target.table, edge.target.column) for edge in edges)
        # Of what Python code reads, nobody may have said by which columns.
        untold = (one for one in self._graph.readers.get(table, ()) if not self._says(one))
        yield from ((reader, ROWS) for reader in untold)

    def _columns(self, table: str) -> list[str]:
        return [one.name for one in self._tables[table].columns] if table in self._tables else []

    def _says(self, table: str) -> bool:
        entry = self._tables.get(table)
        return entry is not None and (bool(entry.reads) or any(one.sources for one in entry.columns))


def _changed(old: exp.Query, now: exp.Query, schema: Schema) -> set[str] | None:
    """The columns whose values may differ; None where the rows may. Queries within are followed side by side."""
    if old == now:
        return set()
    try:
        before, after = (list(traverse_scope(qualified(one, schema))) for one in (old, now))
    except SqlglotError:
        return None
    if len(before) != len(after) or not before:
        return None
    altered: dict[int, set[str]] = {}
    for one, other in zip(before, after, strict=True):
        if not isinstance(other.expression, exp.Select) or not isinstance(one.expression, exp.Select):
            # A set operation compares whole rows: what it puts together must be the same.
            if (
                type(one.expression) is not type(other.expression)
                or any(altered.values())
                or _shape(one) != _shape(other)
            ):
                return None
            altered[id(other)] = set()
            continue
        if _shape(one) != _shape(other) or _looks_at(other, altered):
            return None
        values = [_projections(scope) for scope in (one, other)]
        found = {
            name
            for name, value in values[1].items()
            if name in values[0] and (values[0][name] != value or _reads_altered(other, value, altered))
        }
        distinct = other.expression.args.get("distinct") is not None
        gone = values[0].keys() - values[1].keys()
        new = values[1].keys() - values[0].keys()
        if (distinct and (found or gone or new)) or _ordered_by(other.expression, found | gone):
            return None
        altered[id(other)] = found | gone
    return altered[id(after[-1])]


def _shape(scope: Scope) -> exp.Expr:
    """A query without what it returns, and without the queries within it, which are looked at for themselves."""
    tree = scope.expression.copy()
    if isinstance(tree, exp.Select):
        tree.set("expressions", [])
    tree.set("with_", None)
    tree.set("with", None)
    for inner in tree.find_all(exp.Subquery):
        inner.set("this", exp.Select())
    return tree


def _projections(scope: Scope) -> dict[str, exp.Expr]:
    return {one.alias_or_name: one.unalias() for one in cast("exp.Select", scope.expression).selects}


def _ordered_by(select: exp.Select, names: set[str]) -> bool:
    """Whether which rows there are depends on such results, as in `order by total limit 10`."""
    order = select.args.get("order")
    return order is not None and any(one.name in names and not one.table for one in order.find_all(exp.Column))


def _looks_at(scope: Scope, altered: Mapping[int, set[str]]) -> bool:
    """Whether what decides on a query's rows looks at a column whose values may differ."""
    for name in ("joins", "where", "group", "having", "qualify", "order", "limit"):
        part = scope.expression.args.get(name)
        for tree in part if isinstance(part, list) else [part]:
            if tree is not None and _reads_altered(scope, tree, altered):
                return True
    return False


def _reads_altered(scope: Scope, tree: exp.Expr, altered: Mapping[int, set[str]]) -> bool:
    if any(altered.values()) and any(
        isinstance(node, exp.Subquery | exp.Exists) or node.args.get("query") is not None for node in tree.walk()
    ):
        return True
    return any(
        isinstance(inner := scope.sources.get(column.table), Scope) and column.name in altered.get(id(inner), ())
        for column in tree.find_all(exp.Column)
    )
