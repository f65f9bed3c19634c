"""What pages, the API and the command line call to ask reports, to follow requests, and to read what they made.

All is synchronous and without Dagster; open it once a process. What is asked is recorded first, so that whatever breaks
off, it is known, and picked up (`sensor`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from tributary.assets.reporting.answers import Answers, read_answers
from tributary.assets.reporting.choices import read_choices
from tributary.assets.reporting.declaration import Choice, Choices, Report
from tributary.assets.reporting.extract import Extracts, Manifest
from tributary.assets.reporting.record import Requests
from tributary.assets.reporting.requests import NotNow, Origin, Question, Request
from tributary.assets.reporting.saved import SavedRequest, SavedRequests
from tributary.dagster_client import DagsterAway, DagsterClient, DagsterRefused
from tributary.reports.declared import DeclaredReports
from tributary.reports.launching import launch
from tributary.reports.notifying import checked_address
from tributary.reports.results import Download, Format, Page, Point, download_of, page_of
from tributary.resources.errors import UsageError
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Origin as Reader
from tributary.resources.warehouse.errors import TimeLimitError
from tributary.resources.warehouse.opening import open_serving, open_warehouse

_CHOICES_SECONDS = 30.0


class NoSuchReport(UsageError):
    """There is no report of this name, or its file is refused."""


class Reports:
    """All that there is to do with reports, in one home.

    Args:
        settings: which home, warehouse, lake and server.
        databases: holds the record of requests.
    """

    def __init__(self, settings: Settings, databases: Databases) -> None:
        lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        self._settings = settings
        self._declared = DeclaredReports(settings.home)
        self._requests = Requests(lambda: databases.url("app"), keeps=True)
        self._saved = SavedRequests(self._requests)
        self._extracts = Extracts(lake)
        self._warehouse, self._serving = open_warehouse(settings), open_serving(settings)
        self._dagster = DagsterClient(settings)
        self._loaded: dict[str, str] = {}
        self._offered: dict[Choices, tuple[float, Sequence[Choice]]] = {}

    def close(self) -> None:
        """Let go of connections."""
        self._dagster.close()
        self._requests.close()

    def all(self) -> Mapping[str, Report]:
        """The reports that can be asked, by name, as their files are now."""
        return self._declared.reports()

    def refused(self) -> Mapping[str, str]:
        """Why a report cannot be asked for now, by the names of those that cannot."""
        return self._declared.refused()

    def report(self, name: str) -> Report:
        """The report of a name.

        Raises:
            NoSuchReport: there is none that can be asked.
        """
        found = self.all().get(name)
        if found is None:
            why = self.refused().get(name, "`tributary report list` lists them")
            raise NoSuchReport(f"There is no report {name[:64]!r} that can be asked: {why.rstrip('.')}.")
        return found

    def choices(self, report: Report) -> Mapping[str, Sequence[Choice]]:
        """What may be chosen where that is a column's values, by `name` or `group.field`; some seconds old at most.

        Raises:
            WarehouseError: the warehouse does not tell.
        """
        return {path: self._choices(choices) for path, choices in report.offers.items()}

    def read(self, report: Report, raw: Mapping[str, object]) -> Answers:
        """The answers that a form's texts, or JSON's values, stand for.

        Raises:
            AnswersError: something cannot be asked; it tells all that is wrong, each beside its field.
            WarehouseError: the warehouse does not tell what may be chosen.
        """
        return read_answers(report, raw, self.choices(report))

    def count(self, report: Report, answers: Answers, seconds: float = 5.0) -> int | None:
        """How many rows the answers match now; None where that was not counted in time.

        Raises:
            WarehouseError: the warehouse does not tell.
        """
        from tributary.assets.reporting.binding import bind

        bound = bind(report, answers, self._warehouse.dialect)
        query = f"SELECT count(*) AS n FROM (\n{bound.sql}\n) AS asked"
        # A percent sign is doubled in it, which is undone only where there are values.
        query = query if bound.values else query.replace("%%", "%")
        try:
            return int(self._warehouse.rows(query, bound.values, origin=_reader(report), seconds=seconds)[0]["n"])
        except TimeLimitError:
            return None

    def submit(
        self, report: Report, answers: Answers, who: str, origin: Origin, notify: str = "", token: str = ""
    ) -> Request:
        """Record what is asked, and launch its run at once; where that cannot be, the sensor does within a minute.

        Args:
            who: the principal's name.
            notify: where to tell of its end: a mail address or a webhook's URL; empty for nowhere.
            token: of the form or call that asks; what comes again with the same one is the request that is there.

        Raises:
            UsageError: nothing may be sent to `notify`.
            RecordError: it could not be recorded, and so was not asked.
        """
        if token and (known := self._requests.of_token(token)) is not None:
            return self._current(known)
        return self._launched(self.record(report, answers, who, origin, notify, token))

    def record(
        self, report: Report, answers: Answers, who: str, origin: Origin, notify: str = "", token: str = ""
    ) -> Request:
        """Record what is asked, as queued, for who launches its run themselves and tells so by `tell_launched`.

        Raises:
            UsageError: nothing may be sent to `notify`.
            RecordError: it could not be recorded, and so was not asked.
        """
        notify = checked_address(self._settings, notify)
        question = Question(who, report.name, report.digest, answers.json, answers.key, origin, notify, token)
        return self._requests.add(question)

    def tell_launched(self, id: str, run_id: str) -> None:  # noqa: A002
        """Record which run makes a request."""
        self._requests.tell(id, "launched", run_id=run_id)

    def request(self, id: str) -> Request:  # noqa: A002 - what everybody calls it
        """The request of an id.

        Raises:
            NoSuchRequest: there is none.
        """
        return self._current(self._requests.find(id))

    def requests(self, report: str = "", key: str = "", limit: int = 50, before: str = "") -> Sequence[Request]:
        """Requests, the newest first: of a report, of a key, and asked before the request `before`."""
        return [self._current(one) for one in self._requests.list(report, key, limit, before)]

    def cancel(self, id: str, who: str) -> Request:  # noqa: A002
        """End a request that is queued or running; its run is asked to end, and makes no extract any more.

        Raises:
            NotNow: it has ended.
        """
        with self._requests.turn(id) as turn:
            run_id = turn.request.run_id
            turn.tell("cancelled", sentence=f"Cancelled by {who}.")
        if run_id:
            # Where it cannot be asked, it finds out by itself: what it makes is not taken any more.
            with suppress(DagsterAway, DagsterRefused):
                self._dagster.terminate(run_id)
        return self.request(id)

    def retry(self, id: str, who: str) -> Request:  # noqa: A002
        """Make a request that failed or was cancelled again; where the report's file is another now, ask it anew.

        Raises:
            NotNow: it has not failed, and was not cancelled.
            AnswersError: the report's file is another now, which cannot be asked that.
        """
        found = self.request(id)
        if not found.is_current_file and found.state in ("failed", "cancelled"):
            report = self.report(found.report)
            return self.submit(report, self.read(report, found.answers), who, found.origin, found.notify)
        with self._requests.turn(id) as turn:
            turn.tell("queued", sentence=f"Asked for again by {who}.")
        return self._launched(self.request(id))

    def page(
        self,
        id: str,  # noqa: A002
        sort: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> Page:
        """Some rows of an extract; only the sort column and the page are in memory.

        Raises:
            NotNow: the request has no extract.
            UsageError: there is no such column.
        """
        return page_of(self._extracts, self._manifest(id), sort, descending, offset, limit)

    def chart(self, id: str) -> Sequence[Point]:  # noqa: A002
        """The points of the report's chart over an extract's rows, in the order of x; none where it has no chart.

        Raises:
            NotNow: the request has no extract.
        """
        return [Point(x, y) for x, y in self._manifest(id).chart]

    def download(self, id: str, format: Format) -> Download:  # noqa: A002
        """An extract as a file, in chunks.

        Raises:
            NotNow: the request has no extract.
            UsageError: it has more rows than a sheet of Excel.
        """
        return download_of(self._extracts, self._manifest(id), format)

    def save(
        self,
        report: Report,
        answers: Answers,
        who: str,
        title: str,
        cron: str,
        zone: str = "UTC",
        notify: str = "",
        token: str = "",
    ) -> SavedRequest:
        """Ask the same again and again, at the times of a cron expression; saved once a token, as `submit` has it.

        Raises:
            UsageError: the expression, the zone or the address cannot be used.
        """
        notify = checked_address(self._settings, notify)
        return self._saved.add(report.name, answers.json, who, title, cron, zone, notify, token)

    def saved(self, report: str = "") -> Sequence[SavedRequest]:
        """The saved requests, of one report or of all."""
        return self._saved.all(report)

    def unsave(self, id: str, who: str) -> None:  # noqa: A002
        """Ask a saved request no more; what it made stays.

        Raises:
            NoSuchRequest: there is none.
        """
        self._saved.remove(id, who)

    def _choices(self, choices: Choices) -> Sequence[Choice]:
        kept = self._offered.get(choices)
        if kept is None or time.monotonic() - kept[0] > _CHOICES_SECONDS:
            kept = self._offered[choices] = (time.monotonic(), read_choices(self._serving, choices))
        return kept[1]

    def _launched(self, found: Request) -> Request:
        report = self.all().get(found.report)
        if report is not None and self._have_loaded(report):
            launch(self._dagster, self._requests, report, found)
        return self.request(found.id)

    def _have_loaded(self, report: Report) -> bool:
        """Whether Dagster knows this version of a report's file, which it reads where it knows another one, or none.

        Where it takes too long or cannot be asked, the request waits for the sensor, as one that is not launched does.
        """
        with suppress(DagsterAway, DagsterRefused):
            if self._loaded.get(report.name) != report.digest:
                if self._dagster.code_version(("reports", report.name)) != report.digest:
                    self._dagster.reload()
                self._loaded[report.name] = report.digest
            return True
        return False

    def _current(self, found: Request) -> Request:
        report = self.all().get(found.report)
        return replace(found, is_current_file=report is not None and report.digest == found.report_digest)

    def _manifest(self, id: str) -> Manifest:  # noqa: A002
        found = self._requests.find(id)
        if found.state != "finished":
            raise NotNow(f"The request {id} is {found.state}, so that it has no rows to show. {found.sentence}".strip())
        return self._extracts.manifest(found.report, found.key, found.id)


def _reader(report: Report) -> Reader:
    return Reader(asset=f"reports.{report.name}")
