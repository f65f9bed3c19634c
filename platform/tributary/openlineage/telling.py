"""Makes OpenLineage's events of Dagster's: a job for each run and, as its children, one for each step.

A run's id is Dagster's; a step's follows from its run's and its name, so that an event that is told twice is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import dagster as dg
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    RunFacet,
    data_quality_assertions_dataset,
    error_message_run,
    job_type_job,
    output_statistics_output_dataset,
    parent_run,
    processing_engine_run,
    set_producer,
    sql_job,
)

from tributary.instance.telling import reason_of
from tributary.openlineage import reading
from tributary.openlineage.datasets import Datasets

NAMESPACE = "tributary"
"""The namespace of jobs."""

PRODUCER = f"urn:tributary:{version('tributary')}"
"""The URI by which receivers know what made the events."""

_ALL_ASSETS = "assets"
_ENDS = {
    reading.RUN_END: RunState.COMPLETE,
    reading.RUN_FAILED: RunState.FAIL,
    reading.RUN_CANCELED: RunState.ABORT,
}
_ROWS = "dagster/row_count"


class Log(NamedTuple):
    """What is asked of the event log beyond an event itself: a step's events, and a run's steps without an end."""

    of_step: Callable[[str, str], Sequence[dg.EventLogEntry]]
    open_steps: Callable[[str], Sequence[str]]


class Teller:
    """Makes the events.

    Args:
        datasets: names and describes what is read and made.
        statement: gives the SELECT of a model by `layer.name`, in the dialect of Postgres; None of what is none.
        log: the event log.
    """

    def __init__(self, datasets: Datasets, statement: Callable[[str], str | None], log: Log) -> None:
        self._datasets, self._statement, self._log = datasets, statement, log
        set_producer(PRODUCER)

    def events(self, entry: dg.EventLogEntry) -> Iterator[RunEvent]:
        """What is told of an event of Dagster's."""
        kind, step = entry.dagster_event_type, entry.step_key
        if kind == reading.RUN_BEGIN:
            yield self._of_run(entry, RunState.START)
        elif kind in _ENDS:
            state = _ENDS[kind]
            if state is not RunState.COMPLETE:
                for name in self._log.open_steps(entry.run_id):
                    yield self._of_step(entry, name, state, _failure(entry))
            yield self._of_run(entry, state)
        elif step is not None and kind == reading.BEGIN:
            yield self._of_step(entry, step, RunState.START)
        elif step is not None and kind == reading.FAILED:
            yield self._of_step(entry, step, RunState.FAIL, reason_of(entry.get_dagster_event()))
        elif step is not None and kind == reading.END:
            yield self._of_step(entry, step, RunState.COMPLETE)

    def _of_run(self, entry: dg.EventLogEntry, state: RunState) -> RunEvent:
        failed = _failure(entry) if state in (RunState.FAIL, RunState.ABORT) else ""
        facets: dict[str, RunFacet] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(version("dagster"), "Dagster"),
            **_error(failed),
        }
        kind = job_type_job.JobTypeJobFacet("BATCH", "DAGSTER", "JOB")
        job = Job(NAMESPACE, _job_name(entry), {"jobType": kind})
        return RunEvent(
            eventTime=_time(entry), producer=PRODUCER, run=Run(entry.run_id, facets), job=job, eventType=state
        )

    def _of_step(self, entry: dg.EventLogEntry, step: str, state: RunState, failed: str = "") -> RunEvent:
        key = step.replace("__", ".", 1)
        parent = parent_run.ParentRunFacet(
            parent_run.Run(entry.run_id), parent_run.Job(NAMESPACE, _job_name(entry)), _root(entry)
        )
        run = Run(str(uuid5(UUID(entry.run_id), step)), {"parent": parent, **_error(failed)})
        facets: dict[str, Any] = {"jobType": job_type_job.JobTypeJobFacet("BATCH", "DAGSTER", "ASSET")}
        if (sql := self._statement(key)) is not None:
            facets["sql"] = sql_job.SQLJobFacet(sql, "postgres")
        job = Job(NAMESPACE, f"{_job_name(entry)}.{key}", facets)
        inputs, outputs = self._datasets_of(entry.run_id, step, key) if state is not RunState.START else ([], [])
        return RunEvent(
            eventTime=_time(entry),
            producer=PRODUCER,
            run=run,
            job=job,
            eventType=state,
            inputs=inputs,
            outputs=outputs,
        )

    def _datasets_of(self, run_id: str, step: str, key: str) -> tuple[list[InputDataset], list[OutputDataset]]:
        """What a step read and made; its checks looked at what it made, so that stands among the inputs as well."""
        events = [one.get_dagster_event() for one in self._log.of_step(run_id, step)]
        made = {".".join(one.asset_key.path): one for one in events if one.is_step_materialization and one.asset_key}
        inputs = {name: self._datasets.input(name) for one in (*made, key) for name in self._datasets.reads(one)}
        for name, assertions in _assertions(events).items():
            checked = inputs.setdefault(name, self._datasets.input(name))
            checked.inputFacets = {
                "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions)
            }
        outputs = [self._output(name, one) for name, one in made.items()]
        return list(inputs.values()), outputs

    def _output(self, key: str, event: dg.DagsterEvent) -> OutputDataset:
        found = self._datasets.output(key)
        rows = event.materialization.metadata.get(_ROWS)
        if rows is not None and isinstance(rows.value, int):
            statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows.value)
            found.outputFacets = {"outputStatistics": statistics}
        return found


def _assertions(
    events: Sequence[dg.DagsterEvent],
) -> dict[str, list[data_quality_assertions_dataset.Assertion]]:
    found: dict[str, list[data_quality_assertions_dataset.Assertion]] = {}
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            told = event.asset_check_evaluation_data
            severity = "error" if told.severity == dg.AssetCheckSeverity.ERROR else "warn"
            one = data_quality_assertions_dataset.Assertion(
                told.check_name, told.passed, severity=severity, name=told.check_name
            )
            found.setdefault(".".join(told.asset_key.path), []).append(one)
    return found


def _error(message: str) -> dict[str, RunFacet]:
    return {"errorMessage": error_message_run.ErrorMessageRunFacet(message, "python")} if message else {}


def _failure(entry: dg.EventLogEntry) -> str:
    event = entry.dagster_event
    data = event.event_specific_data if event is not None else None
    error = getattr(data, "error", None)
    return (
        error.message.strip() if error is not None else (event.message if event and event.message else "It was ended.")
    )


def _job_name(entry: dg.EventLogEntry) -> str:
    """The job, of which that of all assets has a name that nobody gave."""
    name = entry.job_name or ""
    return _ALL_ASSETS if name.startswith("__") or not name else name


def _root(entry: dg.EventLogEntry) -> parent_run.Root:
    return parent_run.Root(parent_run.RootRun(entry.run_id), parent_run.RootJob(NAMESPACE, _job_name(entry)))


def _time(entry: dg.EventLogEntry) -> str:
    return datetime.fromtimestamp(entry.timestamp, UTC).isoformat()
