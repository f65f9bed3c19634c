"""The pages on which requests are followed and what they made is read, and those of saved requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from tributary.assets.reporting.answers import AnswersError, Offered
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.requests import NotNow, Request
from tributary.launcher.services import DAGSTER_PATH
from tributary.reports.results import EXCEL_ROWS, Format
from tributary.reports.service import Reports
from tributary.resources.errors import TributaryError
from tributary.web.pages.calls import Call, Foreign, see
from tributary.web.pages.frame import Pages
from tributary.web.reports import results, telling
from tributary.web.reports.showing import PATH, Personal

REQUESTS = 50
FORMATS: Mapping[Format, str] = {"csv": "CSV", "parquet": "Parquet", "xlsx": "Excel"}


@dataclass(frozen=True)
class RequestPages:
    """Following requests, and reading their rows."""

    reports: Reports
    showing: Pages

    def listed(self, call: Call) -> Response:
        """Past requests, the newest first, of a report (`?report=`) or of one question (`?key=`)."""
        wanted = {name: call.query(name) for name in ("report", "key", "before")}
        found = self.reports.requests(**wanted, limit=REQUESTS + 1)
        older = ""
        if len(found) > REQUESTS:
            found = found[:REQUESTS]
            older = f"?{urlencode({**wanted, 'before': found[-1].id})}"
        known = self.reports.all()
        rows = [(one, known.get(one.report), telling.summary(known.get(one.report), one.answers)) for one in found]
        title = known[wanted["report"]].title if wanted["report"] in known else wanted["report"]
        return self.showing.page(call, "requests.html", rows=rows, older=older, wanted=wanted, of=title)

    def shown(self, call: Call) -> Response:
        """One request: its state, and its rows once it has some."""
        found = self.reports.request(call.path("id"))
        report = self.reports.all().get(found.report)
        result = self._result(call, found, report) if found.state == "finished" and found.rows else {}
        return self.showing.page(
            call,
            "request.html",
            found=found,
            report=report,
            token=uuid.uuid4().hex,
            asked=telling.question(report, found.answers, self._offered(report)),
            dagster=f"{DAGSTER_PATH}/runs/{found.run_id}" if found.run_id else "",
            formats=FORMATS if result and _may_have_all(call, report) else {},
            personal=bool(result) and not _may_have_all(call, report),
            excel_rows=EXCEL_ROWS,
            **{"table": None, "chart": None, "unreadable": "", **result},
        )

    def _result(self, call: Call, found: Request, report: Report | None) -> dict[str, Any]:
        """The rows that are asked for, and the chart; where they cannot be read, why."""
        asked = results.asked_of(call.request.query_params, report)
        if not call.may_see_pii and not results.is_open(report, asked.sort):
            asked = replace(asked, sort="")
        try:
            page = self.reports.page(found.id, asked.sort, asked.descending, asked.offset, results.ROWS)
            chart = report.chart if report is not None else None
            may_draw = chart is not None and _may_have_all(call, report)
            drawn = results.chart_of(chart, self.reports.chart(found.id)) if chart is not None and may_draw else None
        except TributaryError as error:
            return {"unreadable": str(error)}
        return {"table": results.table_of(page, report, asked, pii=call.may_see_pii), "chart": drawn}

    def downloaded(self, call: Call) -> Response:
        """The rows as a file."""
        found = self.reports.request(call.path("id"))
        if not _may_have_all(call, self.reports.all().get(found.report)):
            raise Personal
        made = self.reports.download(found.id, cast("Format", call.path("format")))
        # What cannot be read at all is told by a page, and not by a file that breaks off.
        chunks = chain([next(made.chunks, b"")], made.chunks)
        headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "X-Content-Type-Options": "nosniff"}
        if made.size is not None:
            headers["Content-Length"] = str(made.size)
        return StreamingResponse(chunks, 200, headers, made.media_type)

    def cancelled(self, call: Call) -> Response:
        """End a request."""
        return self._done(call, lambda id_, who: self.reports.cancel(id_, who).id)

    def retried(self, call: Call) -> Response:
        """Make a request that failed or was cancelled again."""
        return self._done(call, lambda id_, who: self.reports.retry(id_, who).id)

    def again(self, call: Call) -> Response:
        """Ask the same question again, which makes a new version of its extract."""
        return self._done(call, lambda id_, who: self._again(id_, who, call.text("token")))

    def _again(self, id_: str, who: str, token: str) -> str:
        found = self.reports.request(id_)
        report = self.reports.report(found.report)
        answers = self.reports.read(report, found.answers)
        return self.reports.submit(
            report, answers, who, "form", token=f"{token}:{answers.key}"[:200] if token else ""
        ).id

    def _done(self, call: Call, act: Callable[[str, str], str]) -> Response:
        if not call.is_own:
            raise Foreign
        id_ = call.path("id")
        try:
            return see(f"{PATH}/requests/{act(id_, call.principal.name)}")
        except NotNow:
            # It has ended or begun meanwhile: its page tells how.
            return see(f"{PATH}/requests/{id_}")
        except AnswersError:
            # The report's file is another now: its form says what it takes.
            return see(f"{PATH}/{self.reports.request(id_).report}?from={id_}")

    def saved(self, call: Call) -> Response:
        """The saved requests."""
        known = self.reports.all()
        rows = [
            (one, known.get(one.report), telling.summary(known.get(one.report), one.answers))
            for one in self.reports.saved()
        ]
        return self.showing.page(call, "saved.html", rows=rows)

    def unsaved(self, call: Call) -> Response:
        """Ask a saved request no more."""
        if not call.is_own:
            raise Foreign
        self.reports.unsave(call.path("id"), call.principal.name)
        return see(f"{PATH}/saved")

    def _offered(self, report: Report | None) -> Offered:
        if report is None:
            return {}
        try:
            return self.reports.choices(report)
        except TributaryError:
            # Values are shown without their labels then.
            return {}


def _may_have_all(call: Call, report: Report | None) -> bool:
    """Whether somebody may have all that a report gives; of one that is gone nobody knows what is personal."""
    return call.may_see_pii or (report is not None and not report.has_pii)
