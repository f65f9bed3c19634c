"""Checks, charts and the contracts of files as an engine can make them: their expressions in its dialect.

Postgres takes them as they are written, so that nothing need be parsed for it.
"""

from __future__ import annotations

from dataclasses import replace

from tributary.assets.factory.header import ChartEntry
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.checks import Check, Expression
from tributary.resources.warehouse.delimited.contract import FileContract


def contract_in(contract: FileContract, dialect: Dialect) -> FileContract:
    """The contract with its rules and derived columns in an engine's dialect."""
    if dialect == "postgres":
        return contract
    return replace(
        contract,
        rules=tuple(replace(rule, condition=_expression_in(rule.condition, dialect)) for rule in contract.rules),
        derived=tuple(replace(one, expression=_expression_in(one.expression, dialect)) for one in contract.derived),
    )


def condition_in(check: Check, dialect: Dialect) -> Check:
    """The check as an engine can make it, under the name it has."""
    if dialect == "postgres" or not isinstance(check, Expression):
        return check
    return replace(check, sql=_expression_in(check.sql, dialect), title=check.name)


def chart_in(chart: ChartEntry, dialect: Dialect) -> ChartEntry:
    """The chart with its axes in an engine's dialect."""
    if dialect == "postgres":
        return chart
    return chart.model_copy(update={"x": _expression_in(chart.x, dialect), "y": _expression_in(chart.y, dialect)})


def _expression_in(text: str, dialect: Dialect) -> str:
    from tributary.assets.factory.expressions import expression_in

    return expression_in(text, dialect)
