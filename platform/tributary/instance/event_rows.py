"""Writes events, and what hangs on them, in fewer statements than the stock storage, which leaves the same rows.

The stock storage builds each statement anew, tells of each event by a NOTIFY, and asks twice for what one statement
does: a step of few statements of its own spends a quarter of its time so, and a run over many partitions as much in
building statements of seven values for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dagster import DagsterEventType

if TYPE_CHECKING:
    from dagster import AssetCheckEvaluation
    from sqlalchemy.engine import Connection

_EVENT = """
INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
VALUES (%(run_id)s, %(event)s, %(dagster_event_type)s, %(timestamp)s, %(step_key)s, %(asset_key)s, %(partition)s)
RETURNING id
"""

_EVENTS = """
INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
SELECT * FROM unnest(
    %(run_id)s::text[], %(event)s::text[], %(dagster_event_type)s::text[], %(timestamp)s::timestamp[],
    %(step_key)s::text[], %(asset_key)s::text[], %(partition)s::text[]
)
RETURNING id
"""

_MATERIALIZED = """
WITH told AS (
    INSERT INTO asset_event_tags (event_id, asset_key, key, value, event_timestamp)
    SELECT t.event_id, %(asset_key)s, t.key, t.value, t.event_timestamp
    FROM unnest(%(events)s::bigint[], %(tags)s::text[], %(told)s::text[], %(times)s::timestamp[])
        AS t (event_id, key, value, event_timestamp)
)
INSERT INTO asset_keys (asset_key, last_materialization, last_run_id, last_materialization_timestamp)
VALUES (%(asset_key)s, %(last_materialization)s, %(last_run_id)s, %(last_materialization_timestamp)s)
ON CONFLICT (asset_key) DO UPDATE SET
    last_materialization = excluded.last_materialization, last_run_id = excluded.last_run_id,
    last_materialization_timestamp = excluded.last_materialization_timestamp
"""

_EVALUATED = f"""
WITH stored AS ({_EVENT}), known AS (
    UPDATE asset_check_executions AS c
    SET execution_status = %(status)s, evaluation_event = %(event)s, evaluation_event_timestamp = %(timestamp)s,
        evaluation_event_storage_id = stored.id, materialization_event_storage_id = %(target)s
    FROM stored
    WHERE c.asset_key = %(asset)s AND c.check_name = %(check_name)s AND c.run_id = %(run_id)s
        AND c.partition IS NOT DISTINCT FROM %(part)s
    RETURNING c.id
)
INSERT INTO asset_check_executions (
    asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp,
    evaluation_event_storage_id, materialization_event_storage_id
)
SELECT %(asset)s, %(check_name)s, %(part)s, %(run_id)s, %(status)s, %(event)s, %(timestamp)s, stored.id,
    %(target)s::bigint
FROM stored WHERE NOT EXISTS (SELECT FROM known)
"""

ALONE = frozenset(
    {
        DagsterEventType.STEP_START,
        DagsterEventType.STEP_OUTPUT,
        DagsterEventType.STEP_SUCCESS,
        DagsterEventType.HANDLED_OUTPUT,
        DagsterEventType.LOADED_INPUT,
    }
)
"""Events of steps on which nothing hangs."""


def write_event(connection: Connection, row: Mapping[str, Any]) -> int:
    """Write an event alone; its number."""
    return int(connection.exec_driver_sql(_EVENT, dict(row)).scalar_one())


def write_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write events in their order; their numbers."""
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return sorted(connection.exec_driver_sql(_EVENTS, columns).scalars()) if rows else []


def write_materialized(
    connection: Connection,
    rows: Sequence[Mapping[str, Any]],
    numbers: Sequence[int],
    tags: Sequence[Mapping[str, str]],
    asset: Mapping[str, Any],
) -> None:
    """Write, beside events of one asset with these numbers, the tags that are looked for, and its newest state."""
    every = [
        (number, key, value, row["timestamp"])
        for row, number, own in zip(rows, numbers, tags, strict=True)
        for key, value in own.items()
    ]
    columns = zip(*every, strict=True) if every else ((), (), (), ())
    told = dict(zip(("events", "tags", "told", "times"), map(list, columns), strict=True))
    connection.exec_driver_sql(_MATERIALIZED, {"asset_key": rows[-1]["asset_key"], **asset, **told})


def write_evaluated(connection: Connection, row: Mapping[str, Any], found: AssetCheckEvaluation, status: str) -> None:
    """Write the event of a check's evaluation with the check's row for this run."""
    target = found.target_materialization_data
    told = {
        "asset": found.asset_key.to_string(),
        "check_name": found.check_name,
        "part": found.partition,
        "status": status,
        "target": target.storage_id if target else None,
    }
    connection.exec_driver_sql(_EVALUATED, {**row, **told})
