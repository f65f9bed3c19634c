"""What is known of an expression's type, as Postgres types it, without asking a database.

Only coarse families are told apart, as the rules need no more. A family is claimed only where the tree proves it:
by a cast, a function's result, a literal, or a column that can be followed to one of these or to a declared type.
Whoever asks decides what not knowing means. Where the tables of a column come from is `sources`' matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlglot import exp

from tributary.assets.factory.lint.sources import Sources

Family = Literal[
    "boolean", "integer", "bigint", "decimal", "numeric", "double", "text", "date", "timestamp", "interval"
]
"""`decimal` has or may have a fixed scale on both engines; `numeric` is Postgres' number without one."""

INTEGERS: frozenset[Family | None] = frozenset({"integer", "bigint"})
NUMBERS: frozenset[Family | None] = frozenset({"integer", "bigint", "decimal", "numeric", "double"})
DATES: frozenset[Family | None] = frozenset({"date", "timestamp"})
_BY_TYPE: dict[exp.DType, Family] = {
    exp.DType.BOOLEAN: "boolean",
    exp.DType.INT: "integer",
    exp.DType.BIGINT: "bigint",
    exp.DType.DOUBLE: "double",
    exp.DType.DECIMAL: "decimal",
    exp.DType.TEXT: "text",
    exp.DType.VARCHAR: "text",
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
}
_BY_NAME: dict[str, Family] = {
    "boolean": "boolean",
    "integer": "integer",
    "bigint": "bigint",
    "double": "double",
    "text": "text",
    "date": "date",
    "timestamp": "timestamp",
}
_FIXED: dict[type[exp.Expr], Family] = {
    exp.Boolean: "boolean",
    exp.Count: "bigint",
    exp.RowNumber: "bigint",
    exp.Rank: "bigint",
    exp.DenseRank: "bigint",
    exp.Ntile: "integer",
    exp.PercentRank: "double",
    exp.CumeDist: "double",
    exp.Length: "integer",
    exp.StrPosition: "integer",
    exp.Interval: "interval",
    exp.Lower: "text",
    exp.Upper: "text",
    exp.Trim: "text",
    exp.Substring: "text",
    exp.Left: "text",
    exp.Replace: "text",
    exp.Translate: "text",
    exp.Reverse: "text",
    exp.Pad: "text",
    exp.SplitPart: "text",
    exp.DPipe: "text",
    exp.Concat: "text",
    exp.ConcatWs: "text",
    exp.TimeToStr: "text",
    exp.GroupConcat: "text",
    exp.Extract: "decimal",
    exp.Not: "boolean",
    exp.And: "boolean",
    exp.Or: "boolean",
    exp.LogicalAnd: "boolean",
    exp.LogicalOr: "boolean",
}
_SAME = (
    exp.Alias, exp.Paren, exp.Neg, exp.Window, exp.Filter, exp.Min, exp.Max, exp.Lag, exp.Lead, exp.FirstValue,
    exp.LastValue, exp.NthValue, exp.Abs, exp.Nullif, exp.Order, exp.WithinGroup,
)  # fmt: skip
_DOUBLE_IF_DOUBLE = (
    exp.Sqrt, exp.Exp, exp.Ln, exp.Pow, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop,
    exp.Corr, exp.CovarSamp, exp.CovarPop, exp.Avg, exp.Floor, exp.Ceil, exp.Sign,
)  # fmt: skip


class Families:
    """The families of a tree's nodes, found when asked for and remembered."""

    def __init__(self, tree: exp.Query, schema: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.tree = tree
        self.sources = Sources(schema or {})
        self._known: dict[int, Family | None] = {}

    def of(self, node: exp.Expr | None) -> Family | None:
        """The node's family, or None where the tree does not prove one."""
        if not isinstance(node, exp.Expr):  # a broken call lacks an argument, or holds a bare string in its place
            return None
        key = id(node)
        if key not in self._known:
            self._known[key] = None  # what asks for itself on the way is unknown
            self._known[key] = self._find(node)
        return self._known[key]

    def _find(self, node: exp.Expr) -> Family | None:
        kind = type(node)
        if kind in _FIXED:
            return _FIXED[kind]
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Cast):
            return _BY_TYPE.get(node.to.this)
        if isinstance(node, exp.Literal):
            return _literal(node)
        if isinstance(node, _SAME):
            return self.of(node.this)
        if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
            return self._united([node.this, *node.expressions])
        if isinstance(node, exp.Case):
            return self._united([*(branch.args.get("true") for branch in node.args["ifs"]), node.args.get("default")])
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
            return self._arithmetic(node)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return self.of(node.this.selects[0]) if len(node.this.selects) == 1 else None
        if isinstance(node, exp.Predicate):
            return "boolean"
        return self._function(node)

    def _function(self, node: exp.Expr) -> Family | None:
        argument = self.of(node.this) if isinstance(node.this, exp.Expr) else None
        if isinstance(node, exp.TimestampTrunc):
            return "timestamp" if argument == "timestamp" else None
        if isinstance(node, exp.Round):
            return "decimal" if argument in ("decimal", "numeric") else argument
        if isinstance(node, exp.Sum):
            widened: dict[Family | None, Family] = {"integer": "bigint", "bigint": "numeric"}
            return widened.get(argument, argument)
        if isinstance(node, _DOUBLE_IF_DOUBLE):
            second = node.args.get("expression")
            if argument == "double" or (isinstance(second, exp.Expr) and self.of(second) == "double"):
                return "double"
            return "decimal" if argument in ("decimal", "numeric") else None
        return None

    def _column(self, column: exp.Column) -> Family | None:
        found = self.sources.find(column)
        if isinstance(found, str):
            return "decimal" if found.startswith("decimal") else _BY_NAME.get(found)
        return self.of(found)

    def _united(self, branches: list[exp.Expr | None]) -> Family | None:
        """The common family of alternatives; one double makes all of them double, whatever the others are."""
        values = [branch for branch in branches if branch is not None and not isinstance(branch, exp.Null)]
        found = {self.of(value) for value in values}
        if len(found) == 1:
            return found.pop()
        if "double" in found and found <= NUMBERS | {None}:
            return "double"
        if None not in found and found <= NUMBERS:
            return _wider(found)
        return "timestamp" if found == DATES else None

    def _arithmetic(self, node: exp.Binary) -> Family | None:
        left, right = self.of(node.left), self.of(node.right)
        if "interval" in (left, right):
            if isinstance(node, exp.Mul | exp.Div) or left == right:
                return "interval"
            return "timestamp"
        if left in DATES or right in DATES:
            if isinstance(node, exp.Sub) and left in DATES and right in DATES:
                return "integer" if left == right == "date" else "interval"
            return "date" if {left, right} <= {"date"} | INTEGERS else None
        if "double" in (left, right):
            return "double"
        found = {left, right}
        return _wider(found) if found <= NUMBERS else None


def _wider(found: set[Family | None]) -> Family:
    order: tuple[Family, ...] = ("double", "numeric", "decimal", "bigint")
    return next((family for family in order if family in found), "integer")


def _literal(node: exp.Literal) -> Family:
    if node.is_string:
        return "text"
    if not node.name.isdigit():
        return "decimal"
    return "integer" if int(node.name) < 2**31 else "bigint"
