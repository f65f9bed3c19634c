"""What is known of an expression's type, as Postgres types it, without asking a database.

sqlglot's optimizer resolves the columns and infers the types; here is only where Postgres differs from its common
ground. Coarse families are told apart, as the rules need no more; whoever asks decides what not knowing one
means. What is wrong with a column is `columns`' matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

Family = Literal[
    "boolean", "integer", "bigint", "decimal", "numeric", "double", "text", "date", "timestamp", "interval"
]
"""`decimal` has or may have a fixed scale on both engines; `numeric` is Postgres' number without one."""

Schema = Mapping[str, Mapping[str, str]]
"""Portable column types by column, by `schema.table`."""

INTEGERS: frozenset[Family | None] = frozenset({"integer", "bigint"})
NUMBERS: frozenset[Family | None] = frozenset({"integer", "bigint", "decimal", "numeric", "double"})
DATES: frozenset[Family | None] = frozenset({"date", "timestamp"})

_T = exp.DType
# A type that has digits of its own would not take part in the optimizer's coercions, so that decimals stand without
# theirs, and Postgres' number without a scale is the wider one.
_NUMERIC = _T.BIGDECIMAL
_FAMILIES: dict[exp.DType, Family] = {
    _T.BOOLEAN: "boolean", _T.INT: "integer", _T.BIGINT: "bigint", _T.DECIMAL: "decimal", _NUMERIC: "numeric",
    _T.DOUBLE: "double", _T.TEXT: "text", _T.VARCHAR: "text", _T.DATE: "date", _T.TIMESTAMP: "timestamp",
    _T.INTERVAL: "interval",
}  # fmt: skip
_LEAST_BIGINT = 2**31


def type_of(node: exp.Expr | None) -> exp.DType:
    """The type that was found for a node; `UNKNOWN` for none."""
    found = node.type if isinstance(node, exp.Expr) else None
    return found.this if found is not None else _T.UNKNOWN


def _cast(node: exp.Cast) -> exp.DType:
    return node.to.this if isinstance(node.to.this, exp.DType) else _T.UNKNOWN


def _literal(node: exp.Literal) -> exp.DType:
    if node.is_string:
        return _T.TEXT
    if not node.name.isdigit():
        return _T.DECIMAL
    return _T.INT if int(node.name) < _LEAST_BIGINT else _T.BIGINT


def _sum(node: exp.Sum) -> exp.DType:
    found = type_of(node.this)
    return {_T.INT: _T.BIGINT, _T.BIGINT: _NUMERIC}.get(found, found)


def _round(node: exp.Round) -> exp.DType:
    found = type_of(node.this)
    return _T.DECIMAL if found is _NUMERIC else found


def _double_if_double(node: exp.Expr) -> exp.DType:
    """Functions that Postgres has for doubles and for numbers; of whole numbers the engines answer differently."""
    found = {type_of(node.this), type_of(node.args.get("expression"))}
    if _T.DOUBLE in found:
        return _T.DOUBLE
    return _T.DECIMAL if type_of(node.this) in (_T.DECIMAL, _NUMERIC) else _T.UNKNOWN


def _truncated(node: exp.TimestampTrunc) -> exp.DType:
    return _T.TIMESTAMP if type_of(node.this) is _T.TIMESTAMP else _T.UNKNOWN


def _arithmetic(annotator: TypeAnnotator, node: exp.Binary) -> None:
    left, right = type_of(node.left), type_of(node.right)
    both, days = {left, right}, {_T.DATE, _T.TIMESTAMP}
    if _T.INTERVAL in both:
        is_interval = isinstance(node, exp.Mul | exp.Div) or left is right
        found = _T.INTERVAL if is_interval else _T.TIMESTAMP
    elif both <= days and isinstance(node, exp.Sub):
        found = _T.INT if both == {_T.DATE} else _T.INTERVAL
    elif both & days:
        found = _T.DATE if both <= {_T.DATE, _T.INT, _T.BIGINT} else _T.UNKNOWN
    elif _T.DOUBLE in both:
        found = _T.DOUBLE
    else:
        annotator._annotate_by_args(node, node.left, node.right)  # noqa: SLF001 - as sqlglot's own tables of types do
        return
    _set(annotator, node, found)


def _set(annotator: TypeAnnotator, node: exp.Expr, found: exp.DType) -> None:
    annotator._set_type(node, found)  # noqa: SLF001 - as sqlglot's own tables of types do


def _typed(kind: Callable[[Any], exp.DType]) -> dict[str, Any]:
    return {"annotator": lambda annotator, node: _set(annotator, node, kind(node))}


_TYPES: dict[type[exp.Expr], dict[str, Any]] = {
    **Postgres.EXPRESSION_METADATA,
    **{kind: {"annotator": _arithmetic} for kind in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)},
    **dict.fromkeys(
        (exp.Sqrt, exp.Exp, exp.Ln, exp.Pow, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop,
         exp.Corr, exp.CovarSamp, exp.CovarPop, exp.Avg, exp.Floor, exp.Ceil, exp.Sign),
        _typed(_double_if_double),
    ),
    exp.Cast: _typed(_cast),
    exp.Literal: _typed(_literal),
    exp.Sum: _typed(_sum),
    exp.Round: _typed(_round),
    exp.TimestampTrunc: _typed(_truncated),
    exp.Count: {"returns": _T.BIGINT},
    exp.Extract: {"returns": _T.DECIMAL},
}  # fmt: skip


class Families:
    """The families of a tree's nodes.

    Attributes:
        resolved: a copy of the tree, with its stars written out and each column under the name of its table, as far as
            the tables' columns are known.
    """

    def __init__(
        self, tree: exp.Query, schema: Schema | None = None, parameters: Mapping[str, str] | None = None
    ) -> None:
        self._schema = _mapping(tree, schema or {})
        self.resolved = tree.copy()
        self._twins = dict(zip(map(id, tree.walk()), self.resolved.walk(), strict=True))
        self._resolve()
        asked = {name: _data_type(kind).this for name, kind in (parameters or {}).items()}
        types = {**_TYPES, exp.Placeholder: _typed(lambda node: asked.get(node.name, _T.UNKNOWN))} if asked else _TYPES
        TypeAnnotator(self._schema, expression_metadata=types).annotate(self.resolved)

    def of(self, node: exp.Expr | None) -> Family | None:
        """The node's family, or None where the tree does not prove one."""
        twin = self._twins.get(id(node))
        return None if twin is None else _FAMILIES.get(type_of(twin if twin.type else self._alike.get(twin)))

    def twin(self, node: exp.Expr) -> exp.Expr:
        """What a node of the tree became."""
        return self._twins[id(node)]

    @cached_property
    def sources(self) -> Mapping[int, Mapping[str, Collection[str]]]:
        """By the id of a SELECT of `resolved`, the columns of what it reads, by name; none where nobody knows them."""
        found = {}
        for scope in traverse_scope(self.resolved):
            resolver = Resolver(scope, self._schema)
            columns = {name: resolver.get_source_columns(name) for name in scope.selected_sources}
            found[id(scope.expression)] = {name: () if "*" in every else every for name, every in columns.items()}
        return found

    @cached_property
    def _alike(self) -> Mapping[exp.Expr, exp.Expr]:
        """Typed nodes by what they say, for those in ORDER BY that the optimizer replaced by a column's name."""
        return {node: node for node in self.resolved.walk() if node.type}

    def _resolve(self) -> None:
        with suppress(SqlglotError):  # a table that nobody knows stops it halfway; what it has resolved, stays
            qualify(
                self.resolved, schema=self._schema, dialect="postgres", expand_alias_refs=False,
                quote_identifiers=False, allow_partial_qualification=True, validate_qualify_columns=False,
            )  # fmt: skip
        for scope in traverse_scope(self.resolved):
            having = scope.expression.args.get("having")  # which it would resolve with the aliases alone
            for column in having.find_all(exp.Column) if having else ():
                if not column.table:
                    column.set("table", Resolver(scope, self._schema).get_table(column))


def _mapping(tree: exp.Query, schema: Schema) -> MappingSchema:
    """What sqlglot is to know of the tables that a tree reads."""
    known: dict[str, dict[str, dict[str, exp.DataType]]] = {}
    for table in tree.find_all(exp.Table):
        layer, name = table.db.lower(), table.name.lower()
        columns = schema.get(f"{layer}.{name}")
        if columns is not None:
            known.setdefault(layer, {})[name] = {column: _data_type(kind) for column, kind in columns.items()}
    return MappingSchema({**known}, dialect="postgres", normalize=False)


def _data_type(portable: str) -> exp.DataType:
    name = portable.partition("(")[0]
    return exp.DataType(this={"integer": _T.INT, "double": _T.DOUBLE}.get(name) or exp.DType[name.upper()])
