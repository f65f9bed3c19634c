"""Decides rules: portable conditions on values that are at hand, without a database, as one would decide them.

What may stand in a rule is little: comparisons of parameters and literals, put together.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlglot import exp

from tributary.assets.factory.expressions import condition_of
from tributary.assets.factory.parameters.values import read_value

_COMPARED: dict[type[exp.Expr], Callable[[Any, Any], Any]] = {
    exp.EQ: operator.eq, exp.NEQ: operator.ne, exp.LT: operator.lt, exp.LTE: operator.le, exp.GT: operator.gt,
    exp.GTE: operator.ge, exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul,
}  # fmt: skip
_OTHERS = (
    exp.Paren, exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.And, exp.Or, exp.Not, exp.Is,
    exp.Between, exp.In, exp.Coalesce, exp.Neg, exp.Cast, exp.DataType,
)  # fmt: skip


def rule_problems(text: str) -> Iterator[str]:
    """What keeps a sound condition from being decided without a database."""
    for node in condition_of(text).walk():
        is_other = isinstance(node, _OTHERS) and not (isinstance(node, exp.Cast) and _literal_type(node) is None)
        if type(node) not in _COMPARED and not is_other:
            yield f"{node.sql(dialect='postgres')} is more than a rule can say; compare parameters with each other."


def holds(text: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition is not false for some values; null, where it cannot be told, is not."""
    return _decide(_condition(text), values) is not False


@lru_cache(maxsize=256)
def _condition(text: str) -> exp.Expr:
    return condition_of(text)


def _literal_type(node: exp.Cast) -> str | None:
    """The portable type of a typed literal, such as `date '2024-01-01'`; None for any other cast."""
    kind = {exp.DType.DATE: "date", exp.DType.TIMESTAMP: "timestamp"}.get(node.to.this)
    return kind if isinstance(node.this, exp.Literal) else None


def _decide(node: exp.Expr, values: Mapping[str, Any]) -> Any:
    """The value of an expression, with SQL's three values of truth; None is null."""
    match node:
        case exp.Paren():
            return _decide(node.this, values)
        case exp.Column():
            value = values[node.name]
            return Decimal(repr(value)) if isinstance(value, float) else value
        case exp.Literal():
            return node.name if node.is_string else Decimal(node.name)
        case exp.Boolean():
            return bool(node.this)
        case exp.Null():
            return None
        case exp.Cast():
            return read_value(_literal_type(node) or "", node.this.name)
        case exp.Not():
            value = _decide(node.this, values)
            return None if value is None else not value
        case exp.Neg():
            value = _decide(node.this, values)
            return None if value is None else -value
        case exp.And():
            return _all(_decide(node.left, values), _decide(node.right, values))
        case exp.Or():
            return _any(_decide(node.left, values), _decide(node.right, values))
        case exp.Is():
            left, right = _decide(node.this, values), _decide(node.expression, values)
            return left is None if right is None else left is right
        case exp.Between():
            value, low, high = (_decide(node.args[part], values) for part in ("this", "low", "high"))
            return _all(_compare(operator.ge, value, low), _compare(operator.le, value, high))
        case exp.In():
            value = _decide(node.this, values)
            found: bool | None = False
            for one in node.expressions:
                found = _any(found, _compare(operator.eq, value, _decide(one, values)))
            return found
        case exp.Coalesce():
            every = (_decide(one, values) for one in (node.this, *node.expressions))
            return next((one for one in every if one is not None), None)
        case _:
            left, right = (_decide(node.args[part], values) for part in ("this", "expression"))
            return _compare(_COMPARED[type(node)], left, right)


def _compare(how: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    return None if left is None or right is None else how(left, right)


def _all(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _any(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False
