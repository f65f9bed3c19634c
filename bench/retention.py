"""A month of the sample network's live runs, in little time: what Dagster's database grows to under the retention.

One live run is made as the sensor makes it. Copies of it, an hour's partition further each hour, are written one
simulated hour after the other, and deleted by the retention as the schedule does. The automation's evaluations and the
ticks of sensors are left out: they are bounded by number and by days.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.bed import Bed
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, Limit
from bench.serving import AS_SET_OUT, fresh_home
from tributary.assets.factory.dagster_events import TOLD_BY
from tributary.instance.retention import Policy, prune
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings

DAYS = 30
RUNS_AN_HOUR = 30
"""The sensor looks every half minute, and passes while a run goes on; at night as by day."""

MOST = 1.5
_KEY = "%Y-%m-%d-%H:00"

_COPY = """
WITH made AS (
    SELECT n, gen_random_uuid()::text AS run_id, %(at)s::timestamp + n * interval '2 minutes' AS at
    FROM generate_series(0, %(count)s - 1) AS n
), runs_made AS (
    INSERT INTO runs (run_id, snapshot_id, pipeline_name, mode, status, run_body, create_timestamp, update_timestamp,
        start_time, end_time)
    SELECT m.run_id, r.snapshot_id, r.pipeline_name, r.mode, 'SUCCESS',
        replace(replace(r.run_body, %(run)s, m.run_id), %(key)s, %(hour)s), m.at, m.at,
        extract(epoch FROM m.at), extract(epoch FROM m.at)
    FROM made AS m, runs AS r WHERE r.run_id = %(run)s ORDER BY m.n RETURNING run_id
), tags_made AS (
    INSERT INTO run_tags (run_id, key, value)
    SELECT m.run_id, t.key, replace(t.value, %(key)s, %(hour)s)
    FROM runs_made AS m, run_tags AS t WHERE t.run_id = %(run)s
    UNION ALL SELECT run_id, 'dagster/sensor_name', 'social_events' FROM runs_made
), events_made AS (
    INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
    SELECT m.run_id, replace(replace(e.event, %(run)s, m.run_id), %(key)s, %(hour)s), e.dagster_event_type, m.at,
        e.step_key, e.asset_key, replace(e.partition, %(key)s, %(hour)s)
    FROM made AS m, event_logs AS e WHERE e.run_id = %(run)s ORDER BY m.n, e.id
    RETURNING id, asset_key, dagster_event_type
), event_tags_made AS (
    INSERT INTO asset_event_tags (event_id, asset_key, key, value, event_timestamp)
    SELECT e.id, t.asset_key, t.key, t.value, t.event_timestamp
    FROM events_made AS e JOIN asset_event_tags AS t ON t.asset_key = e.asset_key
    JOIN event_logs AS of ON of.id = t.event_id AND of.run_id = %(run)s
    WHERE e.dagster_event_type = 'ASSET_MATERIALIZATION'
)
INSERT INTO asset_check_executions (asset_key, check_name, partition, run_id, execution_status, evaluation_event,
    evaluation_event_timestamp, create_timestamp)
SELECT c.asset_key, c.check_name, c.partition, m.run_id, c.execution_status,
    replace(c.evaluation_event, %(run)s, m.run_id), m.at, m.at
FROM made AS m, asset_check_executions AS c WHERE c.run_id = %(run)s ORDER BY m.n
"""


def retention(bed: Bed) -> list[Figure]:
    """The size at the end of the first day and of the month, and how long an hour's deletion takes then."""
    with fresh_home(bed) as home:
        own = {**AS_SET_OUT, "home": home}
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        key = (first - timedelta(hours=1)).strftime(_KEY)
        bed.tributary("materialize", "group:social", **own)
        bed.tributary("materialize", "group:social", "--force", "--partition", key, **own)
        settings = Settings(_env_file=None, home=home)
        with connect(settings) as databases:
            return [_month(databases.url("dagster"), settings, first, key)]


def _month(url: str, settings: Settings, first: datetime, key: str) -> Figure:
    policy = Policy(settings.retention_days, settings.retention_runs)
    sizes: list[int] = []
    wall = 0.0
    with psycopg.connect(url, autocommit=True) as connection:
        run, events, size = _template(connection)
        for hour in range(DAYS * 24):
            at = first + timedelta(hours=hour)
            connection.execute(
                _COPY, {"at": at, "count": RUNS_AN_HOUR, "run": run, "key": key, "hour": at.strftime(_KEY)}
            )
            began = time.perf_counter()
            prune(url, policy, told_by=TOLD_BY, now=(at + timedelta(hours=1)).replace(tzinfo=UTC))
            wall = time.perf_counter() - began
            if hour % 24 == 23:
                sizes.append(_size(connection))
    ratio = sizes[-1] / sizes[0]
    return Figure(
        "retention",
        f"hourly deletion after {DAYS} days of {RUNS_AN_HOUR} live runs an hour",
        Timing(wall),
        limit=Limit(f"≤ {MOST} times the size of the first day", ratio <= MOST),
        note=f"Dagster's database takes {sizes[0] / 1e6:.0f} MB after the first day, {max(sizes) / 1e6:.0f} MB at most "
        f"and {sizes[-1] / 1e6:.0f} MB after {DAYS} days, {ratio:.2f} times as much. "
        f"A live run writes {events} events of {size / 1e3:.0f} kB; {RUNS_AN_HOUR * DAYS * 24:,} were written.",
    )


def _template(connection: psycopg.Connection[Any]) -> tuple[str, int, int]:
    """The last run, its events and their bytes; from now on it counts as one that the sensor asked for."""
    row = connection.execute(
        "SELECT run_id, count(*), sum(length(event)) FROM event_logs"
        " WHERE run_id = (SELECT run_id FROM runs ORDER BY id DESC LIMIT 1) GROUP BY 1"
    ).fetchone()
    if row is None:
        raise BenchError("The run that was to be copied is not there.")
    # What the copies are made from must outlast all of them.
    connection.execute("UPDATE runs SET status = 'STARTED' WHERE run_id = %s", (row[0],))
    return str(row[0]), int(row[1]), int(row[2])


def _size(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row is not None else 0
