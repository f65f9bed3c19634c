"""Derives column lineage from SELECTs: which columns the values of each column come from, and by which expressions.

Only values count: a column that merely filters or joins is no source of another; which ones do so is told apart.
Following a column through table after table is `lineage_graph`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from tributary.assets.factory.flow import Flow
from tributary.assets.source import SourceColumn, Step

LONGEST = 600
"""Characters of an expression that are told."""


def flow_of(select: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> Flow:
    """How the columns and rows of a SELECT come about; `schema` gives the columns of every table it reads."""
    tree = qualified(select, schema)
    root = build_scope(tree)
    if root is None:
        return Flow({}, {}, ())
    resolver, names = _Resolver(), tree.named_selects
    return Flow(
        {name: resolver.column(root, name) for name in names},
        {name: tuple(dict.fromkeys(resolver.steps(root, name, set()))) for name in names},
        tuple(dict.fromkeys(resolver.conditions(root))),
    )


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

    def steps(self, scope: Scope, name: str, told: set[tuple[int, str]], label: str = "") -> Iterator[Step]:
        """The expressions that make a column, which is called `label` where it is used; those in `told` are not."""
        if (id(scope), name) in told:
            return
        told.add((id(scope), name))
        if isinstance(scope.expression, exp.SetOperation):
            position = _names(scope).index(name)
            for branch in scope.set_operation_scopes:
                yield from self.steps(branch, _names(branch)[position], told, label or name)
            return
        for select in cast("exp.Query", scope.expression).selects:
            if select.alias_or_name != name:
                continue
            value, columns = select.unalias(), list(select.find_all(exp.Column))
            if not (isinstance(value, exp.Column) and value.name == name):
                yield Step("value", f"{label or name} = {_text(value)}", self._origins(scope, columns))
            for column in columns:
                inner = _source_of(scope, column.table)
                if isinstance(inner, Scope):
                    yield from self.steps(inner, column.name, told, column.sql(dialect="postgres"))

    def conditions(self, root: Scope) -> Iterator[Step]:
        """What decides which rows there are, in a query and in those that it reads."""
        for scope in root.traverse():
            # What a subquery looks at is a part of the expression that it stands in.
            if isinstance(scope.expression, exp.Select) and not scope.is_subquery:
                for how, part in _deciding(scope.expression):
                    if sources := self._origins(scope, part.find_all(exp.Column)):
                        yield Step(how, _text(part), sources)

    def _origins(self, scope: Scope, columns: Iterable[exp.Column]) -> tuple[SourceColumn, ...]:
        return tuple(sorted({origin for column in columns for origin in self._origin(scope, column)}))

    def _origin(self, scope: Scope, column: exp.Column) -> Iterator[SourceColumn]:
        source = _source_of(scope, column.table)
        if isinstance(source, Scope):
            yield from self.column(source, column.name)
        elif isinstance(source, exp.Table):
            yield SourceColumn(f"{source.db}.{source.name}", column.name)


def _deciding(select: exp.Select) -> Iterator[tuple[str, exp.Expr]]:
    """What of a SELECT decides which rows it has, each part of an AND for itself."""
    clauses = [("join", join.args.get("on")) for join in select.args.get("joins") or ()]
    for name in ("where", "having", "qualify"):
        clause = select.args.get(name)
        clauses.append(("filter", clause.this if clause is not None else None))
    for how, clause in clauses:
        if clause is not None:
            parts = clause.flatten() if isinstance(clause, exp.And) else [clause]
            yield from ((how, part) for part in parts)
    if (group := select.args.get("group")) is not None:
        yield from (("group", part) for part in group.expressions)
    if (order := select.args.get("order")) is not None and select.args.get("limit") is not None:
        yield "filter", order


def _text(expression: exp.Expr) -> str:
    text = expression.sql(dialect="postgres", comments=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


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
