"""What a step that waits for a pool waits for, said to people."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance


def pool_waited_for(event: DagsterEvent) -> str | None:
    """The pool of an event that says a step is blocked by one; None for other events."""
    from dagster import DagsterEventType

    if event.event_type != DagsterEventType.ENGINE_EVENT:
        return None
    pool = event.engine_event_data.metadata.get("pool")
    return str(pool.value) if pool is not None else None


def limit_pool(instance: DagsterInstance, pool: str, slots: int) -> None:
    """Let so many steps of a pool go on at once; others have one slot."""
    storage = instance.event_log_storage
    if {one.name: one.limit for one in storage.get_pool_limits()}.get(pool) != slots:
        storage.set_concurrency_slots(pool, slots)


def holders_of(instance: DagsterInstance, pool: str) -> str:
    """The pool, and the runs that hold its slots, each with the time since when it runs."""
    holders = {slot.run_id for slot in instance.event_log_storage.get_concurrency_info(pool).claimed_slots}
    runs = "; ".join(_told(instance, run_id) for run_id in sorted(holders))
    return f"the pool {pool}" + (f", held by {runs}" if runs else "")


def _told(instance: DagsterInstance, run_id: str) -> str:
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        return f"run {run_id[:8]}"
    started = record.start_time or record.create_timestamp.timestamp()
    since = datetime.fromtimestamp(started, tz=UTC)
    return f"run {run_id[:8]}, under way since {since:%Y-%m-%d %H:%M:%S} UTC ({max(0.0, time.time() - started):.0f} s)"
