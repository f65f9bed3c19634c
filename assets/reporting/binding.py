"""Binds answers to a report's SELECT: the statement holds a placeholder for each value, and no value of anybody.

Which answers are sound is `answers`' matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from tributary.assets.factory.bound import Bound, Marks, Relation
from tributary.assets.factory.parameters.parameter import LINE, REQUEST, VALUE
from tributary.assets.factory.parameters.values import Value
from tributary.assets.reporting.answers import Answers
from tributary.assets.reporting.declaration import Report
from tributary.resources.warehouse.base import Dialect


def bind(report: Report, answers: Answers, dialect: Dialect) -> Bound:
    """The SELECT of a report as an engine runs it for some answers.

    `:name` is a value of the declared type, and `request.<name>` the relation of a group's lines, or of the values of a
    parameter that takes many, which may have no row.
    """
    marks = Marks(report.model.body)
    return marks.bound(asked(report, answers, marks), dialect)


def asked(report: Report, answers: Answers, marks: Marks) -> exp.Query:
    """The SELECT of a report with marks for the values of some answers."""
    tree = report.model.select.copy()
    for node in list(tree.find_all(exp.Placeholder)):
        node.replace(marks.cast(report.asked.scalars[node.name], _single(answers, node.name)))
    relations = {
        key: Relation(columns, list(_rows(answers, key.removeprefix(f"{REQUEST}."))))
        for key, columns in report.asked.relations.items()
    }
    marks.put(tree, relations)
    return tree


def _single(answers: Answers, name: str) -> Value | None:
    value = answers.values[name]
    assert not isinstance(value, tuple)  # noqa: S101 - the report asks for one
    return value


def _rows(answers: Answers, name: str) -> Iterator[Mapping[str, Value | None]]:
    listed = answers.values[name]
    assert isinstance(listed, tuple)  # noqa: S101 - the report asks for many
    for number, one in enumerate(listed, start=1):
        yield {**(one if isinstance(one, Mapping) else {VALUE: one}), LINE: number}
