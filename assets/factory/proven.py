"""Which checks of a model hold by construction, so that no engine need be asked.

A value of a column surely stands in another table where the SELECT hands it on from there, through any queries, or
where an inner join or a filter says that it equals one that is handed on. Outer joins can only make it null, which the
check allows. A key is surely unique where it is what the rows are grouped by. What is not seen here is no failure: then
the check is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, cast

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from tributary.assets.factory.lineage import qualified
from tributary.resources.warehouse.checks import References, SetCheck, Unique
from tributary.resources.warehouse.table import Table

Schema = Mapping[str, Mapping[str, str]]
"""The portable types of columns, by `schema.table`."""


_ONE_ROW = (exp.AggFunc, exp.Cast, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.And, exp.Or)


class Origin(NamedTuple):
    """A column of a table."""

    table: str
    column: str


def proven(table: Table, select: exp.Query, schema: Schema) -> frozenset[str]:
    """The names of the checks that the rows of `table`, which the SELECT gives, surely pass."""
    prover = _Prover(table, select, schema)
    return frozenset(check.name for check in table.checks if isinstance(check, SetCheck) and prover.holds(check))


class _Prover:
    def __init__(self, table: Table, select: exp.Query, schema: Schema) -> None:
        self._table, self._select, self._schema = table, select, schema

    @cached_property
    def _root(self) -> Scope | None:
        return build_scope(qualified(self._select, self._schema))

    def holds(self, check: SetCheck) -> bool:
        if isinstance(check, References):
            return self._stands(check)
        if not isinstance(check, Unique):
            return False
        types = {name: self._table.column(name).type for name in check.names}
        return _is_grouped(self._root, types, self._schema)

    def _stands(self, check: References) -> bool:
        """Whether each value of the column stands where the check looks for it."""
        target = Origin(f"{check.schema}.{check.table}", check.to)
        type_ = self._schema.get(target.table, {}).get(target.column)
        # A cast could make another value of it.
        if type_ is None or type_ != self._table.column(check.column).type:
            return False
        return self._root is not None and _Proof(target, type_, self._schema).of(self._root, check.column, ())


def _is_grouped(scope: Scope | None, types: Mapping[str, str], schema: Schema) -> bool:
    """Whether a query groups its rows by columns of `types` alone, by name, and nothing makes several of one.

    It may also hand on the rows of one that does.
    """
    query = scope.expression if scope is not None else None
    if scope is None or not isinstance(query, exp.Select):
        return False
    # A function that is not known may give several rows.
    if any(not isinstance(one, _ONE_ROW) for value in query.selects for one in value.find_all(exp.Func)):
        return False
    given = {
        value: types[one.alias_or_name]
        for one in query.selects
        if one.alias_or_name in types and isinstance(value := one.unalias(), exp.Column)
    }
    group = query.args.get("group")
    if group is None:
        read = [source for _, source in scope.selected_sources.values()]
        if len(read) != 1 or not isinstance(read[0], Scope) or query.args.get("joins") or query.args.get("laterals"):
            return False
        return _is_grouped(read[0], {column.name: type_ for column, type_ in given.items()}, schema)
    if any(value for name, value in group.args.items() if name != "expressions"):  # ROLLUP and its like
        return False
    # A cast could make one of two.
    return all(
        isinstance(one, exp.Column) and one in given and _type(scope, one, schema) == given[one]
        for one in group.expressions
    )


class _Proof:
    def __init__(self, target: Origin, type_: str, schema: Schema) -> None:
        self._target, self._type, self._schema = target, type_, schema

    def of(self, scope: Scope, name: str, within: tuple[int, ...]) -> bool:
        """Whether a query gives in a column nothing but values of the target, and nulls."""
        if id(scope) in within:  # a query that reads itself
            return False
        within = (*within, id(scope))
        query = cast("exp.Query", scope.expression)
        if isinstance(query, exp.SetOperation):
            place = query.named_selects.index(name)
            branches = scope.set_operation_scopes
            return bool(branches) and all(
                self.of(one, cast("exp.Query", one.expression).named_selects[place], within) for one in branches
            )
        found = [one.unalias() for one in query.selects if one.alias_or_name == name]
        if len(found) != 1 or not isinstance(found[0], exp.Column):
            return False
        if self._is_handed_on(scope, found[0], within):
            return True
        # Of another type, an equal value may become another one.
        equal = any(self._is_handed_on(scope, one, within) for one in _equals(query, found[0]))
        return equal and _type(scope, found[0], self._schema) == self._type

    def _is_handed_on(self, scope: Scope, column: exp.Column, within: tuple[int, ...]) -> bool:
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            return Origin(f"{source.db}.{source.name}", column.name) == self._target
        return isinstance(source, Scope) and self.of(source, column.name, within)


def _equals(query: exp.Query, column: exp.Column) -> Iterator[exp.Column]:
    """The columns that equal another one in every row of a SELECT in which that is not null."""
    conditions = [
        join.args.get("on")
        for join in query.args.get("joins") or ()
        if not join.side and join.kind in ("", "INNER") and not join.method
    ]
    where = query.args.get("where")
    conditions.append(where.this if where is not None else None)
    for condition in filter(None, conditions):
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            sides = (part.left, part.right) if isinstance(part, exp.EQ) else ()
            if column in sides:
                yield from (side for side in sides if isinstance(side, exp.Column) and side != column)


def _type(scope: Scope, column: exp.Column, schema: Schema) -> str | None:
    """The type of a column that is handed on from a table; None where it is not."""
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        return schema.get(f"{source.db}.{source.name}", {}).get(column.name)
    if not isinstance(source, Scope) or isinstance(source.expression, exp.SetOperation):
        return None
    query = cast("exp.Query", source.expression)
    found = [one.unalias() for one in query.selects if one.alias_or_name == column.name]
    return _type(source, found[0], schema) if len(found) == 1 and isinstance(found[0], exp.Column) else None
