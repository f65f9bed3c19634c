"""Refusals as problem documents: `application/problem+json`, as RFC 9457 has them."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from tributary.resources.serving import NotPublishedError, ServingError, TooLongError, UnreachableError

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The request cannot be understood",
    403: "Not allowed",
    404: "Not found",
    405: "Not allowed here",
    409: "Republished",
    413: "Too large",
    422: "The request does not fit",
    500: "Something failed",
    503: "Not available now",
    504: "It took too long",
}
_OF_SERVING: dict[type[ServingError], int] = {NotPublishedError: 404, TooLongError: 504, UnreachableError: 503}


class Problem(Exception):
    """A refusal: its status, a sentence that says what was wrong and what to do, and members of its own."""

    def __init__(self, status: int, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.members = status, detail, members

    def response(self, instance: str) -> Response:
        """The answer to a request for `instance`, a path."""
        document = {"type": "about:blank", "title": _TITLES.get(self.status, "Refused"), "status": self.status}
        document |= {"detail": self.detail, "instance": instance, **self.members}
        headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if self.status == 503 else {})
        return Response(msgspec.json.encode(document), self.status, headers, MEDIA_TYPE)


def register(app: FastAPI) -> None:
    """Answer all that fails in an application by problem documents."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return error.response(request.scope["path"])

    @app.exception_handler(ServingError)
    async def _serving(request: Request, error: ServingError) -> Response:
        return Problem(_OF_SERVING.get(type(error), 503), str(error)).response(request.scope["path"])

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()]
        told = "; ".join(f"{one['at']}: {one['message']}" for one in errors)
        return Problem(422, f"The request does not fit: {told}.", errors=errors).response(request.scope["path"])

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        detail = str(error.detail)
        if error.status_code == 404 and detail == "Not Found":
            detail = "There is nothing at this path; openapi.json lists what there is."
        response = Problem(error.status_code, detail).response(request.scope["path"])
        response.headers.update({**(error.headers or {}), **_allowed(app, request, error.status_code)})
        return response

    @app.exception_handler(Exception)
    async def _failed(request: Request, _error: Exception) -> Response:
        return Problem(500, "Something failed here; the server's log says what.").response(request.scope["path"])


def _allowed(app: FastAPI, request: Request, status: int) -> dict[str, str]:
    """The methods that a path knows, which 405 must name; Starlette tells those of its first operation alone."""
    if status != 405:
        return {}
    here = [route for route in app.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE]
    return {"Allow": ", ".join(sorted({method for route in here for method in route.methods or ()}))}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": _TITLES[status],
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "instance"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string", "description": "What was wrong, and what to do."},
                        "instance": {"type": "string", "description": "The path that was asked for."},
                    },
                }
            }
        },
    }
    for status in (400, 403, 404, 409, 422, 503, 504)
}
"""What every operation may answer beside its result, for OpenAPI."""
