"""What the API says of reports and their requests, and what is said to it, as OpenAPI has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tributary.assets.factory.header import ChartEntry
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.json_schema import json_schema
from tributary.assets.reporting.requests import Origin, State
from tributary.assets.reporting.requests import Request as Asked
from tributary.reports.results import Page, Point


class Ask(BaseModel):
    """A question: `parameters` as the report's schema has them, and where to tell of its end."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any] = Field({}, description="By name; what is left out has its default.")
    notify: str = Field("", max_length=2_000, description="A mail address, or the URL of a webhook.")


class ReportSummary(BaseModel):
    """A report, for a list of them; `refused` says why it cannot be asked for now, and is empty where it can."""

    name: str
    title: str = ""
    description: str = ""
    source: str = ""
    parameters: list[str] = []
    refused: str = ""

    @staticmethod
    def of(report: Report, refused: str) -> ReportSummary:
        """The summary of a report."""
        return ReportSummary(
            name=report.name,
            title=report.title,
            description=report.description,
            source=report.source,
            parameters=list(report.parameters),
            refused=refused,
        )


class ColumnModel(BaseModel):
    """A column that a report gives: its portable type, meaning and tags."""

    name: str
    type: str
    description: str
    tags: list[str]


class ReportModel(BaseModel):
    """A report with all that is known of it.

    `asked` is the JSON Schema of `parameters`; `table` has the rows of each question's newest request; `version` is
    another where the report's file is.
    """

    name: str
    title: str
    description: str
    grain: str
    source: str
    table: str
    version: str
    asked: dict[str, Any]
    columns: list[ColumnModel]
    most_seconds: int
    most_rows: int

    @staticmethod
    def of(report: Report) -> ReportModel:
        """What is known of a report."""
        columns = [
            ColumnModel(name=one.name, type=one.type, description=one.description, tags=list(one.tags))
            for one in report.columns
        ]
        return ReportModel(
            name=report.name,
            title=report.title,
            description=report.description,
            grain=report.rows.grain,
            source=report.source,
            table=report.table.key,
            version=report.digest,
            asked=json_schema(report),
            columns=columns,
            most_seconds=report.limits.seconds,
            most_rows=report.limits.rows,
        )


class ChoiceModel(BaseModel):
    """A value that may be chosen, and what people call it."""

    value: bool | int | float | str
    label: str


class PointModel(BaseModel):
    """A point of a chart: a value of its column, as text (null for rows without), and the number for it."""

    x: str | None
    y: float


class ChartModel(BaseModel):
    """A chart: its title and kind (line or bar), what its axes are, in SQL, and its points in the order of x."""

    title: str = ""
    kind: str = ""
    x: str = ""
    y: str = ""
    points: list[PointModel] = []

    @staticmethod
    def of(entry: ChartEntry | None, points: Sequence[Point]) -> ChartModel:
        """What a report declares, with the points of one extract."""
        if entry is None:
            return ChartModel()
        told = [PointModel(x=one.x, y=one.y) for one in points]
        return ChartModel(title=entry.title, kind=entry.kind, x=entry.x, y=entry.y, points=told)


class CountModel(BaseModel):
    """How many rows match; null where they could not be counted in time."""

    rows: int | None


class RequestModel(BaseModel):
    """A request, and what has become of it; times are in UTC.

    `key` is the same for all requests that ask the same, `sentence` says what there is to say of its state, `notice`
    what became of telling of its end, and `is_current` whether the report's file is still the version that was asked.
    """

    id: str
    report: str
    key: str
    parameters: dict[str, Any]
    state: State
    sentence: str
    rows: int | None
    who: str
    origin: Origin
    asked_at: datetime
    finished_at: datetime | None
    version: str
    is_current: bool
    notice: str

    @staticmethod
    def of(asked: Asked) -> RequestModel:
        """What is told of a request; not whom to tell, which may hold a secret."""
        return RequestModel(
            id=asked.id,
            report=asked.report,
            key=asked.key,
            parameters=dict(asked.answers),
            state=asked.state,
            sentence=asked.sentence,
            rows=asked.rows,
            who=asked.who,
            origin=asked.origin,
            asked_at=asked.asked_at,
            finished_at=asked.finished_at,
            version=asked.report_digest,
            is_current=asked.is_current_file,
            notice=asked.notice,
        )


class ResultColumn(BaseModel):
    """A column of a result, and its portable type."""

    name: str
    type: str


class ResultModel(BaseModel):
    """Rows of a result: `total` counts all of them, `next` is the offset of the next page, null behind the last."""

    columns: list[ResultColumn]
    total: int
    next: int | None
    rows: list[dict[str, Any]]


def result_of(page: Page, shown: frozenset[str] | None, offset: int, limit: int) -> dict[str, Any]:
    """A `ResultModel` of the columns that may be shown; all of them where `shown` is None."""
    places = [place for place, (name, _) in enumerate(page.columns) if shown is None or name in shown]
    names = [page.columns[place][0] for place in places]
    return {
        "columns": [{"name": name, "type": type_} for name, type_ in (page.columns[place] for place in places)],
        "total": page.total,
        "next": offset + limit if offset + limit < page.total else None,
        "rows": [dict(zip(names, (row[place] for place in places), strict=True)) for row in page.rows],
    }
