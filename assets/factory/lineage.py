"""Column lineage: which columns of which tables the values of each column come from.

Only values count: a column that merely filters or joins is no source of another. `column_lineage` looks at one SELECT;
`trace` follows a column through table after table to where it entered the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from tributary.assets.source import Lineage, SourceColumn


@dataclass(frozen=True)
class Step:
    """One column on the way of a trace, `depth` tables away from where it began."""

    depth: int
    source: SourceColumn


def column_lineage(select: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> Lineage:
    """The sources of each column that a SELECT returns; `schema` gives the columns of every table it reads."""
    by_layer: dict[str, dict[str, Mapping[str, str]]] = {}
    for key, columns in schema.items():
        layer, _, table = key.partition(".")
        by_layer.setdefault(layer, {})[table] = columns
    nested: dict[str, object] = {**by_layer}
    tree = qualify(
        select.copy(), schema=nested, dialect="postgres", quote_identifiers=False, validate_qualify_columns=False
    )
    root = build_scope(tree)
    if root is None:
        return {}
    resolver = _Resolver()
    return {name: resolver.column(root, name) for name in tree.named_selects}


def trace(lineages: Mapping[str, Lineage], start: SourceColumn) -> Iterator[Step]:
    """Walk from a column to its sources, theirs, and so on, depth first; none is entered twice."""
    seen: set[SourceColumn] = set()
    pending = [Step(0, start)]
    while pending:
        step = pending.pop()
        yield step
        if step.source in seen:
            continue
        seen.add(step.source)
        sources = lineages.get(step.source.table, {}).get(step.source.column, ())
        pending += [Step(step.depth + 1, source) for source in reversed(sources)]


class _Resolver:
    """Resolves columns through CTEs and subqueries, each column of each scope once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[SourceColumn, ...]] = {}

    def column(self, scope: Scope, name: str) -> tuple[SourceColumn, ...]:
        key = (id(scope), name)
        if key not in self._known:
            self._known[key] = ()  # a recursive CTE adds nothing by reading itself
            self._known[key] = tuple(sorted(set(self._find(scope, name))))
        return self._known[key]

    def _find(self, scope: Scope, name: str) -> Iterator[SourceColumn]:
        if isinstance(scope.expression, exp.SetOperation):
            position = _names(scope).index(name)
            for branch in scope.set_operation_scopes:
                yield from self.column(branch, _names(branch)[position])
            return
        query = cast("exp.Query", scope.expression)
        for select in query.selects:
            if select.alias_or_name == name:
                for column in select.find_all(exp.Column):
                    yield from self._origin(scope, column)

    def _origin(self, scope: Scope, column: exp.Column) -> Iterator[SourceColumn]:
        source = _source_of(scope, column.table)
        if isinstance(source, Scope):
            yield from self.column(source, column.name)
        elif isinstance(source, exp.Table):
            yield SourceColumn(f"{source.db}.{source.name}", column.name)


def _names(scope: Scope) -> list[str]:
    return cast("exp.Query", scope.expression).named_selects


def _source_of(scope: Scope, alias: str) -> exp.Expression | Scope | None:
    """The relation behind an alias, in this scope or in a subquery within one of its expressions."""
    if alias in scope.sources:
        found: exp.Expression | Scope = scope.sources[alias]
        return found
    for inner in scope.subquery_scopes:
        found_inner = _source_of(inner, alias)
        if found_inner is not None:
            return found_inner
    return None
