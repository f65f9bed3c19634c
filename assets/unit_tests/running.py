"""Runs unit tests: one read-only query each, in which the given rows stand in for the tables that the model reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse_one

from tributary.assets.factory.bound import Bound, Marks
from tributary.assets.factory.parameters.values import Value
from tributary.assets.reporting.answers import AnswersError, read_answers
from tributary.assets.reporting.binding import asked
from tributary.assets.reporting.declaration import Report
from tributary.assets.unit_tests.declared import UnitTest
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import postgres_type
from tributary.resources.warehouse.warehouse import Warehouse

_AS_NEAR = 1e-9

Row = Mapping[str, Value | None]


@dataclass(frozen=True)
class Outcome:
    """What came of a test; it passed where nothing differs and nothing is refused.

    Attributes:
        missing: rows that were expected and not made.
        unexpected: rows that were made and not expected.
        refused: why it could not be run; empty where it was.
    """

    test: UnitTest
    missing: Sequence[Row] = ()
    unexpected: Sequence[Row] = ()
    refused: str = ""

    @property
    def passed(self) -> bool:
        """Whether the model did what the test says."""
        return not (self.missing or self.unexpected or self.refused)


def run_test(warehouse: Warehouse, test: UnitTest, report: Report | None = None) -> Outcome:
    """Run one test; `report` is the model's, where it is one."""
    try:
        bound = bound_test(test, warehouse.dialect, report)
        # A percent sign is doubled in it, which is undone only where there are values.
        sql = bound.sql if bound.values else bound.sql.replace("%%", "%")
        rows = warehouse.rows(sql, bound.values)
    except (TributaryError, AnswersError) as error:
        return Outcome(test, refused=str(error))
    missing, unexpected = differing(test.expected, [{name: row[name] for name in test.columns} for row in rows])
    return Outcome(test, missing, unexpected)


def bound_test(test: UnitTest, dialect: Dialect, report: Report | None = None) -> Bound:
    """The model's SELECT over the given rows, with its columns as they are declared."""
    marks = Marks(test.model.body)
    tree = test.model.select.copy() if report is None else asked(report, read_answers(report, test.answers), marks)
    marks.put(tree, test.given)
    casts = [
        parse_one(f"CAST({quoted(one.name)} AS {postgres_type(one.type)}) AS {quoted(one.name)}", dialect="postgres")
        for one in test.model.rows.columns
    ]
    return marks.bound(exp.select(*casts).from_(tree.subquery("made")), dialect)


def differing(expected: Sequence[Row], found: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that are on one side only, in whatever order; doubles are the same up to a relative 1e-9."""
    left, missing = list(found), []
    for row in expected:
        at = next((at for at, one in enumerate(left) if _same(row, one)), None)
        if at is None:
            missing.append(row)
        else:
            del left[at]
    return missing, left


def _same(one: Row, other: Row) -> bool:
    return all(_equal(value, other[name]) for name, value in one.items())


def _equal(one: Value | None, other: Value | None) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_AS_NEAR)
    return one == other
