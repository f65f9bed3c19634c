"""What is kept of each of Dagster's events: nothing twice, and of a failure its sentence before everything else.

Pure functions on events; the storage (`pooled_storage`) asks them before it writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from dagster import DagsterEvent, DagsterEventType, EventLogEntry
from dagster_shared.error import SerializableErrorInfo

from tributary.resources.dagster_internals.events import JobFailureData

_NO_REASON = "The step failed without saying why."


def kept(entry: EventLogEntry) -> EventLogEntry | None:
    """What is to be stored of an event; None where nothing is.

    - An announced check that is then not evaluated would count as failed, and the plan of the run names the checks
      anyway: announcements of checks are left out.
    - An output repeats the metadata of its asset's materialisation. That of a check (named after the step and the
      check, as `multi_asset` does) tells nothing at all, and nothing ever loads it.
    - A failure that the platform raised on purpose is its sentence; the frames that led to it are in the compute log.
    """
    event = entry.dagster_event
    if event is None:
        return entry
    if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
        return None
    if event.event_type == DagsterEventType.STEP_OUTPUT:
        data = event.step_output_data
        if data.output_name.startswith(f"{event.step_key}_"):
            return None
        return _with(entry, event._replace(event_specific_data=data._replace(metadata={})))
    if event.event_type == DagsterEventType.STEP_FAILURE and event.step_failure_data.user_failure_data is not None:
        told = event.step_failure_data._replace(error=_sentence(reason_of(event)))
        return _with(entry, event._replace(event_specific_data=told))
    return entry


def with_causes(entry: EventLogEntry, failures: Iterable[DagsterEvent]) -> EventLogEntry:
    """The event by which a run fails, with the sentence of each step that failed; as it was where none did."""
    event = entry.dagster_event
    reasons = [f"{(failed.step_key or '').replace('__', '.', 1)}: {reason_of(failed)}" for failed in failures]
    if event is None or not reasons:
        return entry
    reason = event.event_specific_data.failure_reason if isinstance(event.event_specific_data, JobFailureData) else None
    data = JobFailureData(_sentence("\n\n".join(reasons)), failure_reason=reason)
    return _with(entry, event._replace(event_specific_data=data))


def reason_of(failure: DagsterEvent) -> str:
    """Why a step failed: its sentence, or the message of the innermost error."""
    data = failure.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    return innermost(data.error)


def innermost(error: SerializableErrorInfo | None) -> str:
    """The message of the error that caused all others."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else _NO_REASON


def _sentence(text: str) -> SerializableErrorInfo:
    return SerializableErrorInfo(message=f"{text}\n", stack=[], cls_name=None)


def _with(entry: EventLogEntry, event: DagsterEvent) -> EventLogEntry:
    return entry._replace(dagster_event=event)
