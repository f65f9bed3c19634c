"""What Dagster's storage in Postgres holds of assets, read by SQL: for processes that must not pay for its import.

The tables and the form of an event are Dagster's own (`dagster._core.storage.event_log.schema`, and its serialisation
of an `EventLogRecord`): `tests/test_dagster_internals.py` holds what is read here against what an instance tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import psycopg

_ASSETS = """
SELECT k.asset_key, k.last_materialization, k.last_run_id, r.status
FROM asset_keys AS k LEFT JOIN runs AS r ON r.run_id = k.last_run_id
"""
_PARTITIONS = """
SELECT asset_key, count(DISTINCT partition), min(partition), max(partition)
FROM event_logs
WHERE asset_key = ANY(%s) AND dagster_event_type = 'ASSET_MATERIALIZATION' AND partition IS NOT NULL
GROUP BY asset_key
"""
_SINCE = """
SELECT DISTINCT partition FROM (
    SELECT partition FROM event_logs
    WHERE asset_key = %(key)s AND dagster_event_type = 'ASSET_MATERIALIZATION' AND id > %(read)s
      AND (%(among)s::text[] IS NULL OR partition = ANY(%(among)s::text[]))
    LIMIT %(most)s + 1
) AS newest
"""
_VERSIONS = """
SELECT made.partition, made.id > %(read)s, (array_agg(tag.value ORDER BY made.id DESC))[1]
FROM event_logs AS made JOIN asset_event_tags AS tag ON tag.event_id = made.id AND tag.key = 'dagster/data_version'
WHERE made.asset_key = %(key)s AND made.dagster_event_type = 'ASSET_MATERIALIZATION' AND made.partition = ANY(%(names)s)
GROUP BY 1, 2
"""

_RUNS = "SELECT pipeline_name, status, count(*) FROM runs GROUP BY 1, 2"
_DURATIONS = """
SELECT wanted.key, done.event::jsonb #>> '{dagster_event,event_specific_data,duration_ms}'
FROM unnest(%(steps)s::text[], %(keys)s::text[]) AS wanted (step, key)
CROSS JOIN LATERAL (
    SELECT event, run_id FROM event_logs
    WHERE step_key = wanted.step AND dagster_event_type = 'STEP_SUCCESS' ORDER BY id DESC LIMIT %(most)s
) AS done
WHERE NOT EXISTS (
    SELECT FROM event_logs AS made
    WHERE made.asset_key = wanted.key AND made.dagster_event_type = 'ASSET_MATERIALIZATION'
      AND made.run_id = done.run_id AND made.event LIKE '%%"label": "unchanged"%%'
)
"""


class _Entry(msgspec.Struct):
    label: str
    entry_data: msgspec.Raw


class _Materialization(msgspec.Struct):
    tags: dict[str, str] | None = None
    metadata_entries: list[_Entry] = []


class _Data(msgspec.Struct):
    materialization: _Materialization


class _Event(msgspec.Struct):
    event_specific_data: _Data


class _Logged(msgspec.Struct):
    dagster_event: _Event
    run_id: str
    timestamp: float


class _Record(msgspec.Struct):
    storage_id: int
    event_log_entry: _Logged


class _Number(msgspec.Struct):
    value: int | float | None = None


class StoredAsset(NamedTuple):
    """An asset on record.

    Attributes:
        storage_id: of its latest materialisation, with the moment (seconds since 1970), run and tags; 0 for none.
        numbers: the metadata of that which are numbers, by label, of those that were asked for.
        last_run: the newest run that was to make it, and its status as Dagster names it; empty where there is none.
    """

    storage_id: int
    at: float
    run_id: str
    tags: Mapping[str, str]
    numbers: Mapping[str, float]
    last_run: str
    last_status: str


class StoredPartitions(NamedTuple):
    """How many partitions of an asset were made, and the first and last of their keys, as text."""

    made: int
    first: str
    last: str


def stored_assets(
    connection: psycopg.Connection[Any], labels: Sequence[str] = ()
) -> dict[tuple[str, ...], StoredAsset]:
    """All assets on record, by the path of their keys; none where Dagster never used the database."""
    if not _is_used(connection):
        return {}
    found = {}
    for key, latest, run, status in connection.execute(_ASSETS):
        record = msgspec.json.decode(latest, type=_Record) if latest else None
        found[_path(key)] = _stored(record, labels, run or "", status or "")
    return found


def _stored(record: _Record | None, labels: Sequence[str], run: str, status: str) -> StoredAsset:
    if record is None:
        return StoredAsset(0, 0.0, "", {}, {}, run, status)
    entry = record.event_log_entry
    made = entry.dagster_event.event_specific_data.materialization
    numbers = {
        one.label: value
        for one in made.metadata_entries
        if one.label in labels and (value := msgspec.json.decode(one.entry_data, type=_Number).value) is not None
    }
    return StoredAsset(record.storage_id, entry.timestamp, entry.run_id, made.tags or {}, numbers, run, status)


def stored_partitions(
    connection: psycopg.Connection[Any], keys: Sequence[Sequence[str]]
) -> dict[tuple[str, ...], StoredPartitions]:
    """Of partitioned assets, which partitions were made at any time; by the path of their keys."""
    if not keys or not _is_used(connection):
        return {}
    names = [_name(key) for key in keys]
    return {_path(key): StoredPartitions(*told) for key, *told in connection.execute(_PARTITIONS, (names,))}


def other_partitions(
    connection: psycopg.Connection[Any], key: Sequence[str], among: Sequence[str], read: int, most: int
) -> bool:
    """Whether a partition holds other data than at an event, by its storage id; more than `most` made since are so."""
    told = {"key": _name(key), "read": read, "among": list(among) or None, "most": most}
    since = [name for (name,) in connection.execute(_SINCE, told)]
    names = [name for name in since if name is not None]
    if len(since) > most or not names:
        return bool(since)
    versions = {
        (name, after): version for name, after, version in connection.execute(_VERSIONS, {**told, "names": names})
    }
    return any(after and version != versions.get((name, False)) for (name, after), version in versions.items())


def step_seconds(
    connection: psycopg.Connection[Any], keys: Sequence[Sequence[str]], most: int
) -> dict[tuple[str, ...], list[float]]:
    """How long the newest steps took that made each asset's rows, of so many at most that were well; newest first."""
    if not keys:
        return {}
    told = {"steps": ["__".join(key) for key in keys], "keys": [_name(key) for key in keys], "most": most}
    found: dict[tuple[str, ...], list[float]] = {}
    for key, milliseconds in connection.execute(_DURATIONS, told):
        found.setdefault(_path(key), []).append(float(milliseconds) / 1000)
    return found


def runs_by_state(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], int]:
    """How many runs are on record, by job and state; none where Dagster never used the database."""
    return {(job, state): number for job, state, number in connection.execute(_RUNS)} if _is_used(connection) else {}


def _is_used(connection: psycopg.Connection[Any]) -> bool:
    """Whether Dagster ever used the database."""
    found = connection.execute("SELECT to_regclass('asset_keys'), to_regclass('event_logs'), to_regclass('runs')")
    return None not in (found.fetchone() or (None,))


def _name(key: Sequence[str]) -> str:
    return json.dumps(list(key))


def _path(key: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(key))
