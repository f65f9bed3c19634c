"""The pages on which reports are listed and asked."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from tributary.assets.reporting.answers import Answers, AnswersError, Offered, Problem
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.requests import Unusable
from tributary.reports.service import Reports
from tributary.resources.errors import TributaryError, UsageError
from tributary.web.pages.calls import Call, Foreign, see
from tributary.web.pages.frame import Pages
from tributary.web.reports import form, form_fields
from tributary.web.reports.showing import PATH

COUNT_SECONDS = 5.0
_Then = Callable[[Call, Report, Answers], Response]


@dataclass(frozen=True)
class FormPages:
    """Listing reports and asking them."""

    reports: Reports
    showing: Pages

    def listed(self, call: Call) -> Response:
        """All reports, and those whose file is refused, with the reason."""
        found = self.reports.all().values()
        return self.showing.page(call, "reports.html", reports=list(found), refused=self.reports.refused())

    def opened(self, call: Call) -> Response:
        """The form of a report; with `?from=` as an earlier request or a saved one filled it in."""
        report = self._report(call)
        typed, saved = form.empty(report), call.query("saved")
        if before := call.query("from"):
            typed = form.asked_before(report, self.reports.request(before).answers)
        elif saved:
            found = next((one for one in self.reports.saved(report.name) if one.id == saved), None)
            typed = form.asked_before(report, found.answers) if found else typed
        return self._page(call, report, typed, first="main")

    def anew(self, call: Call) -> Response:
        """From the address that a form is sent to back to the form."""
        return see(f"{PATH}/{self._report(call).name}")

    def changed(self, call: Call) -> Response:
        """The form again: with a line more or less, or with the count of what it would give."""
        report = self._report(call)
        typed = form.sent(report, call.pairs)
        doing, _, where = call.text("do").partition(":")
        if doing == "add":
            typed = form.with_line(report, typed, where)
            return self._page(call, report, typed, first=form.last_line(report, typed, where))
        if doing == "remove":
            name, _, place = where.partition(":")
            typed = form.without_line(typed, name, int(place) if place.isdecimal() else 0)
            return self._page(call, report, typed, first=f"{name}-add")
        return self._judged(call, report, typed, self._counted)

    def asked(self, call: Call) -> Response:
        """Ask the report, once however often the form is sent, and lead to the request."""
        report = self._report(call)
        return self._judged(call, report, form.sent(report, call.pairs), self._submitted)

    def saved(self, call: Call) -> Response:
        """Ask the same again and again."""
        report = self._report(call)
        return self._judged(call, report, form.sent(report, call.pairs), self._kept)

    def _counted(self, call: Call, report: Report, answers: Answers) -> Response:
        counted = self.reports.count(report, answers, COUNT_SECONDS)
        if counted is None:
            told = f"This was not counted within {COUNT_SECONDS:.0f} seconds; it can be asked all the same."
        elif counted == 0:
            told = "Nothing matches at this moment."
        else:
            told = f"{counted:,} row{' matches' if counted == 1 else 's match'} at this moment."
            if counted > report.limits.rows:
                told += f" A request gives at most {report.limits.rows:,}, so ask for less."
        return self._page(call, report, form.sent(report, call.pairs), counted=told, first="count")

    def _submitted(self, call: Call, report: Report, answers: Answers) -> Response:
        notify, token = call.text("notify").strip(), _token(call, answers)
        asked = self.reports.submit(report, answers, call.principal.name, "form", notify, token=token)
        return see(f"{PATH}/requests/{asked.id}")

    def _kept(self, call: Call, report: Report, answers: Answers) -> Response:
        title, cron, zone, notify = (call.text(name).strip() for name in ("title", "cron", "zone", "notify"))
        token, title = _token(call, answers, title, cron, zone, notify), title or report.title
        self.reports.save(report, answers, call.principal.name, title, cron, zone or "UTC", notify, token)
        return see(f"{PATH}/saved")

    def _judged(self, call: Call, report: Report, typed: form.Typed, then: _Then) -> Response:
        """What is done with answers that are sound; else the form, with all that is wrong and all that was typed."""
        try:
            if then != self._counted and not call.is_own:
                raise Foreign
            return then(call, report, self.reports.read(report, typed))
        except AnswersError as error:
            return self._page(call, report, typed, error.problems, status=422)
        except Unusable as error:
            return self._page(call, report, typed, unusable=error, status=422)
        except UsageError as error:
            status = 400 if isinstance(error, Foreign) else 422
            return self._page(call, report, typed, sentence=str(error), status=status)
        except TributaryError as error:
            return self._page(call, report, typed, sentence=str(error), status=self.showing.status_of(error))

    def _page(
        self,
        call: Call,
        report: Report,
        typed: form.Typed,
        problems: Sequence[Problem] = (),
        *,
        first: str = "",
        counted: str = "",
        sentence: str = "",
        unusable: Unusable | None = None,
        status: int = 200,
    ) -> Response:
        offered, away = self._offered(report)
        shown = form_fields.shown(report, typed, offered, problems, first)
        faults = [*shown.faults, *((("", sentence),) if sentence else ())]
        beside = {unusable.field: [str(unusable)]} if unusable is not None else {}
        faults += [(name, told) for name, [told] in beside.items()]
        return self.showing.page(
            call,
            "form.html",
            status,
            report=report,
            form=shown,
            faults=faults,
            wrong=bool(faults),
            first=first,
            beside=beside,
            counted=counted,
            away=away,
            token=call.text("token") if counted else uuid.uuid4().hex,
            kept={name: call.text(name) for name in ("notify", "title", "cron", "zone")},
        )

    def _offered(self, report: Report) -> tuple[Offered, str]:
        """What may be chosen; where the warehouse does not tell, nothing, and why."""
        try:
            return self.reports.choices(report), ""
        except UsageError:
            raise
        except TributaryError as error:
            return {}, str(error)

    def _report(self, call: Call) -> Report:
        return self.reports.report(call.path("name"))


def _token(call: Call, answers: Answers, *beside: str) -> str:
    """What tells a form that is sent again from another: sent with other answers, or other words, it is another."""
    sent = call.text("token")
    told = hashlib.sha256("\0".join((sent, answers.key, *beside)).encode()).hexdigest()
    return f"{sent[:32]}:{told}" if sent else ""
