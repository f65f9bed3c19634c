"""The sensor that picks up what crashes left of requests, asks saved requests when they are due, and sends notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.requests import OpenRequests, Question, Request
from tributary.assets.reporting.tags import REQUEST_TAG, job_of, partitions_name
from tributary.reports.launching import run_tags
from tributary.reports.notifying import send_notice
from tributary.reports.waiting import KnownRun, Verdict, decide
from tributary.resources.errors import TributaryError
from tributary.resources.lake.model import Lake
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from tributary.assets.reporting.record import Requests
    from tributary.assets.reporting.saved import SavedRequest

_READ_WITHIN = timedelta(minutes=5)
_NOTICES = 5
"""Notices a look at most: a server that does not answer takes seconds of each."""

_STATES = {
    dg.DagsterRunStatus.SUCCESS: "succeeded",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "cancelled",
}


def report_sensor(reports: Mapping[str, Report], jobs: Sequence[Any]) -> dg.SensorDefinition:
    """The sensor `report_requests`; `jobs` are those of the reports' runs."""

    @dg.sensor(
        name="report_requests",
        jobs=jobs,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Launches requests of reports that have no run, tells of those whose run ended without a word, "
        "asks saved requests when they are due, and sends notices.",
    )
    def report_requests(
        context: dg.SensorEvaluationContext, requests: dg.ResourceParam[OpenRequests], lake: dg.ResourceParam[Lake]
    ) -> dg.SensorResult | dg.SkipReason:
        from tributary.assets.reporting.saved import SavedRequests

        try:
            record = requests()
            verdicts = settle(context.instance, record, Extracts(lake))
            launched = [one.request for one in verdicts if one.does == "launch"]
            launched += SavedRequests(record).see_to(lambda saved: question_of(reports, saved))
            send_notices(record, reports)
        except TributaryError as error:
            return dg.SkipReason(f"Nothing was looked at: {error}")
        launched = [one for one in launched if not _is_being_read(reports, one)]
        known = [one for one in launched if one.report in reports]
        for one in launched:
            if one.report not in reports:
                told = f"Dagster had not read the report {one.report} yet; to retry has it read."
                record.tell(one.id, "failed", sentence=told)
        return dg.SensorResult(
            run_requests=[_run_request(reports[one.report], one) for one in known],
            dynamic_partitions_requests=[
                dg.AddDynamicPartitionsRequest(partitions_name(one.report), [one.key]) for one in known
            ],
        )

    return report_requests


def settle(instance: dg.DagsterInstance, requests: Requests, extracts: Extracts) -> list[Verdict]:
    """Tell the record of what Dagster knows better; what was decided, of which launching is left to the caller.

    Raises:
        TributaryError: the record or the lake does not answer.
    """
    found = verdicts(instance, requests, extracts)
    for one in found:
        if one.does == "finished":
            rows = extracts.manifest(one.request.report, one.request.key, one.request.id).rows
            requests.tell(one.request.id, "finished", run_id=one.run_id, rows=rows)
        elif one.does != "launch":
            requests.tell(one.request.id, one.does, run_id=one.run_id, sentence=one.sentence)
    return found


def verdicts(instance: dg.DagsterInstance, requests: Requests, extracts: Extracts) -> list[Verdict]:
    """What is to be told of the requests that have not ended; nothing is written.

    Raises:
        TributaryError: the record or the lake does not answer.
    """
    unended = requests.unended()
    if not unended:
        return []
    return decide(unended, runs_of(instance, unended), lambda one: _has_extract(extracts, one))


def runs_of(instance: dg.DagsterInstance, requests: Sequence[Request]) -> Mapping[str, Sequence[KnownRun]]:
    """By request, the runs that name it."""
    found: dict[str, list[KnownRun]] = {}
    wanted = dg.RunsFilter(tags={REQUEST_TAG: [one.id for one in requests]})
    for record in instance.get_run_records(wanted):
        run = record.dagster_run
        state: Any = _STATES.get(run.status, "living")
        known = KnownRun(run.run_id, record.create_timestamp, state)
        found.setdefault(run.tags[REQUEST_TAG], []).append(known)
    return found


def question_of(reports: Mapping[str, Report], saved: SavedRequest) -> Question:
    """What a saved request asks now; what may be chosen is not asked of the warehouse, which may be down just then.

    Raises:
        TributaryError: its report cannot be asked that any more.
    """
    report = reports.get(saved.report)
    if report is None:
        raise TributaryError(f"There is no report {saved.report} any more.")
    answers = read_answers(report, saved.answers)
    return Question(saved.who, report.name, report.digest, answers.json, answers.key, "schedule", saved.notify)


def send_notices(requests: Requests, reports: Mapping[str, Report]) -> None:
    """Send the notices of requests that have ended, some at a time."""
    for one in requests.unnoticed(_NOTICES):
        report = reports.get(one.report)
        requests.note(one.id, send_notice(get_settings(), one, report.title if report else one.report))


def _is_being_read(reports: Mapping[str, Report], one: Request) -> bool:
    """Whether the file that was asked may be one that Dagster is about to read: it is read when it is asked."""
    report = reports.get(one.report)
    is_young = datetime.now(tz=UTC) - one.asked_at < _READ_WITHIN
    return is_young and (report is None or report.digest != one.report_digest)


def _has_extract(extracts: Extracts, one: Request) -> bool:
    return extracts.find(one.report, one.key, one.id) is not None


def _run_request(report: Report, request: Request) -> dg.RunRequest:
    return dg.RunRequest(job_name=job_of(report.name), partition_key=request.key, tags=run_tags(report, request))


def sensors_of(reports: Mapping[str, Report], jobs: Sequence[Any]) -> Iterator[dg.SensorDefinition]:
    """The sensor, where there are reports."""
    if reports:
        yield report_sensor(reports, jobs)
