"""Rules of dates, timestamps and intervals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from tributary.assets.factory.lint.expressions import wrapping
from tributary.assets.factory.lint.families import DATES, INTEGERS, Families
from tributary.assets.factory.lint.finding import Problem, rule, shown, typed_rule

_INTERVAL_UNITS = ("YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_TRUNC_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_EXTRACT_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "HOUR", "MINUTE")
_WEEKDAYS = ("DOW", "ISODOW", "DAYOFWEEK", "DAYOFWEEKISO")
_WHOLE_NUMBER = re.compile(r"-?\d+")
_EPOCH = "cast(extract(epoch from …) as bigint)"


@rule(exp.Interval)
def _interval(interval: exp.Interval) -> Iterator[Problem]:
    unit, amount = interval.args.get("unit"), interval.this
    name = unit.name.upper().removesuffix("S") if isinstance(unit, exp.Var) else ""
    is_whole = isinstance(amount, exp.Literal) and _WHOLE_NUMBER.fullmatch(amount.name)
    if name not in _INTERVAL_UNITS or not is_whole:
        yield "interval", f"{shown(interval)} is not one whole number of one unit; write interval '1 day' and add up."


@typed_rule(exp.Add, exp.Sub)
def _date_arithmetic(node: exp.Binary, families: Families) -> Iterator[Problem]:
    left, right = families.of(node.left), families.of(node.right)
    if "interval" in (left, right) or not {left, right} & DATES:
        return
    if isinstance(node, exp.Sub) and left in DATES and right not in INTEGERS:
        yield (
            "date-difference",
            f"{shown(node)} is days or an interval on Postgres alone; subtract {_EPOCH} to get seconds.",
        )
    else:
        yield "date-plus-number", f"{shown(node)} fails on Trino; write cast(… + interval '1 day' * n as date)."


@typed_rule(exp.TimestampTrunc)
def _date_trunc(node: exp.TimestampTrunc, families: Families) -> Iterator[Problem]:
    unit = node.args.get("unit")
    if not isinstance(unit, exp.Var | exp.Literal) or unit.name.upper() not in _TRUNC_UNITS or node.args.get("zone"):
        yield "date-trunc", f"{shown(node)} has a unit that Trino lacks; use year, quarter, month, week, day or hour."
    outer = wrapping(node)
    is_cast = isinstance(outer, exp.Cast) and outer.to.this in (exp.DType.DATE, exp.DType.TIMESTAMP)
    if families.of(node.this) == "date" and not is_cast:
        yield (
            "date-trunc",
            f"{shown(node)} of a date has a zone on Postgres alone; write cast(date_trunc(…) as date).",
        )


@typed_rule(exp.Extract)
def _extract(node: exp.Extract, families: Families) -> Iterator[Problem]:
    unit = node.this.name.upper()
    if unit in _WEEKDAYS:
        yield (
            "extract-weekday",
            f"extract({unit.lower()} …) counts differently on Trino; join core.dim_date for iso_weekday.",
        )
    elif unit == "EPOCH":
        outer = wrapping(node)
        kinds = (exp.DType.BIGINT, exp.DType.DOUBLE)
        if families.of(node.expression) == "interval":
            yield "extract-epoch", f"{shown(node)} is of an interval; subtract two {_EPOCH} instead."
        elif not (isinstance(outer, exp.Cast) and outer.to.this in kinds):
            yield "extract-epoch", f"{shown(node)} has another type on Trino; write {_EPOCH}."
    elif unit not in _EXTRACT_UNITS:
        yield (
            "extract-unit",
            f"extract({unit.lower()} …) is not portable; use year, quarter, month, week, day, doy, hour or minute.",
        )
