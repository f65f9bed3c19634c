"""Rows and aggregates of one table as answers: a JSON page of one publication, or everything in a file's format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from tributary.catalogue import Catalogue, TableEntry
from tributary.resources.principal import principal_of
from tributary.resources.serving import Publication, Serving
from tributary.resources.warehouse.table import quoted
from tributary.web.api.aggregates import read_aggregate
from tributary.web.api.cursors import Cursor, after, decoded, digest_of
from tributary.web.api.exports import MEDIA_TYPES, Exports, Format, republished, served
from tributary.web.api.problems import Problem
from tributary.web.api.questions import Asked, Condition, Order, at_or_after, base_tables, where

USUAL, MOST = 100, 10_000
"""Rows of a page: where nothing is said, and at most."""

FILES: dict[str, Any] = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()
}
"""What answers may be beside JSON, for OpenAPI."""

_HELD = "if-none-match"
_JSON = msgspec.json.Encoder(decimal_format="number")


class RowsModel(BaseModel):
    """Rows, the publication that they are of, when its rows last changed (UTC), and the address of the next page."""

    publication: str
    updated_at: datetime
    total: int | None = None
    next: str | None
    rows: list[dict[str, Any]]


class RowsQuery(BaseModel):
    """What is said of rows beside filters."""

    select: str | None = Field(None, description="Columns, with commas between; default: all.")
    order: str | None = Field(None, description="Sort, as in `total_sales.desc,household_key`.")
    limit: int | None = Field(None, ge=1, le=MOST, description=f"Rows of the page; usually {USUAL}.")
    cursor: str | None = Field(None, max_length=20_000, description="Where an earlier page ended.")
    count: Literal["exact"] | None = Field(None, description="`exact`: count all rows, too.")
    format: Format = Field("json", description="Others than json give all rows, without pages.")


class AggregateQuery(BaseModel):
    """What is said of an aggregate beside filters."""

    measures: str = Field(
        description="As in `count,total:sum(sales_value)`: count, sum, avg, min, max, count_distinct."
    )
    dimensions: str | None = Field(
        None, description="As in `section,month(day)`: columns; day, week, month, quarter, year of times."
    )
    order: str | None = Field(None, description="Sort, by names of the answer; default: by the dimensions.")
    limit: int = Field(1_000, ge=1, le=MOST, description="Groups at most.")
    format: Format = Field("json", description="Others than json give all groups.")


@dataclass(frozen=True)
class Source:
    """What answers are made from: one state of the catalogue, and what rows are read by."""

    catalogue: Catalogue
    serving: Serving
    exports: Exports

    def asked(self, table: TableEntry, request: Request) -> Asked:
        """A table as whoever asks may see it.

        Raises:
            Problem: it is on another engine, and has no copy here.
        """
        if self.serving.copy_of and not table.served:
            raise Problem(404, not_here(table, self.serving.copy_of))
        return Asked(table, principal_of(request.scope).scopes)

    def bases(self, key: str) -> tuple[str, ...]:
        """The tables whose publication an answer from a table is of."""
        return base_tables(key, self.catalogue.by_key, copied=bool(self.serving.copy_of))


def not_here(table: TableEntry, engine: str) -> str:
    """Why rows of a table that has no copy cannot be shown, and what to do."""
    return f"{table.key} is in {engine} alone, as no page is about it: ask it by `tributary query`."


async def rows_of(
    request: Request, source: Source, table: TableEntry, query: RowsQuery, fixed: Mapping[str, str] | None = None
) -> Response:
    """Rows of a table, filtered by the request's parameters; `fixed` are texts of values that columns equal.

    Raises:
        Problem: the request cannot be answered as it stands.
        ServingError: the database cannot answer it.
    """
    asked = source.asked(table, request)
    columns = asked.selected(query.select)
    pairs = [(name, f"eq.{text}") for name, text in (fixed or {}).items()]
    filters = asked.filters([*pairs, *request.query_params.multi_items()], RowsQuery.model_fields)
    order = asked.order(query.order)
    page = _Page(table, [one.name for one in columns], filters, asked.total_order(order))
    if query.format != "json":
        if query.cursor is not None or query.limit is not None or query.count is not None:
            raise Problem(400, f"format={query.format} gives all rows: leave cursor, limit and count out.", at="format")
        return await _export(request, source, table, page.everything(is_sorted=bool(order)), query.format)
    bases = source.bases(table.key)
    before = decoded(query.cursor) if query.cursor is not None else None
    if before is not None and before.question != page.question:
        raise Problem(400, "cursor: it belongs to another question; begin again without one.", at="cursor")
    if before is None and (same := await _held(request, source, bases)) is not None:
        return same
    statement = page.statement(before, query.limit or USUAL)
    publication, found = await source.serving.rows(bases, statement.sql, statement.params)
    if before is not None and before.publication != publication.version:
        raise republished(table.key)
    members: dict[str, Any] = {}
    if query.count:
        counting = page.counting()
        counted, totals = await source.serving.rows(bases, counting.sql, counting.params)
        if counted.version != publication.version:
            raise republished(table.key)
        members["total"] = totals[0][0]
    at = page.next(found, before, query.limit or USUAL, publication.version)
    members["next"] = None if at is None else _address(request, at)
    shown = [row[len(page.order) :] for row in found[: query.limit or USUAL]]
    return answer(request, publication, page.names, shown, **members)


async def aggregate_of(request: Request, source: Source, table: TableEntry, query: AggregateQuery) -> Response:
    """Measures of the rows that the request's filters leave, by dimensions; raises as `rows_of`."""
    asked = source.asked(table, request)
    filters = where(asked.filters(request.query_params.multi_items(), AggregateQuery.model_fields))
    wanted = read_aggregate(asked, query.dimensions, query.measures, query.order)
    statement = Condition(wanted.statement(_relation(table), filters.sql), filters.params)
    if query.format != "json":
        return await _export(request, source, table, statement, query.format)
    bases = source.bases(table.key)
    if (same := await _held(request, source, bases)) is not None:
        return same
    publication, rows = await source.serving.rows(bases, f"{statement.sql} LIMIT {query.limit}", statement.params)
    return answer(request, publication, wanted.names, rows, next=None)


async def row_of(
    request: Request, source: Source, table: TableEntry, fixed: Mapping[str, str]
) -> tuple[Publication, dict[str, Any] | None]:
    """The row of a table whose columns equal some values, given as texts; raises as `rows_of`."""
    asked = source.asked(table, request)
    told = where(asked.filters([(name, f"eq.{text}") for name, text in fixed.items()], ()))
    names = [one.name for one in asked.columns]
    sql = f"SELECT {', '.join(map(quoted, names))} FROM {_relation(table)}{told.sql} LIMIT 1"
    publication, rows = await source.serving.rows(source.bases(table.key), sql, told.params)
    return publication, dict(zip(names, rows[0], strict=True)) if rows else None


def answer(
    request: Request, publication: Publication, columns: Sequence[str], rows: Sequence[Sequence[Any]], **members: Any
) -> Response:
    """Rows as a JSON document of one publication, with its ETag."""
    document = {"publication": publication.version, "updated_at": publication.updated_at, **members}
    document["rows"] = [dict(zip(columns, row, strict=True)) for row in rows]
    return one_answer(request, publication, document)


def one_answer(request: Request, publication: Publication, document: object) -> Response:
    """A JSON document of one publication, with its ETag; nothing to whoever has it already."""
    if (same := unchanged(request, publication)) is not None:
        return same
    headers = _headers(request, publication)
    return Response(_JSON.encode(document), headers=headers, media_type="application/json")


def unchanged(request: Request, publication: Publication) -> Response | None:
    """The answer to whoever has the document of a publication already; None to others."""
    headers = _headers(request, publication)
    held = [one.strip().removeprefix("W/") for one in request.headers.get(_HELD, "").split(",")]
    return Response(status_code=304, headers=headers) if headers["ETag"] in held else None


async def _held(request: Request, source: Source, bases: Sequence[str]) -> Response | None:
    """`unchanged` before any row is read, which only who holds a document already has to wait for."""
    if _HELD not in request.headers:
        return None
    return unchanged(request, await source.serving.publication(bases))


@dataclass(frozen=True)
class _Page:
    """A question for rows, of which pages are cut: columns, conditions, and a total order."""

    table: TableEntry
    names: Sequence[str]
    filters: tuple[Condition, ...]
    order: tuple[Order, ...]

    @property
    def question(self) -> str:
        return digest_of(self.table.key, self.names, self.filters, self.order)

    def statement(self, before: Cursor | None, size: int) -> Condition:
        """The values of the sort and the columns, of a page behind a cursor and one row more."""
        told = where(
            self.filters if before is None else (*self.filters, at_or_after(self.order, before.read(self.order)))
        )
        columns = ", ".join(quoted(name) for name in (*(one.name for one in self.order), *self.names))
        text = f"SELECT {columns} FROM {_relation(self.table)}{told.sql}{self._sorted()} LIMIT {size + 1}"
        return Condition(text if before is None else f"{text} OFFSET {before.given}", told.params)

    def everything(self, *, is_sorted: bool) -> Condition:
        told = where(self.filters)
        columns = ", ".join(quoted(name) for name in self.names)
        sort = self._sorted() if is_sorted else ""
        return Condition(f"SELECT {columns} FROM {_relation(self.table)}{told.sql}{sort}", told.params)

    def counting(self) -> Condition:
        told = where(self.filters)
        return Condition(f"SELECT count(*) FROM {_relation(self.table)}{told.sql}", told.params)

    def next(self, found: Sequence[Sequence[Any]], before: Cursor | None, size: int, version: str) -> Cursor | None:
        if len(found) <= size:
            return None
        width = len(self.order)
        return after([row[:width] for row in found[:size]], before, version, self.question)

    def _sorted(self) -> str:
        return f" ORDER BY {', '.join(one.sql for one in self.order)}"


async def _export(
    request: Request, source: Source, table: TableEntry, statement: Condition, format_: Format
) -> Response:
    bases = source.bases(table.key)
    publication = await source.serving.publication(bases)
    if (same := unchanged(request, publication)) is not None:
        return same
    name = digest_of(publication.version, statement.sql, statement.params)
    path = await source.exports.file(name, bases, publication.version, statement.sql, statement.params)
    sent = served(path, format_)
    headers = _headers(request, publication) | {
        "Content-Disposition": f'attachment; filename="{table.key}.{format_}"',
        "Tributary-Publication": publication.version,
    }
    if sent.size is not None:
        headers["Content-Length"] = str(sent.size)
    return StreamingResponse(sent.chunks, headers=headers, media_type=MEDIA_TYPES[format_])


def _relation(table: TableEntry) -> str:
    layer, _, name = table.key.partition(".")
    return f"{quoted(layer)}.{quoted(name)}"


def _address(request: Request, at: Cursor) -> str:
    """The request's own address with a cursor; what is counted is counted once."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "count")]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', at.encoded())])}"


def _headers(request: Request, publication: Publication) -> dict[str, str]:
    # Who was granted other scopes sees other columns.
    scopes = sorted(principal_of(request.scope).scopes)
    etag = digest_of(publication.version, request.url.path, request.url.query, scopes)
    return {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
