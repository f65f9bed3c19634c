"""What the daemon's container tells CloudWatch each minute, from Dagster's records: alarms hang on it.

A line of JSON on the standard output, of which filters of the container's log make metrics:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html

| metric | meaning |
| --- | --- |
| `FailedRuns` | runs that failed since the last line |
| `HeartbeatAge` | seconds since the last sign of life of the daemon that is quietest, of those that gave one today |
| `StaleTables` | tables that were not made for longer than their source says |
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from tributary.catalogue import get_catalogue
from tributary.resources.dagster_internals.stored import stored_assets

NAMESPACE = "Tributary"
UNITS = {"FailedRuns": "Count", "HeartbeatAge": "Seconds", "StaleTables": "Count"}
"""The metrics, and the unit of each as CloudWatch calls it."""

PACE_SECONDS = 60
HUNG_SECONDS = 600
"""A daemon that is silent for so long is ended, so that a new container takes its place."""

_LOG = logging.getLogger(__name__)
_FAILED = "SELECT count(*) FROM runs WHERE status = 'FAILURE' AND end_time > %s AND end_time <= %s"
_QUIET = """
SELECT coalesce(max(age), 0), coalesce(min(age), 0) FROM (
    SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - max(timestamp)) AS age
    FROM daemon_heartbeats GROUP BY daemon_type
) AS daemons WHERE age < 86400
"""


def signs(connection: psycopg.Connection[Any], since: float, now: float) -> dict[str, float]:
    """The metrics by name, of Dagster's database; failed runs are those from `since` to `now` (seconds since 1970)."""

    def number(sql: str, *values: object) -> float:
        row = connection.execute(sql, values).fetchone()
        return float(row[0]) if row else 0.0

    return {
        "FailedRuns": number(_FAILED, since, now),
        "HeartbeatAge": number(_QUIET),
        "StaleTables": float(len(stale_tables(connection, now))),
    }


def silence(connection: psycopg.Connection[Any]) -> float:
    """Seconds since any daemon gave a sign of life: that one is quiet may be an older version's doing."""
    row = connection.execute(_QUIET).fetchone()
    return float(row[1]) if row else 0.0


def stale_tables(connection: psycopg.Connection[Any], now: float) -> list[str]:
    """The tables that were last made longer ago than their source says; what was never made is not looked at."""
    made = {".".join(path): one.at for path, one in stored_assets(connection, ()).items() if one.storage_id}
    targets = {table.key: table.freshness for table in get_catalogue().tables if table.freshness is not None}
    return sorted(key for key, target in targets.items() if key in made and now - made[key] > target.total_seconds())


def line(values: Mapping[str, float]) -> str:
    """The metrics as a filter of a log reads them: an object of JSON, and nothing else in the line."""
    return json.dumps(dict(values))


def tell_signs(database_url: str) -> None:
    """Begin to tell, each minute until the process ends, on a thread; one look that fails is told, and made good."""
    threading.Thread(target=_tell, args=(database_url, time.time()), name="signs", daemon=True).start()


def _tell(database_url: str, since: float) -> None:
    while True:
        time.sleep(PACE_SECONDS)
        now = time.time()
        try:
            with psycopg.connect(database_url, autocommit=True, application_name="tributary signs") as connection:
                found, silent = signs(connection, since, now), silence(connection)
        except psycopg.Error as error:
            _LOG.warning("What alarms hang on could not be read (%s); it is tried again.", type(error).__name__)
            continue
        since = now
        sys.stdout.write(line(found) + "\n")
        sys.stdout.flush()
        if silent > HUNG_SECONDS:
            _LOG.error("The daemon gave no sign of life for %d s, and is ended.", silent)
            os._exit(1)
