"""Deletes what Dagster recorded long ago, and keeps what its assets' and partitions' status follows from.

This is the one place that knows Dagster's tables by name: its own deletion takes runs one by one, forgets check
executions, snapshots and compute logs, and takes the newest materialisation of a partition along with its run.
Everything of some runs goes in one transaction, so it may be killed anywhere and begun again.
"""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg

RUNS_AT_ONCE = 20
"""Runs that one transaction takes; each is some hundred events."""

EVALUATIONS_KEPT = 100
"""Evaluations of the automation that are kept of each asset."""

_SPARSE_BYTES = 64_000_000
_SPARSE_BYTES_A_ROW = 800
"""Some three times what the indexes of an event take when they are new."""

_NO_END_DAYS = 365_000

_PARENT = re.compile(rb'"parent_snapshot_id": ?"([0-9a-f]+)"')
_LOCK = 0x726574656E74696F
_UNUSED = "tributary/unused_snapshots"
_TABLES = "event_logs, asset_event_tags, asset_check_executions, asset_daemon_asset_evaluations, runs, snapshots"

# What a person started, each sensor and each schedule are counted apart, and failures apart from successes: what
# happens often pushes nothing else out. Runs that go on, and runs of a backfill that does, are never among them.
_DUE = """
WITH started AS (
    SELECT run_id, max(value) AS by FROM run_tags
    WHERE key IN ('dagster/sensor_name', 'dagster/schedule_name') GROUP BY 1
), ranked AS (
    SELECT r.id, r.run_id, r.backfill_id,
        coalesce(to_timestamp(r.end_time) AT TIME ZONE 'UTC', r.update_timestamp) AS ended,
        row_number() OVER (PARTITION BY s.by, r.status = 'SUCCESS' ORDER BY r.id DESC) AS place
    FROM runs AS r LEFT JOIN started AS s ON s.run_id = r.run_id
    WHERE r.status IN ('SUCCESS', 'FAILURE', 'CANCELED')
)
SELECT run_id FROM ranked AS r
WHERE (place > %(runs)s OR ended < %(before)s)
  AND NOT EXISTS (
    SELECT 1 FROM bulk_actions AS b
    WHERE b.key = r.backfill_id AND b.status IN ('REQUESTED', 'CANCELING', 'FAILING'))
ORDER BY id
"""

# The newest of each kind of event of each asset and partition is what the status follows from, and so is what a newest
# materialisation refers to. A failed run that has one of them is what the UI still points at: it stays whole.
_KEPT = """
INSERT INTO kept_events
SELECT e.id, e.run_id FROM event_logs AS e
WHERE e.run_id = ANY(%(runs)s) AND e.asset_key IS NOT NULL AND (
    NOT EXISTS (
        SELECT 1 FROM event_logs AS n
        WHERE n.asset_key = e.asset_key AND n.dagster_event_type = e.dagster_event_type
          AND n.partition = e.partition AND n.id > e.id)
    AND (e.partition IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM event_logs AS n
        WHERE n.asset_key = e.asset_key AND n.dagster_event_type = e.dagster_event_type
          AND n.partition IS NULL AND n.id > e.id))
    OR (e.dagster_event_type = 'ASSET_MATERIALIZATION'
        AND (e.asset_key, e.run_id) IN (SELECT * FROM unnest(%(told_keys)s::text[], %(told_by)s::text[]))))
"""
_KEPT_WHOLE = """
INSERT INTO kept_events
SELECT e.id, e.run_id FROM event_logs AS e JOIN runs AS r ON r.run_id = e.run_id
WHERE r.status = 'FAILURE' AND r.run_id IN (SELECT run_id FROM kept_events)
"""
_DELETE_CHECKS = """
DELETE FROM asset_check_executions AS c
WHERE c.run_id = ANY(%(runs)s) AND EXISTS (
    SELECT 1 FROM asset_check_executions AS n
    WHERE n.asset_key = c.asset_key AND n.check_name = c.check_name AND n.partition IS NOT DISTINCT FROM c.partition
      AND n.id > c.id AND (n.execution_status <> 'PLANNED' OR c.execution_status = 'PLANNED'))
"""
_WITH_TAGS = """
, tags AS (DELETE FROM asset_event_tags WHERE event_id IN (SELECT id FROM gone))
SELECT count(*) FROM gone
"""
_DELETE_EVENTS = f"""
WITH gone AS (
    DELETE FROM event_logs AS e
    WHERE e.run_id = ANY(%(runs)s) AND NOT EXISTS (SELECT 1 FROM kept_events AS k WHERE k.id = e.id)
    RETURNING id)
{_WITH_TAGS}"""
_DELETE_RUNS = """
DELETE FROM runs AS r
WHERE r.run_id = ANY(%(runs)s) AND NOT EXISTS (SELECT 1 FROM event_logs AS e WHERE e.run_id = r.run_id)
  AND NOT EXISTS (SELECT 1 FROM asset_check_executions AS c WHERE c.run_id = r.run_id)
"""
_DELETE_EVALUATIONS = """
DELETE FROM asset_daemon_asset_evaluations WHERE id IN (
    SELECT id FROM (
        SELECT id, create_timestamp, row_number() OVER (PARTITION BY asset_key ORDER BY id DESC) AS place
        FROM asset_daemon_asset_evaluations) AS e
    WHERE place > %(most)s OR (place > 1 AND create_timestamp < %(before)s))
"""
_DELETE_BACKFILLS = """
WITH gone AS (
    DELETE FROM bulk_actions AS b
    WHERE b.status NOT IN ('REQUESTED', 'CANCELING', 'FAILING') AND b.timestamp < %(before)s
      AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.backfill_id = b.key)
    RETURNING key)
DELETE FROM backfill_tags WHERE backfill_id IN (SELECT key FROM gone)
"""
# Of events that belong to no run, such as what was reported by hand.
_DELETE_RUNLESS = f"""
WITH gone AS (
    DELETE FROM event_logs AS e
    WHERE e.run_id = '' AND e.timestamp < %(before)s AND e.asset_key IS NOT NULL AND EXISTS (
        SELECT 1 FROM event_logs AS n
        WHERE n.asset_key = e.asset_key AND n.dagster_event_type = e.dagster_event_type
          AND n.partition IS NOT DISTINCT FROM e.partition AND n.id > e.id)
    RETURNING id)
{_WITH_TAGS}"""


@dataclass(frozen=True)
class Policy:
    """How much is kept: a run goes when it is older than `days`, or when `runs` newer ones of its kind are there.

    0 means without end.
    """

    days: int
    runs: int


@dataclass
class Pruned:
    """What a pruning deleted."""

    runs: int = 0
    events: int = 0
    checks: int = 0
    evaluations: int = 0
    snapshots: int = 0

    def __str__(self) -> str:
        return (
            f"deleted {self.runs} runs, {self.events} events, {self.checks} check executions, "
            f"{self.evaluations} evaluations and {self.snapshots} snapshots"
        )


def count_due(url: str, policy: Policy, now: datetime | None = None) -> int:
    """How many runs a pruning looks through now; of some of them, what the status follows from stays.

    Raises:
        psycopg.Error: the database refused.
    """
    with psycopg.connect(url) as connection:
        named = {"runs": policy.runs or 2**62, "before": _before(policy, now)}
        return len(connection.execute(_DUE, named).fetchall())


def prune(
    url: str,
    policy: Policy,
    *,
    told_by: str,
    forget_logs: Callable[[str], None] = lambda _: None,
    now: datetime | None = None,
    seconds: float = 300.0,
) -> Pruned:
    """Delete what the policy does not keep, some runs at a time, for about as long as `seconds`; the rest next time.

    Args:
        url: Dagster's database.
        policy: what is kept.
        told_by: the metadata by which a materialisation refers to an earlier one that tells more.
        forget_logs: deletes the compute logs of a run; called before the run is deleted.
        now: the moment from which ages count.
        seconds: after which no further runs are begun.

    Raises:
        psycopg.Error: the database refused; what was not finished is as it was.
    """
    deadline = time.monotonic() + seconds
    before = _before(policy, now)
    pruned = Pruned()
    with psycopg.connect(url, autocommit=True) as connection:
        if not _alone(connection):
            return pruned
        connection.execute("CREATE TEMP TABLE kept_events (id bigint, run_id text) ON COMMIT DELETE ROWS")
        due = connection.execute(_DUE, {"runs": policy.runs or 2**62, "before": before}).fetchall()
        references = _references(connection, told_by)
        for runs in _chunks([row[0] for row in due]):
            if time.monotonic() > deadline:
                break
            _prune_runs(connection, runs, references, forget_logs, pruned)
        found = connection.execute(_DELETE_EVALUATIONS, {"most": EVALUATIONS_KEPT, "before": before})
        pruned.evaluations = found.rowcount
        connection.execute(_DELETE_BACKFILLS, {"before": before})
        pruned.events += _count(connection, _DELETE_RUNLESS, {"before": before})
        pruned.snapshots = _prune_snapshots(connection)
        if pruned.events or pruned.evaluations:
            # At once rather than when the server finds the time, so that the next hour's rows take this hour's place.
            connection.execute(f"VACUUM (SKIP_LOCKED, ANALYZE) {_TABLES}")
            _rebuild_sparse_indexes(connection)
        # The server may notice only later that the session has ended.
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return pruned


def _before(policy: Policy, now: datetime | None) -> datetime:
    """What is older is due; Dagster's columns are in UTC, without saying so."""
    age = timedelta(days=policy.days or _NO_END_DAYS)
    return ((now or datetime.now(UTC)) - age).astimezone(UTC).replace(tzinfo=None)


def _prune_runs(
    connection: psycopg.Connection[Any],
    runs: Sequence[str],
    references: tuple[list[str], list[str]],
    forget_logs: Callable[[str], None],
    pruned: Pruned,
) -> None:
    """Delete what is not kept of some runs, events first and the runs last, in one transaction."""
    with connection.transaction():
        named = {"runs": list(runs), "told_keys": references[0], "told_by": references[1]}
        connection.execute(_KEPT, named)
        connection.execute(_KEPT_WHOLE)
        whole = connection.execute(
            "SELECT r.run_id FROM runs AS r WHERE r.status = 'FAILURE' AND r.run_id IN (SELECT run_id FROM kept_events)"
        ).fetchall()
        for run_id in set(runs) - {row[0] for row in whole}:
            forget_logs(run_id)
        pruned.events += _count(connection, _DELETE_EVENTS, named)
        pruned.checks += connection.execute(_DELETE_CHECKS, named).rowcount
        pruned.runs += connection.execute(_DELETE_RUNS, named).rowcount


def _alone(connection: psycopg.Connection[Any]) -> bool:
    """Whether nobody else prunes this database; nobody can until the session ends."""
    return bool(_count(connection, "SELECT pg_try_advisory_lock(%(lock)s)::int", {"lock": _LOCK}))


def _count(connection: psycopg.Connection[Any], statement: LiteralString, named: Mapping[str, Any]) -> int:
    row = connection.execute(statement, named).fetchone()
    return int(row[0]) if row is not None else 0


def _rebuild_sparse_indexes(connection: psycopg.Connection[Any]) -> None:
    """Rebuild the indexes of events where they have grown sparse: a page on which one entry is kept is never freed.

    It takes a second or two, in which events wait to be written; where it would have to wait itself, it is left for
    the next time.
    """
    size = "SELECT pg_indexes_size(oid), reltuples FROM pg_class WHERE oid = 'event_logs'::regclass"
    row = connection.execute(size).fetchone()
    if row is None or row[0] < _SPARSE_BYTES or row[0] < _SPARSE_BYTES_A_ROW * row[1]:
        return
    with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '2s'")
        connection.execute("REINDEX TABLE event_logs")


def _references(connection: psycopg.Connection[Any], told_by: str) -> tuple[list[str], list[str]]:
    """The assets whose newest materialisation refers to an earlier one, and the runs of these."""
    keys: list[str] = []
    runs: list[str] = []
    rows = connection.execute(
        "SELECT asset_key, last_materialization FROM asset_keys WHERE strpos(last_materialization, %s) > 0", (told_by,)
    )
    for key, text in rows:
        event = json.loads(text)["event_log_entry"]["dagster_event"]["event_specific_data"]
        for entry in event["materialization"]["metadata_entries"]:
            if entry["label"] == told_by:
                keys.append(key)
                runs.append(entry["entry_data"]["run_id"])
    return keys, runs


def _prune_snapshots(connection: psycopg.Connection[Any]) -> int:
    """Delete the snapshots of jobs and plans that no run uses, nor did when this was last looked at.

    A run that is being created has looked for its snapshots before it is there itself.
    """
    used = {row[0] for row in connection.execute("SELECT DISTINCT snapshot_id FROM runs WHERE snapshot_id IS NOT NULL")}
    # Not as JSON: what text may hold there, Postgres's JSON may not.
    plans = """SELECT DISTINCT substring(run_body FROM '"execution_plan_snapshot_id": ?"([^"]+)"') FROM runs"""
    used |= {row[0] for row in connection.execute(plans)}
    unused = [row[0] for row in connection.execute("SELECT snapshot_id FROM snapshots") if row[0] not in used]
    row = connection.execute("SELECT value FROM kvs WHERE key = %s", (_UNUSED,)).fetchone()
    before = set(json.loads(row[0])) if row is not None else set()
    going = [name for name in unused if name in before]
    if going:
        bodies = connection.execute("SELECT snapshot_body FROM snapshots WHERE snapshot_id = ANY(%s)", (list(used),))
        parents = {name.decode() for (body,) in bodies for name in _PARENT.findall(zlib.decompress(body))}
        going = [name for name in going if name not in parents]
        connection.execute("DELETE FROM snapshots WHERE snapshot_id = ANY(%s)", (going,))
    left = json.dumps(sorted(set(unused) - set(going)))
    connection.execute(
        "INSERT INTO kvs (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_UNUSED, left),
    )
    return len(going)


def _chunks(runs: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(runs), RUNS_AT_ONCE):
        yield runs[start : start + RUNS_AT_ONCE]
