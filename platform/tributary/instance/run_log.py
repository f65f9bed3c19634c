"""What a run prints, and so what its compute log holds: a line where a table is made, where a check fails, at the end.

What code says at INFO or above, and errors with their frames, are printed by Dagster's own console logger.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from dagster import DagsterEventType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster import DagsterEvent, MetadataValue

STARTED_BY_COMMAND = {"tributary/started_by": "command line"}
"""The tag of runs that the command line executes in its own process; it shows their progress itself."""


class ProgressHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Prints the events that a person follows a run by, each as one line."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record where it holds such an event."""
        event: DagsterEvent | None = getattr(record, "dagster_event", None)
        meta: Mapping[str, object] = getattr(record, "dagster_meta", {})
        tags = meta.get("job_tags") or {}
        batch = getattr(record, "dagster_event_batch_metadata", None)
        if event is None or STARTED_BY_COMMAND.items() <= dict(tags).items() or (batch and not batch.is_end):  # type: ignore[call-overload]
            return
        line = line_of(event)
        if line is not None:
            super().emit(logging.makeLogRecord({"msg": line.replace("%", "%%"), "created": record.created}))


def line_of(event: DagsterEvent) -> str | None:
    """The line that tells of an event; None for those that nobody follows a run by."""
    if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
        made = event.step_materialization_data.materialization
        rows, seconds = _number(made.metadata, "dagster/row_count"), _number(made.metadata, "seconds")
        told = [f"✓ {'.'.join(made.asset_key.path)}"]
        told += [f"up to {made.partition}"] if made.partition else []
        told += [f"{rows:,.0f} rows"] if rows is not None else []
        told += [f"{seconds:.2f} s"] if seconds is not None else []
        told += ["unchanged"] if "unchanged" in made.metadata else []
        return "  ".join(told)
    if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
        found = event.asset_check_evaluation_data
        if found.passed:
            return None
        return f"! {'.'.join(found.asset_key.path)}  {found.check_name} failed  {found.description or ''}".rstrip()
    if event.event_type in (DagsterEventType.RUN_START, DagsterEventType.RUN_SUCCESS):
        return event.message
    return None


def _number(metadata: Mapping[str, MetadataValue], key: str) -> float | None:
    value = metadata[key].value if key in metadata else None
    return float(value) if isinstance(value, int | float) else None
