"""The tables of the catalogue by the API: what there is, what each means, its rows, and aggregates over them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from tributary.catalogue import TableEntry
from tributary.resources.addresses import table_page
from tributary.web.api.problems import PROBLEMS, Problem
from tributary.web.api.rows import FILES, AggregateQuery, RowsModel, RowsQuery, Source, aggregate_of, rows_of

_NAME = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_Key = Annotated[str, Path(description="`schema.table`", examples=["gold.household_summary"])]


class ColumnModel(BaseModel):
    """A column: its portable type, meaning, tags, and the columns that its values come from."""

    name: str
    type: str
    description: str
    tags: list[str]
    sources: list[str]


class CheckModel(BaseModel):
    """A check: what holds when it passes, and how many rows failed it when the rows were published; null: not known."""

    name: str
    holds: str
    severity: str
    failures: int | None


class TableSummary(BaseModel):
    """A table, for a list of them; `updated_at` is in UTC, null where it was not made yet."""

    key: str
    source: str
    kind: str
    description: str
    grain: str
    updated_at: datetime | None
    rows: int | None


class TableModel(TableSummary):
    """A table with all that is known of it; `page` is the address of its page for people."""

    columns: list[ColumnModel]
    keys: list[list[str]]
    checks: list[CheckModel]
    reads: list[str]
    read_by: list[str]
    tags: dict[str, str]
    fresh_within_seconds: float | None
    publication: str | None
    page: str
    refused: str


def router(source: Source) -> APIRouter:
    """The operations on tables."""
    routes = APIRouter(tags=["tables"], responses=PROBLEMS)
    catalogue = source.catalogue

    def find(key: str) -> TableEntry:
        found = catalogue.by_key.get(key) if _NAME.fullmatch(key) else None
        if found is None:
            raise Problem(404, f"There is no table {key[:80]!r}; /api/v1/tables lists them.")
        return found

    @routes.get("/tables", summary="All tables")
    async def list_tables(
        of: Annotated[str | None, Query(alias="source")] = None, layer: str | None = None
    ) -> list[TableSummary]:
        """The tables of the catalogue, of one source or layer where that is said."""
        told = await _published(source)
        wanted = [one for one in catalogue.tables if of in (None, one.source) and layer in (None, one.layer)]
        return [TableSummary(**_summary(one, told.get(one.key))) for one in wanted]

    @routes.get("/tables/{table}", summary="A table")
    async def show_table(table: _Key) -> TableModel:
        """What a table means: grain, columns with lineage, checks with what they found, and how fresh it is."""
        entry, told = find(table), (await _published(source)).get(table)
        return _described(entry, told, [one.key for one in catalogue.tables if table in one.reads])

    @routes.get(
        "/tables/{table}/rows",
        summary="Rows of a table",
        response_model=RowsModel,
        responses={200: {"description": "A page of rows, or all of them in another format.", "content": FILES}},
    )
    async def list_rows(request: Request, table: _Key, query: Annotated[RowsQuery, Query()]) -> Response:
        """Rows of one publication, filtered by `column=operator.value` for any column.

        Operators are those of PostgREST: eq, neq, gt, gte, lt, lte, like, ilike (`*` stands for any text), in, is, and
        each after `not.`. A cursor of a publication that is gone is answered by 409.
        """
        return await rows_of(request, source, find(table), query)

    @routes.get(
        "/tables/{table}/aggregate",
        summary="Aggregates over a table",
        response_model=RowsModel,
        responses={200: {"description": "A row a group, or all groups in another format.", "content": FILES}},
    )
    async def aggregate(request: Request, table: _Key, query: Annotated[AggregateQuery, Query()]) -> Response:
        """Measures of the rows that the filters leave, by dimensions; filters are those of rows."""
        return await aggregate_of(request, source, find(table), query)

    return routes


async def _published(source: Source) -> Mapping[str, tuple[Any, ...]]:
    """Of each table that was made: when its rows last changed, how many they are, what checks found, its version."""
    sql = "SELECT table_name, updated_at, rows, checks, version FROM _published.tables"
    return {row[0]: row[1:] for row in await source.serving.plain(sql)}


def _summary(entry: TableEntry, told: tuple[Any, ...] | None) -> dict[str, Any]:
    named = {name: getattr(entry, name) for name in ("key", "source", "kind", "description", "grain")}
    return named | {"updated_at": told[0] if told else None, "rows": told[1] if told else None}


def _described(entry: TableEntry, told: tuple[Any, ...] | None, read_by: list[str]) -> TableModel:
    failures = (told[2] if told else None) or {}
    columns = [
        ColumnModel(
            name=one.name,
            type=one.type,
            description=one.description,
            tags=list(one.tags),
            sources=[f"{column.table}.{column.column}" for column in one.sources],
        )
        for one in entry.columns
    ]
    checks = [
        CheckModel(name=one.name, holds=one.holds, severity=one.severity, failures=failures.get(one.name))
        for one in entry.checks
    ]
    return TableModel(
        **_summary(entry, told),
        columns=columns,
        keys=[list(one) for one in entry.keys],
        checks=checks,
        reads=list(entry.reads),
        read_by=read_by,
        tags=dict(entry.tags),
        fresh_within_seconds=entry.freshness.total_seconds() if entry.freshness else None,
        publication=told[3] if told else None,
        page=table_page(entry.key),
        refused=entry.refused,
    )
