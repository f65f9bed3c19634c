"""Reads from Dagster's event log what is to be told, in the order in which it was stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import dagster as dg
from sqlalchemy import TextClause, text
from sqlalchemy.engine import Engine

from tributary.resources.dagster_internals.records import deserialize_value

BEGIN, END = dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS
FAILED = dg.DagsterEventType.STEP_FAILURE
RUN_BEGIN, RUN_END = dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS
RUN_FAILED, RUN_CANCELED = dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED
TOLD = (BEGIN, END, FAILED, RUN_BEGIN, RUN_END, RUN_FAILED, RUN_CANCELED)
_OF_STEP = (dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_CHECK_EVALUATION)

_NEW = text(
    "SELECT id, event FROM event_logs WHERE id > :after AND dagster_event_type = ANY(:types)"
    " AND timestamp < now() AT TIME ZONE 'utc' - make_interval(secs => :settled) ORDER BY id LIMIT :most"
)
_STEP = text(
    "SELECT id, event FROM event_logs WHERE run_id = :run AND step_key = :step AND dagster_event_type = ANY(:types)"
    " ORDER BY id"
)
_OPEN = text(
    "SELECT DISTINCT step_key FROM event_logs AS began WHERE run_id = :run AND dagster_event_type = :begin"
    " AND NOT EXISTS (SELECT FROM event_logs AS ended WHERE ended.run_id = began.run_id"
    " AND ended.step_key = began.step_key AND ended.dagster_event_type = ANY(:ends)) ORDER BY step_key"
)
_NEWEST = text("SELECT coalesce(max(id), 0) FROM event_logs")

SETTLED_SECONDS = 5.0
"""An event may be stored later than one with a higher id, but not by so much."""


class Stored(NamedTuple):
    """An event with its place in the log."""

    id: int
    entry: dg.EventLogEntry


def newest(engine: Engine) -> int:
    """The place of the newest event; 0 where there is none."""
    with engine.connect() as connection:
        return int(connection.execute(_NEWEST).scalar_one())


def new_events(engine: Engine, after: int, most: int) -> list[Stored]:
    """What runs and steps began and ended after a place in the log, some at most."""
    bound = {"after": after, "types": _values(TOLD), "settled": SETTLED_SECONDS, "most": most}
    return _read(engine, _NEW, bound)


def events_of_step(engine: Engine, run_id: str, step: str) -> list[dg.EventLogEntry]:
    """The materialisations and check evaluations of a step."""
    found = _read(engine, _STEP, {"run": run_id, "step": step, "types": _values(_OF_STEP)})
    return [one.entry for one in found]


def open_steps(engine: Engine, run_id: str) -> list[str]:
    """The steps of a run that began and told of no end."""
    bound = {"run": run_id, "begin": BEGIN.value, "ends": _values((END, FAILED))}
    with engine.connect() as connection:
        return [str(name) for (name,) in connection.execute(_OPEN, bound)]


def _read(engine: Engine, query: TextClause, bound: dict[str, object]) -> list[Stored]:
    with engine.connect() as connection:
        rows = connection.execute(query, bound).fetchall()
    return [Stored(number, deserialize_value(stored, dg.EventLogEntry)) for number, stored in rows]


def _values(types: Sequence[dg.DagsterEventType]) -> list[str]:
    return [one.value for one in types]
