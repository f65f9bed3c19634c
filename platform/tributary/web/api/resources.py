"""Named resources: the paths that sources declare over their tables, such as `/households/{household_key}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, create_model
from starlette.responses import Response

from tributary.assets.source import Resource
from tributary.catalogue import TableEntry
from tributary.resources.warehouse.types import decimal_digits
from tributary.web.api.problems import PROBLEMS, Problem
from tributary.web.api.rows import FILES, RowsModel, RowsQuery, Source, one_answer, row_of, rows_of

_PARAMETER = re.compile(r"{([a-z_][a-z0-9_]*)}")
_TYPES: dict[str, Any] = {
    "boolean": bool,
    "integer": int,
    "bigint": int,
    "double": float,
    "text": str,
    "date": date,
    "timestamp": str,  # without a zone, which OpenAPI's date-time has
}


def router(source: Source, resources: Iterable[tuple[str, Resource]]) -> APIRouter:
    """The operations that sources declare; each is given with its source's name."""
    routes = APIRouter(responses=PROBLEMS)
    for owner, resource in resources:
        table = source.catalogue.by_key.get(resource.table)
        if table is None:
            continue  # of a model whose file is refused: `tributary check` tells of it
        add = _add_many if resource.many else _add_one
        add(routes, source, owner, resource, table)
    return routes


def _add_one(routes: APIRouter, source: Source, owner: str, resource: Resource, table: TableEntry) -> None:
    model = _model(table)

    async def show(request: Request) -> Response:
        publication, row = await row_of(request, source, table, request.path_params)
        if row is None:
            told = ", ".join(f"{name} {value}" for name, value in request.path_params.items())
            raise Problem(404, f"{table.key} has no row of {told}.")
        return one_answer(request, publication, row)

    _register(routes, owner, resource, table, show, response_model=model)


def _add_many(routes: APIRouter, source: Source, owner: str, resource: Resource, table: TableEntry) -> None:
    row = _model(table)
    model: Any = create_model(f"{row.__name__}_page", __base__=RowsModel, rows=(list[row], ...))  # type: ignore[valid-type]

    async def show(request: Request, query: Annotated[RowsQuery, Query()]) -> Response:
        return await rows_of(request, source, table, query, request.path_params)

    files = {200: {"description": "A page of rows, or all of them in another format.", "content": FILES}}
    _register(routes, owner, resource, table, show, response_model=model, responses=files)


def _register(routes: APIRouter, owner: str, resource: Resource, table: TableEntry, show: Any, **options: Any) -> None:
    columns = {one.name: one for one in table.columns}
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": columns[name].description,
            "schema": {"type": "integer" if columns[name].type in ("integer", "bigint") else "string"},
        }
        for name in _PARAMETER.findall(resource.path)
        if name in columns
    ]
    routes.add_api_route(
        resource.path,
        show,
        methods=["GET"],
        tags=[owner],
        summary=resource.summary,
        description=f"{table.description}\n\nFrom `{table.key}`: {table.grain}.",
        openapi_extra={"parameters": parameters},
        name=resource.path,
        **options,
    )


def _model(table: TableEntry) -> type[BaseModel]:
    """The model of a row, for OpenAPI."""
    fields: dict[str, Any] = {
        one.name: (_type(one.type) | None, Field(None, description=one.description)) for one in table.columns
    }
    model: type[BaseModel] = create_model(table.key.replace(".", "_"), **fields)
    return model


def _type(name: str) -> Any:
    return float if decimal_digits(name) else _TYPES[name]
