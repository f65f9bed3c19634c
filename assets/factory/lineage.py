"""Column lineage: which columns of which tables the values of each column come from.

Only values count: a column that merely filters or joins is no source of another. Following a column through table after
table is the catalogue's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from tributary.assets.source import Lineage, SourceColumn
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel


def column_lineage(select: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> Lineage:
    """The sources of each column that a SELECT returns; `schema` gives the columns of every table it reads."""
    tree = qualified(select, schema)
    root = build_scope(tree)
    if root is None:
        return {}
    resolver = _Resolver()
    return {name: resolver.column(root, name) for name in tree.named_selects}


class ModelLineage:
    """The lineage of models, each derived when first asked for; `tables` are all tables by `schema.table`."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._known: dict[str, Lineage] = {}

    def of(self, model: SqlModel) -> Lineage:
        """The lineage of a model's columns."""
        if model.key not in self._known:
            self._known[model.key] = self._derived(model)
        return self._known[model.key]

    def _derived(self, model: SqlModel) -> Lineage:
        if model.asked is None:
            return column_lineage(model.select, self.schema(model))
        found = column_lineage(model.select, {**self.schema(model), **model.asked.relations})
        return {  # what somebody asked is of no table
            name: tuple(one for one in sources if one.table not in model.asked.relations)
            for name, sources in found.items()
        }

    def schema(self, model: SqlModel) -> Mapping[str, Mapping[str, str]]:
        """The portable types of the columns of the tables that a model reads."""
        return {
            key: {column.name: column.type for column in self._tables[key].columns}
            for key in model.reads
            if key in self._tables
        }


def qualified(select: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> exp.Query:
    """A SELECT in which each column says of which relation it is; `schema` as in `column_lineage`."""
    by_layer: dict[str, dict[str, Mapping[str, str]]] = {}
    for key, columns in schema.items():
        layer, _, table = key.partition(".")
        by_layer.setdefault(layer, {})[table] = columns
    nested: dict[str, object] = {**by_layer}
    return qualify(
        select.copy(), schema=nested, dialect="postgres", quote_identifiers=False, validate_qualify_columns=False
    )


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
