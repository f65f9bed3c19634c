"""`tributary runs`, `logs` and `cancel`: what ran last, what a run said, and ending one; whether or not `up` serves."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from tributary.cli.console import check_format, out
from tributary.cli.tables import Heading, print_rows, shown
from tributary.resources.errors import TributaryError, UsageError, nearest
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.wording import ago, duration

if TYPE_CHECKING:
    import dagster as dg

FORMATS = ("table", "json")
_FOLLOW_SECONDS = 0.5
_CANCEL_SECONDS = 60.0
_LOOKED_THROUGH = 10_000
_STATES = {
    "MANAGED": "announced",
    "NOT_STARTED": "announced",
    "QUEUED": "queued",
    "STARTING": "starting",
    "STARTED": "running",
    "SUCCESS": "success",
    "FAILURE": "failure",
    "CANCELING": "cancelling",
    "CANCELED": "cancelled",
}
_STYLES = {"STEP_FAILURE": "bold red", "RUN_FAILURE": "bold red", "PIPELINE_FAILURE": "bold red", "ERROR": "red"}
_UNTOLD = ("LOGS_CAPTURED", "HANDLED_OUTPUT", "LOADED_INPUT", "STEP_OUTPUT", "STEP_INPUT", "RESOURCE_INIT_STARTED",
           "RESOURCE_INIT_SUCCESS", "ASSET_MATERIALIZATION_PLANNED", "ASSET_CHECK_EVALUATION_PLANNED")  # fmt: skip
"""Events that only tell how Dagster works."""


class NoSuchRun(UsageError):
    """There is no run of this id."""


def runs(limit: int, failed: bool, output: str) -> int:
    """List the newest runs, or those of them that failed."""
    import dagster as dg

    check_format(output, FORMATS)
    with _opened() as instance:
        wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]) if failed else None
        found = [_told(instance, record) for record in instance.get_run_records(wanted, limit=limit)]
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return 0
    headings = (Heading("run"), Heading("state"), Heading("begun", right=True), Heading("took", right=True))
    more = (Heading("what", wraps=True), Heading("failed", wraps=True))
    rows = [
        (
            one["run"][:8],
            one["state"],
            ago(datetime.fromtimestamp(one["at"], UTC)),
            "" if one["seconds"] is None else duration(one["seconds"]),
            one["what"],
            ", ".join(one["failed"]),
        )
        for one in found
    ]
    print_rows((*headings, *more), rows)
    return 0


def logs(run: str, follow: bool) -> int:
    """Print what a run said, events and output; 1 where it failed."""
    import dagster as dg

    with _opened() as instance:
        found = _run(instance, run)
        printed, cursor = _Printed(get_settings(), found.run_id), None
        while True:
            is_over = found.is_finished
            while True:
                page = instance.get_records_for_run(found.run_id, cursor=cursor, limit=1_000)
                cursor = page.cursor
                for record in page.records:
                    _print_event(record.event_log_entry)
                if not page.has_more:
                    break
            printed.more()
            if is_over or not follow:
                break
            sys.stdout.flush()
            time.sleep(_FOLLOW_SECONDS)
            found = _run(instance, found.run_id)
        return 1 if found.status == dg.DagsterRunStatus.FAILURE else 0


def cancel(run: str) -> int:
    """Ask a run to end, and wait until it has; the rows of before stand, where it had not published."""
    with _opened() as instance:
        found = _run(instance, run)
        name = found.run_id[:8]
        if found.is_finished:
            out.print(f"Run {name} has ended already: {_STATES[found.status.value]}.")
            return 0
        if not instance.run_coordinator.cancel_run(found.run_id):
            raise TributaryError(
                f"Run {name} could not be asked to end: its process is on another machine, or gone; "
                "`tributary up` and `materialize` then mark it as failed."
            )
        deadline = time.monotonic() + _CANCEL_SECONDS
        while not (found := _run(instance, found.run_id)).is_finished:
            if time.monotonic() > deadline:
                raise TributaryError(f"Run {name} was asked to end, and has not within {_CANCEL_SECONDS:.0f} s.")
            time.sleep(_FOLLOW_SECONDS / 2)
        out.print(f"Run {name} has ended: {_STATES[found.status.value]}.")
    return 0


@contextmanager
def _opened() -> Iterator[dg.DagsterInstance]:
    from tributary.instance.opening import open_instance

    settings = get_settings()
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        yield instance


def _run(instance: dg.DagsterInstance, name: str) -> dg.DagsterRun:
    """The run of an id, or of the beginning of one; without a name the newest.

    Raises:
        NoSuchRun: there is none, or there are several.
    """
    found = instance.get_run_by_id(name) if name else None
    if found is not None:
        return found
    known = instance.get_run_ids(limit=_LOOKED_THROUGH if name else 1)
    like = [one for one in known if one.startswith(name)]
    if len(like) == 1 and (found := instance.get_run_by_id(like[0])) is not None:
        return found
    if len(like) > 1:
        raise NoSuchRun(f"{len(like)} runs begin with {name}; give more of the id.")
    hint = nearest(name, (one[: max(8, len(name))] for one in known), "; `tributary runs` lists them.")
    raise NoSuchRun(f"There is no run {name}{hint}" if name else "Nothing ran yet.")


def _told(instance: dg.DagsterInstance, record: dg.RunRecord) -> Mapping[str, Any]:
    import dagster as dg

    run, start, end = record.dagster_run, record.start_time, record.end_time
    failures = (
        instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        if run.status == dg.DagsterRunStatus.FAILURE
        else ()
    )
    return {
        "run": run.run_id,
        "state": _STATES.get(run.status.value, run.status.value.lower()),
        "at": start or record.create_timestamp.timestamp(),
        "seconds": None if start is None else (end or time.time()) - start,
        "what": _what(run),
        "assets": sorted(".".join(key.path) for key in run.asset_selection or ()),
        "failed": [(entry.step_key or "").replace("__", ".", 1) for entry in failures],
    }


def _what(run: dg.DagsterRun) -> str:
    names = sorted(".".join(key.path) for key in run.asset_selection or ())
    told = run.job_name if not names else names[0] if len(names) == 1 else f"{len(names)} assets"
    if names and not run.job_name.startswith("__"):
        told = f"{run.job_name}: {told}"
    partition = run.tags.get("dagster/partition") or " to ".join(
        run.tags[tag]
        for tag in ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        if tag in run.tags
    )
    return f"{told}, {partition}" if partition else told


def _print_event(entry: dg.EventLogEntry) -> None:
    kind = entry.dagster_event_type.value if entry.dagster_event_type else ""
    if kind in _UNTOLD:
        return
    at = datetime.fromtimestamp(entry.timestamp, UTC)
    step = (entry.step_key or "").replace("__", ".", 1)
    style = _STYLES.get(kind, "")
    told = entry.user_message or (entry.dagster_event.message if entry.dagster_event else "") or kind
    error = entry.dagster_event.event_specific_data if entry.dagster_event else None
    cause = getattr(error, "error", None)
    if cause is not None and style:
        from tributary.instance.telling import innermost

        told = f"{told} {innermost(cause)}"
    where = f" {step}" if step else ""
    out.print(
        Text.assemble((f"{at:%Y-%m-%d %H:%M:%S}", "dim"), (where, "bold"), " ", (shown(" ".join(told.split())), style)),
        soft_wrap=True,
    )


class _Printed:
    """What the steps of a run printed, as the objects grow that it is captured in."""

    def __init__(self, settings: Settings, run_id: str) -> None:
        location = settings.compute_logs_location
        region, endpoint = settings.aws_region, settings.aws_endpoint_url
        self._lake = open_lake(location, region=region, endpoint_url=endpoint)
        self._prefix = f"storage/{run_id}/" if location.startswith("s3://") else f"{run_id}/"
        self._read = dict[str, int]()

    def more(self) -> None:
        """Print what came since, each line behind the stream that it was written to."""
        for info in self._lake.list(self._prefix):
            # Of a run under way S3 has what it said up to some seconds ago.
            name, read = info.key.removesuffix(".partial"), self._read.get(info.key.removesuffix(".partial"), 0)
            if not name.endswith((".out", ".err")) or info.size <= read:
                continue
            text = self._lake.get(info.key)[read:]
            self._read[name] = read + len(text)
            word = "stdout" if name.endswith(".out") else "stderr"
            for line in text.decode(errors="replace").splitlines():
                out.print(Text.assemble((f"{word} │ ", "dim"), shown(line)), soft_wrap=True)
