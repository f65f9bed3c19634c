"""Rules of operators, literals and types: where numbers, text or comparisons differ between the engines.

Dates are in `dates`; functions and their arguments in `calls`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from tributary.assets.factory.lint.families import INTEGERS, Families, Family
from tributary.assets.factory.lint.finding import Problem, rule, shown, typed_rule

_TYPES = (
    exp.DType.BOOLEAN, exp.DType.INT, exp.DType.BIGINT, exp.DType.DOUBLE, exp.DType.TEXT, exp.DType.VARCHAR,
    exp.DType.DATE, exp.DType.TIMESTAMP,
)  # fmt: skip
_MOST_DIGITS = 38
_TYPE_LIST = "boolean, integer, bigint, double precision, decimal(p,s), text, date or timestamp"
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_WHOLE = (exp.Floor, exp.Ceil, exp.Round)


def bare(node: exp.Expr) -> exp.Expr:
    """The node without parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def wrapping(node: exp.Expr) -> exp.Expr | None:
    """What encloses the node, parentheses aside."""
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent


@typed_rule(exp.Cast)
def _type(cast: exp.Cast, families: Families) -> Iterator[Problem]:
    kind = cast.to.this
    if cast.args.get("format") or cast.args.get("default"):
        yield "type", "a cast with a format or default is not portable; write a plain cast."
    if kind is exp.DType.DECIMAL:
        digits = [part.name for part in cast.to.expressions]
        if len(digits) != 2 or not all(part.isdigit() for part in digits):
            yield "type", f"{shown(cast)} lacks precision or scale, which Trino then takes as 0; write decimal(p,s)."
        elif not int(digits[1]) <= int(digits[0]) <= _MOST_DIGITS or int(digits[0]) == 0:
            yield "type", f"{shown(cast)} has more digits than Trino holds; use at most decimal({_MOST_DIGITS},s)."
    elif kind not in _TYPES or cast.to.args.get("nested"):
        yield "type", f"{shown(cast)} has a type that the engines do not share; use {_TYPE_LIST}."
    elif cast.to.expressions:
        yield "type", f"{shown(cast)} has a length or precision that the engines treat differently; leave it out."
    else:
        yield from _conversion(cast, families)


def _conversion(cast: exp.Cast, families: Families) -> Iterator[Problem]:
    kind, value = cast.to.this, bare(cast.this)
    family = families.of(value)
    if kind in (exp.DType.INT, exp.DType.BIGINT) and family == "double" and not isinstance(value, _WHOLE):
        yield (
            "double-to-integer",
            f"{shown(cast)} rounds halves to even on Postgres and up on Trino; cast floor(…) or a decimal(p,s) of it.",
        )
    if kind in (exp.DType.TEXT, exp.DType.VARCHAR) and prints_differently(value, family):
        yield "to-text", f"{shown(cast)} prints differently on Trino; cast to decimal(p,s) first, or use to_char."


def prints_differently(value: exp.Expr, family: Family | None) -> bool:
    """Whether the text of a value differs: doubles and timestamps always, decimals unless a cast fixes their scale."""
    if family in ("decimal", "numeric"):
        return not isinstance(bare(value), exp.Cast | exp.Extract | exp.Literal)
    return family in ("double", "timestamp", "interval")


@typed_rule(exp.Div)
def _division(division: exp.Div, families: Families) -> Iterator[Problem]:
    left, right = families.of(division.left), families.of(division.right)
    if "double" in (left, right):
        if not _is_never_zero(division.right):
            yield (
                "division-by-zero",
                f"{shown(division)} fails on Postgres and infinite on Trino for 0; divide by nullif(…, 0).",
            )
    elif left in INTEGERS and right in INTEGERS:
        if not any(isinstance(bare(side), exp.Cast) for side in (division.left, division.right)):
            yield (
                "integer-division",
                f"{shown(division)} drops the fraction; cast a side to double precision, or to bigint if you mean it.",
            )
    elif {left, right} & {"decimal", "numeric"}:
        yield (
            "decimal-division",
            f"{shown(division)} keeps fewer digits on Trino; cast a side to double precision.",
        )
    else:
        yield (
            "untyped-division",
            f"{shown(division)} may divide integers or decimals, which differ; cast a side to double precision.",
        )


def _is_never_zero(divisor: exp.Expr) -> bool:
    divisor = bare(divisor)
    if isinstance(divisor, exp.Cast | exp.Neg):
        return _is_never_zero(divisor.this)
    if isinstance(divisor, exp.Nullif):
        zero = bare(divisor.expression)
        return isinstance(zero, exp.Literal) and not zero.is_string and float(zero.name) == 0
    if isinstance(divisor, exp.Mul):
        return _is_never_zero(divisor.left) and _is_never_zero(divisor.right)
    return isinstance(divisor, exp.Literal) and not divisor.is_string and float(divisor.name) != 0


@typed_rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
def _comparison(comparison: exp.Binary, families: Families) -> Iterator[Problem]:
    for literal, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        yield from _literal_against(literal, [other], families)


@typed_rule(exp.In)
def _membership(node: exp.In, families: Families) -> Iterator[Problem]:
    if not node.expressions and node.args.get("query") is None:
        yield "syntax", "in () has no values; list some or use false."
    for value in node.expressions:
        yield from _literal_against(value, [node.this], families)


@typed_rule(exp.Between)
def _range(node: exp.Between, families: Families) -> Iterator[Problem]:
    if node.args.get("symmetric"):
        yield "clause", "between symmetric is not portable; order the two limits yourself."
    for limit in (node.args["low"], node.args["high"]):
        yield from _literal_against(limit, [node.this], families)


@typed_rule(exp.Coalesce, exp.Nullif)
def _alternatives(node: exp.Func, families: Families) -> Iterator[Problem]:
    values = [node.this, *node.expressions]
    if isinstance(node, exp.Nullif):
        values = [node.this, node.expression]
    for value in values:
        yield from _literal_against(value, [other for other in values if other is not value], families)


def _literal_against(literal: exp.Expr, others: list[exp.Expr], families: Families) -> Iterator[Problem]:
    """Postgres reads a bare string as the type it is compared with; to Trino it is text, and the comparison fails."""
    literal = bare(literal)
    if not (isinstance(literal, exp.Literal) and literal.is_string):
        return
    found = {families.of(other) for other in others if bare(other) is not literal}
    if "text" in found:
        return
    if _ISO_DATE.fullmatch(literal.name):
        kind = "date" if len(literal.name) == 10 else "timestamp"
        yield "untyped-literal", f"'{literal.name}' is text to Trino; write {kind} '{literal.name.replace('T', ' ')}'."
    elif found - {None}:
        yield (
            "untyped-literal",
            f"'{literal.name}' is text to Trino and compared with another type; write it as that type.",
        )


@rule(exp.Any, exp.All)
def _quantifier(node: exp.Expr) -> Iterator[Problem]:
    if not isinstance(node.this, exp.Query):
        yield "any-array", f"{shown(node)} looks into an array, which Trino cannot; write in (…) or in (select …)."


@rule(exp.Tuple)
def _row_value(node: exp.Tuple) -> Iterator[Problem]:
    if not isinstance(node.parent, exp.Values | exp.GroupingSets | exp.Rollup | exp.Cube | exp.Group):
        yield "row-value", f"{shown(node)} is a row; compare its columns one by one, or use exists."


@rule(exp.Like, exp.ILike)
def _pattern(node: exp.Binary) -> Iterator[Problem]:
    pattern, escape = bare(node.expression), node.parent
    if isinstance(escape, exp.Escape):
        character = escape.expression
        if isinstance(node, exp.ILike):
            yield "like-escape", "ilike with escape is not portable; write lower(…) like … escape …."
        elif not (isinstance(character, exp.Literal) and character.is_string and len(character.name) == 1):
            yield "like-escape", "escape must be one character for Trino; write escape '!'."
    elif not (isinstance(pattern, exp.Literal) and "\\" not in pattern.name):
        yield "like-escape", f"{shown(node)} may hold a backslash, an escape to Postgres alone; add escape '!'."


_PORTABLE_REGEX = re.compile(
    r"""\^?
    (?: [^\\.\[\](){}^$|*+?\n] | \\[^A-Za-z0-9\s] | \[\^?[^\[\]\\^]+\] | \((?!\?) | \) | \|
      | [*+?](?![+?]) | \{\d+(?:,\d*)?\}(?![+?]) )*
    \$?""",
    re.VERBOSE,
)


@rule(exp.RegexpLike)
def _regex(node: exp.RegexpLike) -> Iterator[Problem]:
    pattern = bare(node.expression)
    if node.args.get("flag"):
        yield "regex", "regexp_like with flags is not portable; use lower(…) or character classes."
    elif not (isinstance(pattern, exp.Literal) and pattern.is_string and _PORTABLE_REGEX.fullmatch(pattern.name)):
        yield (
            "regex",
            f"{shown(node)} has no simple pattern; use characters, [a-z], groups, |, *, +, ?, ^ first and $ last.",
        )
