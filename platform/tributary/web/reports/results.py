"""What a request made, as a page shows it: one page of a table that can be sorted, and the report's chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from tributary.assets.factory.header import ChartEntry
from tributary.assets.reporting.declaration import Report
from tributary.reports.results import Page, Point
from tributary.resources.look import drawing
from tributary.resources.warehouse.table import PII
from tributary.resources.wording import cell

ROWS = 100
"""Rows of one page."""

HIDDEN = "hidden"
"""What stands for a personal value."""

_NUMBERS = frozenset({"integer", "bigint", "double", "decimal"})
_MIDNIGHT = " 00:00:00"
_FEW = 12
"""So many bars are lying ones, which have room for their labels."""


@dataclass(frozen=True)
class Asked:
    """Which part of the rows is asked for, by the address.

    Attributes:
        whole: whether all columns are, where the report shows some at first.
    """

    sort: str
    descending: bool
    offset: int
    whole: bool

    def address(self, **changes: object) -> str:
        """The address of another part."""
        asked = {**self.__dict__, **changes}
        query = {
            "sort": asked["sort"],
            "descending": "1" if asked["descending"] else "0",
            "offset": asked["offset"] or "",
            "columns": "all" if asked["whole"] else "",
        }
        return f"?{urlencode({name: value for name, value in query.items() if value})}#rows"


@dataclass(frozen=True)
class Heading:
    """A column's head: `sorted` is `ascending`, `descending`, or empty; `address` too, where nobody sorts by it."""

    name: str
    description: str
    is_number: bool
    sorted: str
    address: str


@dataclass(frozen=True)
class Table:
    """One page of the rows; addresses are empty where there is nothing to go to."""

    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    first: int
    last: int
    total: int
    before: str
    after: str
    other: str
    """The address of the same rows with all columns, or with those that the report shows at first."""

    whole: bool


@dataclass(frozen=True)
class Chart:
    """The report's chart: one of a line, columns and lying bars, and its points as texts."""

    title: str
    labels: tuple[str, str]
    numbers: Sequence[tuple[str, str]]
    line: drawing.Line | None = None
    columns: drawing.Columns | None = None
    bars: drawing.Bars | None = None


def asked_of(query: Mapping[str, str], report: Report | None) -> Asked:
    """Which rows an address asks for; what it does not say is as the report has it."""
    offset, sort = query.get("offset", ""), query.get("sort", "")
    descending = query.get("descending") == "1"
    if not sort and report is not None and report.show.sort:
        sort, descending = report.show.sort[0]
    start = int(offset) if offset.isdecimal() and len(offset) < 10 else 0
    return Asked(sort, descending, start - start % ROWS, query.get("columns") == "all")


def is_open(report: Report | None, column: str) -> bool:
    """Whether a column is known to hold no personal data, by the report's file as it is now."""
    return report is not None and any(one.name == column and PII not in one.tags for one in report.columns)


def table_of(page: Page, report: Report | None, asked: Asked, *, pii: bool) -> Table:
    """The rows of a page, in the columns that the report shows at first, or in all.

    Args:
        pii: whether personal data may be shown; of columns that may hold some, values are hidden else.
    """
    names = [name for name, _ in page.columns]
    described = {column.name: column.description for column in report.columns} if report is not None else {}
    shown = [name for name in (report.show.columns if report is not None else ()) if name in names]
    wanted = names if asked.whole or not shown else shown
    places = [names.index(name) for name in wanted]
    hidden = {place for place in places if not pii and not is_open(report, names[place])}
    headings = []
    for place in places:
        name, kind = page.columns[place]
        now = ("descending" if asked.descending else "ascending") if name == asked.sort else ""
        address = "" if place in hidden else asked.address(sort=name, descending=now == "ascending", offset=0)
        is_number = kind.partition("(")[0] in _NUMBERS
        headings.append(Heading(name, described.get(name, ""), is_number, now, address))
    last = asked.offset + len(page.rows)
    return Table(
        headings,
        [[HIDDEN if place in hidden else cell(row[place]) for place in places] for row in page.rows],
        first=min(asked.offset + 1, last),
        last=last,
        total=page.total,
        before=asked.address(offset=max(asked.offset - ROWS, 0)) if asked.offset else "",
        after=asked.address(offset=asked.offset + ROWS) if last < page.total and page.rows else "",
        other=asked.address(whole=not asked.whole) if shown and len(shown) < len(names) else "",
        whole=asked.whole,
    )


def chart_of(entry: ChartEntry, points: Sequence[Point]) -> Chart | None:
    """The chart of points; None where there are none."""
    if not points:
        return None
    labels, values = [x.removesuffix(_MIDNIGHT) or "none" for x, _ in points], [y for _, y in points]
    told = [drawing.told(y) for y in values]
    chart = Chart(entry.title, (entry.x, entry.y), list(zip(labels, told, strict=True)))
    if entry.kind == "line" and len(points) > 1:
        return replace(chart, line=drawing.line([(_moment(x), y) for x, y in points]))
    if len(points) <= _FEW and min(values) >= 0:
        return replace(
            chart, bars=drawing.bars([(x, y, drawing.rounded(y)) for x, y in zip(labels, values, strict=True)])
        )
    return replace(chart, columns=drawing.columns(labels, [(value,) for value in values], ("",)))


def _moment(text: str) -> date | str:
    """The day that a text is, so that days are as far apart as they are."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text
