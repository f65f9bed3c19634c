"""From a call of Segment's library to a row of gold: an event's way through a running platform, and what takes time.

`tributary up` as it is set out, the simulated people's events among ours; only the retail sample is small, which has no
part in it. How long a call takes depends on when it comes between two objects and two looks, so the slowest counts.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from segment.analytics.client import Client  # type: ignore[import-untyped]

from bench.bed import Bed
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, at_most
from bench.serving import fresh_home, serving
from tributary.assets.social.arrivals import RAW
from tributary.resources.lake.folder import FolderLake
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

TIMES = 3
LIMIT = 120.0
PATIENCE = 300.0
LOOK_SECONDS = 0.2
RETAIL_SCALE = 0.002
SENSOR = "social_events"


@dataclass(frozen=True)
class Way:
    """The moments of one event, in seconds of the epoch: called, in the lake, run asked for and begun, in gold."""

    called: float
    delivered: float
    asked: float
    begun: float
    seen: float

    @property
    def whole(self) -> float:
        """Seconds from the call to the row."""
        return self.seen - self.called

    def __str__(self) -> str:
        return (
            f"{self.whole:.1f} s (buffer {self.delivered - self.called:.1f}, sensor {self.asked - self.delivered:.1f}, "
            f"start of the run {self.begun - self.asked:.1f}, run {self.seen - self.begun:.1f})"
        )


def social_live(bed: Bed) -> list[Figure]:
    """The slowest of three calls, one after the other."""
    with fresh_home(bed) as home, serving(home, retail_sample_scale=RETAIL_SCALE) as up:
        with connect(up.settings) as databases:
            ways = [_travel(up.settings, databases) for _ in range(TIMES)]
        waits = up.settings.stream_buffer_seconds
    slowest = max(ways, key=lambda way: way.whole)
    return [
        Figure(
            "social_live",
            f"Segment call to row of gold.social_user_summary, slowest of {TIMES}",
            Timing(slowest.whole),
            limit=at_most(slowest.whole, LIMIT, "s"),
            note=f"{'; '.join(map(str, ways))}. Events wait in the buffer for {waits:g} s at most; the sensor looks "
            "every 30 s, but passes while a run of its assets goes on.",
        )
    ]


def _travel(settings: Settings, databases: Databases) -> Way:
    user = f"bench-{uuid.uuid4()}"
    failures: list[Any] = []
    client = Client(
        settings.collector_write_key.get_secret_value(),
        host=settings.web_url,
        on_error=lambda error, _: failures.append(error),
    )
    called = time.time()
    client.identify(user, {"username": "Ada"})
    client.track(user, "Post Created", {"body": "Hello"})
    client.shutdown()
    if failures:
        raise BenchError(f"The collector did not take the events: {failures[0]}")
    seen = _await_row(databases.url("warehouse"), user)
    delivered = _delivery(settings, user, called)
    asked, begun = _last_run(databases.url("dagster"), seen)
    # A run that goes on may take up an object that came after it began.
    return Way(called, delivered, max(asked, delivered), max(begun, delivered), seen)


def _await_row(url: str, user: str) -> float:
    """When the user's row was first seen."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            found = connection.execute("SELECT posts FROM gold.social_user_summary WHERE user_id = %s", [user])
            if found.fetchone():
                return time.time()
            time.sleep(LOOK_SECONDS)
    raise BenchError(f"No row of {user} was in gold.social_user_summary after {PATIENCE:.0f} s.")


def _delivery(settings: Settings, user: str, called: float) -> float:
    """When the object with the user's events was in the lake."""
    lake = FolderLake(settings.home / "lake")
    for found in lake.list(RAW):
        modified = found.modified.timestamp()
        if modified >= called and user.encode() in lake.get(found.key):
            return modified
    raise BenchError(f"No object in {lake.url(RAW.rstrip('/'))} holds the events of {user}.")


def _last_run(url: str, seen: float) -> tuple[float, float]:
    """When the sensor's last run that had begun before the row was seen was asked for, and when it began."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = connection.execute(
            """
            SELECT extract(epoch FROM (SELECT min(timestamp) FROM event_logs WHERE run_id = r.run_id)) AS asked,
                   r.start_time AS begun
            FROM runs AS r JOIN run_tags AS t ON t.run_id = r.run_id
            WHERE t.key = 'dagster/sensor_name' AND t.value = %s AND r.start_time <= %s
            ORDER BY r.start_time DESC LIMIT 1
            """,
            [SENSOR, seen],
        ).fetchone()
    if found is None:
        raise BenchError(f"No run of the sensor {SENSOR} began before the row was there; see the runs in the UI.")
    return float(found["asked"]), float(found["begun"])
