"""Whether two graphs are equal, exactly: rows, what was set aside, checks, charts, reports, and tests of models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from tests.parity.graph import Side

from tributary.assets.factory.charts import MOST_POINTS
from tributary.assets.factory.in_dialect import chart_in
from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.binding import bind
from tributary.assets.reporting.declaration import Report
from tributary.assets.unit_tests.declared import read_tests
from tributary.assets.unit_tests.running import run_test
from tributary.contents import Contents
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.arrow import arrow_schema
from tributary.resources.warehouse.checks import Sql, Unique
from tributary.resources.warehouse.quarantine import QUARANTINE
from tributary.resources.warehouse.table import Table, quoted

SHOWN = 3
_OWN_TO_A_RUN = {"gold.table_freshness": ("updated_at",)}
"""Columns that tell when a graph was made."""

_SET_ASIDE = ("table_name", "source", "line_number", "byte_offset", "raw_text", "raw_bytes", "reason", "detail")
_TOLD = (
    "dagster/row_count",
    "read",
    "rejected",
    "duplicates dropped",
    "rows displaced elsewhere",
    "rows written",
)


@dataclass(frozen=True)
class Compared:
    """One thing that was compared, and how the sides differ in it, in sentences."""

    name: str
    differences: Sequence[str]


def compare(sides: tuple[Side, Side], contents: Contents) -> Iterator[Compared]:
    """All that there is to compare, one after the other."""
    yield from compare_graphs(sides, contents)
    yield from _compare_tests(sides[1], contents)


def compare_graphs(sides: tuple[Side, Side], contents: Contents) -> Iterator[Compared]:
    """What was made, and what is answered from it: all but the unit tests of models, which make rows of their own."""
    yield from compare_made(sides, contents.tables)
    yield from _compare_answers(sides, contents)


def compare_made(sides: tuple[Side, Side], tables: Mapping[str, Table]) -> Iterator[Compared]:
    """Tables, with what was set aside, what checks found, and what was told when they were made."""
    one, other = sides
    yield Compared("every asset is made", [*one.failures, *other.failures])
    for key, table in sorted(tables.items()):
        yield Compared(key, _differing(sides, table))
    aside = f"SELECT {', '.join(_SET_ASIDE)} FROM {QUARANTINE}"
    rows = [[tuple(row.values()) for row in side.warehouse.rows(aside)] for side in sides]
    yield Compared(QUARANTINE, list(_of_multisets(QUARANTINE, sides, rows, _SET_ASIDE, 3)))
    for asset, name in sorted({*one.checks, *other.checks}):
        found = [side.checks.get((asset, name), {}) for side in sides]
        yield Compared(f"check {name} of {asset}", list(_of_values(f"check {name} of {asset}", sides, found)))
    for asset in sorted({*one.told, *other.told}):
        found = [{key: value for key, value in side.told.get(asset, {}).items() if key in _TOLD} for side in sides]
        yield Compared(f"what is told of {asset}", list(_of_values(f"what is told of {asset}", sides, found)))


def _compare_answers(sides: tuple[Side, Side], contents: Contents) -> Iterator[Compared]:
    """Charts and reports."""
    for key, model in sorted(contents.models.items()):
        if model.chart is not None:
            yield Compared(f"chart of {key}", _charts(sides, contents.tables[key]))
    for report in contents.reports.values():
        for number, test in enumerate(read_tests(report.model, contents.tables, contents.model_lineage)):
            yield Compared(f"report {report.name} {number}", _reports(sides, report, test.answers))


def _compare_tests(other: Side, contents: Contents) -> Iterator[Compared]:
    """What the unit tests of models expect, and what the engine makes."""
    reports = {report.table.key: report for report in contents.reports.values()}
    for key, model in {**contents.models, **{key: report.model for key, report in reports.items()}}.items():
        for test in read_tests(model, contents.tables, contents.model_lineage):
            outcome = run_test(other.warehouse, test, reports.get(key))
            told = [outcome.refused] if outcome.refused else [f"made {row}" for row in outcome.unexpected]
            told += [f"did not make {row}" for row in outcome.missing]
            yield Compared(f"test of {key}: {test.name}", [f"{key} on {other.name} {one_}" for one_ in told])


def _differing(sides: tuple[Side, Side], table: Table) -> list[str]:
    own = _OWN_TO_A_RUN.get(table.key, ())
    key = next((list(check.names) for check in table.checks if isinstance(check, Unique)), [])
    names = [*key, *(name for name in table.column_names if name not in key and name not in own)]
    schema = arrow_schema(table)
    wanted = pa.schema([schema.field(name) for name in names])
    query = f"SELECT {', '.join(map(quoted, names))} FROM {table.sql_name}"
    try:
        found = [side.warehouse.arrow(query).cast(wanted) for side in sides]
    except (TributaryError, pa.ArrowException) as error:
        return [f"{table.key} cannot be read: {error}"]
    one, other = (rows.sort_by([(name, "ascending") for name in names]).combine_chunks() for rows in found)
    if one.equals(other):
        return []
    rows = [[tuple(row.values()) for row in rows.to_pylist()] for rows in (one, other)]
    return list(_of_multisets(table.key, sides, rows, names, len(key)))


def _of_multisets(
    what: str, sides: tuple[Side, Side], rows: Sequence[Sequence[tuple[Any, ...]]], names: Sequence[str], key: int
) -> Iterator[str]:
    """How two multisets of rows differ, of which the first columns are the key."""
    first, second = (Counter(map(_exact, some)) for some in rows)
    lost, come = list((first - second).elements()), list((second - first).elements())
    if lost or come:
        told = zip((lost, come), rows, sides, strict=True)
        only = " and ".join(f"{len(some)} of {len(every)} on {side.name} alone" for some, every, side in told)
        yield f"{what}: of the rows are {only}"
    by_key = {row[:key]: row for row in come}
    for row in lost[:SHOWN]:
        where = ", ".join(f"{name}={value}" for name, value in zip(names, row[: key or None], strict=False))
        met = by_key.get(row[:key]) if key else None
        if met is None:
            yield f"{what}: the row {where} is on {sides[0].name} only"
            continue
        for name, a, b in zip(names, row, met, strict=True):
            if a != b:
                yield f"{what}: the row {where} has in {name} {a} on {sides[0].name}, and {b} on {sides[1].name}"
    if not lost:
        yield from (f"{what}: the row {row[: key or None]} is on {sides[1].name} only" for row in come[:SHOWN])


def _exact(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(map(repr, row))


def _of_values(what: str, sides: tuple[Side, Side], found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    one, other = found
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            a, b = (str(side.get(name))[:200] for side in found)
            yield f"{what}: {name} is {a} on {sides[0].name}, and {b} on {sides[1].name}"


def _charts(sides: tuple[Side, Side], table: Table) -> list[str]:
    points = []
    for side in sides:
        model = side.platform.models[table.key]
        assert model.chart is not None
        chart = chart_in(model.chart, side.warehouse.dialect)
        query = f"SELECT {chart.x} AS x, {chart.y} AS y FROM {table.sql_name} GROUP BY 1 ORDER BY 1 LIMIT {MOST_POINTS}"
        points.append({str(row["x"]): float(row["y"] or 0) for row in side.warehouse.rows(query)})
    return list(_of_values(f"chart of {table.key}", sides, points))[:SHOWN]


def _reports(sides: tuple[Side, Side], report: Report, raw: Mapping[str, object]) -> list[str]:
    rows, told = [], []
    for side in sides:
        bound = bind(report, read_answers(report, raw), side.warehouse.dialect)
        with side.warehouse.extract(report.rows, Sql(bound.sql, bound.values), seconds=60) as found:
            chart = None if report.chart is None else chart_in(report.chart, side.warehouse.dialect)
            points = [] if chart is None else found.summary(f"{chart.x} AS x, {chart.y} AS y", "GROUP BY 1 ORDER BY 1")
            told.append({"checks": [one.failures for one in found.checks], "chart": points})
            batches = pa.Table.from_batches(found.batches, arrow_schema(report.rows))
            rows.append([tuple(row.values()) for row in batches.to_pylist()])
    names = [column.name for column in report.columns]
    what = f"report {report.name} asked {dict(raw)}"
    return [*_of_multisets(what, sides, rows, names, 0), *_of_values(what, sides, told)]
