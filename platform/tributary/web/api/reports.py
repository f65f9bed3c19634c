"""Reports by the API: what each can be asked, asking it, following a request, and reading or fetching what it gave.

Whoever reads sees reports and what they gave; asking, cancelling and retrying is for those who operate, as the gateway
has it by the method. Values of personal data, and files that may hold some, take the scope `pii`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from itertools import chain
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import StreamingResponse

from tributary.assets.factory.parameters.values import canonical_value
from tributary.assets.reporting.answers import AnswersError
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.requests import NoSuchRequest, NotNow
from tributary.reports.results import MEDIA_TYPES, Format
from tributary.reports.service import NoSuchReport, Reports
from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.principal import Principal, principal_of
from tributary.resources.warehouse.table import PII
from tributary.web.api.problems import PROBLEMS, Problem
from tributary.web.api.report_models import (
    Ask,
    ChartModel,
    ChoiceModel,
    CountModel,
    ReportModel,
    ReportSummary,
    RequestModel,
    ResultModel,
    result_of,
)  # fmt: skip

MOST_ROWS = 10_000
_JSON = msgspec.json.Encoder(decimal_format="number")
_Name = Annotated[
    str, Path(description="The report", examples=["ornament_verification"], pattern="^[a-z_][a-z0-9_]{0,47}$")
]
_Id = Annotated[str, Path(description="The request", pattern="^[0-9A-Za-z-]{1,64}$")]
_Word = Annotated[str, Query(pattern="^[0-9A-Za-z_-]{0,64}$")]
_Token = Annotated[str, Header(max_length=200, pattern=r"^[\x20-\x7e]*$")]
_Limit = Annotated[int, Query(ge=1, le=1_000)]
_Asked = Annotated[
    Ask,
    Body(openapi_examples={"two lines": {"value": {"parameters": {"lines": [{"code": "b1"}, {"code": "b2"}]}}}}),
]
_FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}


class _Route(APIRoute):
    """An operation whose typed errors are problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except TributaryError as error:
                raise _problem(error) from error

        return handled


def router(reports: Reports) -> APIRouter:
    """The operations on reports and their requests."""
    routes = APIRouter(prefix="/reports", tags=["reports"], responses=PROBLEMS, route_class=_Route)

    @routes.get("", summary="All reports")
    def list_reports() -> list[ReportSummary]:
        """The reports, and those that cannot be asked for now with the reason."""
        refused = reports.refused()
        known = [ReportSummary.of(one, refused.get(one.name, "")) for one in reports.all().values()]
        others = [ReportSummary(name=name, refused=why) for name, why in refused.items() if name not in reports.all()]
        return sorted([*known, *others], key=lambda one: one.name)

    @routes.get("/requests", summary="Requests of all reports")
    def list_all_requests(
        report: _Word = "", key: _Word = "", before: _Word = "", limit: _Limit = 50
    ) -> list[RequestModel]:
        """Requests, the newest first: of one report, of one question (`key`), and asked before the request `before`."""
        return [RequestModel.of(one) for one in reports.requests(report, key, limit, before)]

    @routes.get("/requests/{id}", summary="A request")
    def show_request(id: _Id) -> RequestModel:  # noqa: A002 - what everybody calls it
        """What was asked, and what has become of it."""
        return RequestModel.of(reports.request(id))

    @routes.delete("/requests/{id}", summary="Cancel a request")
    def cancel(request: Request, id: _Id) -> RequestModel:  # noqa: A002
        """End a request that is queued or running; 409 where it has ended."""
        return RequestModel.of(reports.cancel(id, _who(request).name))

    @routes.post("/requests/{id}/retry", summary="Retry a request", status_code=202)
    def retry(request: Request, id: _Id) -> RequestModel:  # noqa: A002
        """Make a request that failed or was cancelled again: another request where the report has changed since."""
        return RequestModel.of(reports.retry(id, _who(request).name))

    @routes.get("/requests/{id}/rows", summary="Rows of a request", response_model=ResultModel)
    def rows(
        request: Request,
        id: _Id,  # noqa: A002
        order: Annotated[str, Query(description="A column, as in `gross_weight_g.desc`; default: as made.")] = "",
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    ) -> Response:
        """A page of what a finished request gave; columns with personal data are left out without the scope `pii`."""
        found = reports.request(id)
        column, _, way = order.partition(".")
        if way not in ("", "asc", "desc"):
            raise Problem(400, f"{way[:20]!r} is no way to sort; write {column[:64]}.desc, or {column[:64]}.")
        shown = _shown(reports, found.report, _who(request))
        if column and shown is not None and column not in shown:
            raise Problem(403, f"Sorting by {column[:64]!r} takes the scope {PII}, or there is no such column.")
        page = reports.page(id, column, way == "desc", offset, limit)
        return Response(_JSON.encode(result_of(page, shown, offset, limit)), media_type="application/json")

    @routes.get("/requests/{id}/chart", summary="The chart of a request")
    def chart(request: Request, id: _Id) -> ChartModel:  # noqa: A002
        """The points of the report's chart over what a finished request gave; none where it has no chart."""
        found = reports.request(id)
        report = _readable(reports, found.report, _who(request))
        entry = report.chart if report is not None else None
        return ChartModel.of(entry, reports.chart(id) if entry is not None else ())

    @routes.get(
        "/requests/{id}/download",
        summary="The file of a request",
        response_class=Response,
        responses={200: {"description": "The file.", "content": _FILES}},
    )
    def download(request: Request, id: _Id, format: Format = "csv") -> Response:  # noqa: A002
        """What a finished request gave, as CSV, Parquet or Excel; personal data take the scope `pii`."""
        found = reports.request(id)
        _readable(reports, found.report, _who(request))
        made = reports.download(id, format)
        headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "private"}
        if made.size is not None:
            headers["Content-Length"] = str(made.size)
        return StreamingResponse(_begun(made.chunks), headers=headers, media_type=made.media_type)

    @routes.get("/{name}", summary="A report")
    def show_report(name: _Name) -> ReportModel:
        """What a report can be asked, as JSON Schema, and which columns it gives."""
        return ReportModel.of(reports.report(name))

    @routes.get("/{name}/choices", summary="What may be chosen")
    def choices(name: _Name) -> dict[str, list[ChoiceModel]]:
        """The values of columns that may be chosen now, by `name` or `group.field`; none where any may be given."""
        found = reports.choices(reports.report(name))
        return {
            path: [ChoiceModel(value=canonical_value(one.value), label=one.label) for one in listed]
            for path, listed in found.items()
        }

    @routes.post("/{name}/count", summary="How many rows match")
    def count(name: _Name, ask: _Asked) -> CountModel:
        """How many rows the answers match now; null where they could not be counted in five seconds."""
        report = reports.report(name)
        return CountModel(rows=reports.count(report, reports.read(report, ask.parameters)))

    @routes.get("/{name}/requests", summary="Requests of a report")
    def list_requests(name: _Name, before: _Word = "", limit: _Limit = 50) -> list[RequestModel]:
        """Requests of a report, the newest first, asked before the request `before`."""
        return [RequestModel.of(one) for one in reports.requests(name, "", limit, before)]

    @routes.post("/{name}/requests", summary="Ask a report", status_code=202)
    def ask(
        request: Request, response: Response, name: _Name, ask: _Asked, idempotency_key: _Token = ""
    ) -> RequestModel:
        """Ask a report: its run is launched at once. `Location` is the request, to be looked at until it has ended.

        What comes again with the same `Idempotency-Key` from the same sender gets the request that is there.

        Parameters are those of the report's schema; each thing that is wrong with them is told by 422 in `errors`, with
        its place.
        """
        report = reports.report(name)
        answers = reports.read(report, ask.parameters)
        who = _who(request).name
        token = f"api {who} {answers.key} {idempotency_key}" if idempotency_key else ""
        found = reports.submit(report, answers, who, "api", ask.notify, token)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}/reports/requests/{found.id}"
        return RequestModel.of(found)

    return routes


def _who(request: Request) -> Principal:
    return principal_of(request.scope)


def _shown(reports: Reports, name: str, who: Principal) -> frozenset[str] | None:
    """The columns whose values somebody may see; None where they may see all. Of what nobody knows they see nothing."""
    if PII in who.scopes:
        return None
    report: Report | None = reports.all().get(name)
    columns = report.columns if report is not None else ()
    return frozenset(one.name for one in columns if PII not in one.tags)


def _readable(reports: Reports, name: str, who: Principal) -> Report | None:
    """The report, where somebody may have all that its requests gave."""
    report = reports.all().get(name)
    if PII not in who.scopes and (report is None or report.has_pii):
        raise Problem(403, f"What it gave may hold personal data, which take the scope {PII}.")
    return report


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, the first of which is there: what cannot be read is told before anything is sent."""
    return chain([next(chunks, b"")], chunks)


def _problem(error: TributaryError) -> Problem:
    """Who asked wrongly is told so; what else fails is a server that does not answer."""
    if isinstance(error, AnswersError):
        errors = [{"at": ".".join(map(str, one.at)), "message": one.message} for one in error.problems]
        return Problem(422, str(error), errors=errors)
    if isinstance(error, NoSuchReport | NoSuchRequest):
        return Problem(404, str(error))
    if isinstance(error, NotNow):
        return Problem(409, str(error))
    return Problem(400 if isinstance(error, UsageError) else 503, str(error))
