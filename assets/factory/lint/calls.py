"""Rules of how allowed functions are called: arguments and contexts in which the engines differ.

Which functions are allowed at all is in `vocabulary`; those of dates are in `dates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from tributary.assets.factory.lint.expressions import bare, prints_differently, wrapping
from tributary.assets.factory.lint.families import NUMBERS, Families
from tributary.assets.factory.lint.finding import Problem, rule, shown, typed_rule

_FORMAT = re.compile(r"(?:%Y|%m|%d|%H|%M|%S|[-/:. _])+")


@rule(exp.Greatest, exp.Least)
def _extremes(node: exp.Func) -> Iterator[Problem]:
    if not all(_is_never_null(value) for value in (node.this, *node.expressions)):
        yield (
            "greatest-least-null",
            f"{shown(node)} skips nulls on Postgres and is null on Trino; wrap each argument as coalesce(…, literal).",
        )


def _is_never_null(node: exp.Expr) -> bool:
    node = bare(node)
    if isinstance(node, exp.Cast | exp.Neg):
        return _is_never_null(node.this)
    if isinstance(node, exp.Coalesce):
        return any(_is_never_null(value) for value in (node.this, *node.expressions))
    return isinstance(node, exp.Literal | exp.Boolean | exp.Count | exp.RowNumber)


@typed_rule(exp.Avg)
def _average(node: exp.Avg, families: Families) -> Iterator[Problem]:
    if families.of(node.this) != "double":
        yield "average", f"{shown(node)} keeps other digits on Trino; write avg(cast(… as double precision))."


@typed_rule(
    exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarSamp, exp.CovarPop,
    exp.Sqrt, exp.Exp, exp.Ln, exp.Pow,
)  # fmt: skip
def _double_function(node: exp.Expr, families: Families) -> Iterator[Problem]:
    if "double" not in (families.of(node.this), families.of(node.args.get("expression"))):
        yield (
            "double-function",
            f"{shown(node)} is exact on Postgres and a double on Trino; cast the argument to double precision.",
        )


@typed_rule(exp.Round)
def _rounding(node: exp.Round, families: Families) -> Iterator[Problem]:
    if families.of(node.this) not in ("decimal", "numeric"):
        yield (
            "rounding",
            f"{shown(node)} rounds halves differently unless its argument is a decimal; cast that to decimal(p,s).",
        )
    digits = node.args.get("decimals")
    if digits is not None and not _is_natural(digits):
        yield "rounding", f"{shown(node)} needs its number of digits as a literal; write one."


@rule(exp.GroupConcat)
def _string_agg(node: exp.GroupConcat) -> Iterator[Problem]:
    if not isinstance(node.this, exp.Order):
        yield "string-agg", "string_agg without order by has an arbitrary order; add order by inside it."
    if not isinstance(node.args.get("separator"), exp.Literal):
        yield "string-agg", "string_agg needs its separator as a literal; write one, such as ','."
    if isinstance(node.parent, exp.Filter | exp.Window):
        yield "string-agg", "Trino's listagg takes neither filter nor over; filter the rows or group them in a CTE."


@rule(
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead,
    exp.FirstValue, exp.LastValue, exp.NthValue,
)  # fmt: skip
def _needs_order(node: exp.Func) -> Iterator[Problem]:
    window = node.parent
    if not isinstance(window, exp.Window):
        yield "window-order", f"{shown(node)} is a window function; add over (… order by …)."
    elif not _has_order(window):
        yield "window-order", f"{shown(window)} numbers rows in an arbitrary order; add order by to its window."


def _has_order(window: exp.Window) -> bool:
    if window.args.get("order"):
        return True
    alias = window.args.get("alias")
    select = window.find_ancestor(exp.Select)
    named = select.args.get("windows") or [] if select else []
    return alias is not None and any(
        other.this.name.lower() == alias.name.lower() and _has_order(other)
        for other in named
        if isinstance(other.this, exp.Identifier) and other is not window
    )


@rule(exp.Window)
def _window(window: exp.Window) -> Iterator[Problem]:
    spec = window.args.get("spec")
    if isinstance(window.this, exp.Filter):
        yield "window-filter", "Trino takes no filter in a window; write sum(case when … then … end) over (…)."
    if isinstance(spec, exp.WindowSpec) and spec.args.get("exclude"):
        yield "window-frame", "exclude in a window frame is Postgres' own; state the frame without it."


@rule(exp.Filter)
def _filter(node: exp.Filter) -> Iterator[Problem]:
    if not isinstance(node.this, exp.AggFunc):
        yield "syntax", f"{shown(node)} filters what is no aggregate; filter rows with where."


@rule(exp.Substring)
def _substring(node: exp.Substring) -> Iterator[Problem]:
    start, length = node.args.get("start"), node.args.get("length")
    if not _is_from_one(start):
        yield "substring", f"{shown(node)} may start before 1, where Trino counts from the end; start at 1 or later."
    if length is not None and isinstance(bare(length), exp.Neg):
        yield "substring", f"{shown(node)} has a negative length; use 0 or more."


def _is_from_one(start: exp.Expr | None) -> bool:
    if start is None:
        return False
    start = bare(start)
    if isinstance(start, exp.Add):
        left, right = bare(start.left), bare(start.right)
        return any(
            isinstance(count, exp.StrPosition | exp.Length) and _is_from_one(offset)
            for count, offset in ((left, right), (right, left))
        )
    if isinstance(start, exp.Greatest):
        return any(_is_from_one(value) for value in (start.this, *start.expressions))
    return _is_natural(start) and start.name.strip("0") != ""


@rule(exp.Left)
def _left(node: exp.Left) -> Iterator[Problem]:
    if not _is_natural(node.args.get("expression")):
        yield "left", f"{shown(node)} differs for negative lengths; give the length as a literal of 0 or more."


@rule(exp.SplitPart)
def _split_part(node: exp.SplitPart) -> Iterator[Problem]:
    outer = wrapping(node)
    is_nulled = (
        isinstance(outer, exp.Nullif)
        and bare(outer.this) is node
        and isinstance(outer.expression, exp.Literal)
        and outer.expression.is_string
        and outer.expression.name == ""
    )
    if not is_nulled or not _is_from_one(node.args.get("part_index")):
        yield (
            "split-part",
            f"{shown(node)} is '' or null past the end; write nullif(split_part(…, n), ''), n from 1.",
        )


@rule(exp.Pad)
def _pad(node: exp.Pad) -> Iterator[Problem]:
    fill = node.args.get("fill_pattern")
    if not (isinstance(fill, exp.Literal) and fill.name):
        yield "pad", f"{shown(node)} needs what to fill with as a literal; add it, such as ' '."


@rule(exp.Replace)
def _replace(node: exp.Replace) -> Iterator[Problem]:
    searched = node.args.get("expression")
    if not (isinstance(searched, exp.Literal) and searched.name) or node.args.get("replacement") is None:
        yield (
            "replace",
            f"{shown(node)} differs when it searches for ''; search for a literal.",
        )


@typed_rule(exp.TimeToStr, exp.ToChar)
def _to_char(node: exp.Expr, families: Families) -> Iterator[Problem]:
    form = node.args.get("format")
    is_portable = isinstance(form, exp.Literal) and _FORMAT.fullmatch(form.name)
    if not is_portable or families.of(node.this) in NUMBERS:
        yield "to-char", f"{shown(node)} is not portable; use dates with YYYY, MM, DD, HH24, MI, SS and punctuation."


@typed_rule(exp.DPipe, exp.Concat, exp.ConcatWs)
def _joined_text(node: exp.Expr, families: Families) -> Iterator[Problem]:
    parts = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    for part in parts:
        family = families.of(part)
        if prints_differently(part, family):
            yield "to-text", f"{shown(part)} prints differently as text; cast it to decimal(p,s), or use to_char."
        elif family == "boolean":
            yield "to-text", f"{shown(part)} prints t or true; write case when … then … else … end."


def _is_natural(node: exp.Expr | None) -> bool:
    node = bare(node) if node is not None else None
    return isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
