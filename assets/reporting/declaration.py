"""A report as those who ask it see it: what it is called, what it can be asked, and which rows it gives.

How its file is read is `assets.factory`'s matter; answers are read in `answers` and bound in `binding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tributary.assets.factory.header import ChartEntry
from tributary.assets.factory.parameters.parameter import (
    LINE,
    Asked,
    Choice,
    Choices,
    Group,
    Limits,
    Parameter,
    Rule,
    Show,
)
from tributary.resources.warehouse.table import PII, Column, Table

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel

__all__ = ["Choice", "Choices", "Group", "Limits", "Parameter", "Report", "Rule", "Show", "reports_of"]


@dataclass(frozen=True, eq=False)
class Report:
    """A report: the model that its file holds, whose table `staged.report_<name>` has the rows of all requests.

    `offers` are the columns whose values may be chosen, by `name` or `group.field` of what they are chosen for.
    """

    model: SqlModel
    asked: Asked
    offers: Mapping[str, Choices]

    @property
    def name(self) -> str:
        """The name that its file has, alone among all reports."""
        return self.asked.name

    @property
    def source(self) -> str:
        """The source whose it is."""
        return self.model.source

    @property
    def title(self) -> str:
        """What people call it."""
        return self.asked.title

    @property
    def description(self) -> str:
        """What it is for."""
        return self.asked.rows.description

    @property
    def parameters(self) -> Mapping[str, Parameter | Group]:
        """What it can be asked, in the order of the form."""
        return self.asked.parameters

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What must hold between parameters."""
        return self.asked.rules

    @property
    def limits(self) -> Limits:
        """How long it may run and how many rows it may give."""
        return self.asked.limits

    @property
    def show(self) -> Show:
        """How its result is shown at first."""
        return self.asked.show

    @property
    def chart(self) -> ChartEntry | None:
        """The picture of its rows; None where it has none."""
        return self.model.chart

    @property
    def digest(self) -> str:
        """Sixteen hex digits of its file's text: another text is another version."""
        return self.model.digest

    @property
    def table(self) -> Table:
        """`staged.report_<name>`: the rows of each request's newest extract, by whose they are."""
        return self.model.table

    @cached_property
    def rows(self) -> Table:
        """The rows of one request, `reports.<name>`: its columns, with the tags that they inherit, and checks."""
        tags = {column.name: column.tags for column in self.table.columns}
        columns = tuple(replace(column, tags=tags[column.name]) for column in self.asked.rows.columns)
        return replace(self.asked.rows, columns=columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of one request's rows."""
        return self.rows.columns

    @property
    def has_pii(self) -> bool:
        """Whether a column of its rows holds personal data."""
        return self.rows.is_private

    @cached_property
    def is_ordered(self) -> bool:
        """Whether the order of lines means something, as the SELECT reads their numbers."""
        from sqlglot import exp

        return any(column.name == LINE for column in self.model.select.find_all(exp.Column))


def reports_of(models: Mapping[str, SqlModel], tables: Mapping[str, Table]) -> dict[str, Report]:
    """The reports among models, by their names; `tables` are all by `schema.table`, with the tags of their columns.

    Values of columns with personal data are offered to nobody, as they are shown nowhere but in the warehouse.
    """

    def is_shown(choices: Choices) -> bool:
        names = (choices.column, choices.label)
        columns = tables[choices.table].columns if choices.table in tables else ()
        return bool(columns) and not any(one.name in names and PII in one.tags for one in columns)

    found = []
    for model in models.values():
        if model.asked is not None:
            offers = {path: one for path, one in model.asked.choices if one.table and is_shown(one)}
            found.append(Report(model, model.asked, offers))
    return {report.name: report for report in sorted(found, key=lambda report: report.name)}
