"""Kills writers, their sessions and the server at random moments, while readers of every kind look on.

Nothing may be lost, doubled or seen that was not written: neither by a reader at any moment, nor in the end.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.bed import Bed
from bench.clock import Timing
from bench.crashes_readers import Readers, faults
from bench.crashes_worker import NAMES, OBJECTS, PARTS, SCHEMA, write
from bench.figures import Figure, Limit
from tributary.resources.postgres import postmaster
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import PROJECT_ROOT, Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

KILLS_A_REPEAT = 40
WRITERS = 2
READER = "crash_reader"
_KINDS = {"writer": 5, "session": 4, "server": 1}
_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid IN "
    "(SELECT pid FROM pg_locks WHERE mode = 'ShareUpdateExclusiveLock' UNION "
    "SELECT pid FROM pg_stat_activity WHERE query LIKE '/* tributary%') AND pid <> pg_backend_pid() "
    "ORDER BY random() LIMIT 1"
)


def crashes(bed: Bed) -> list[Figure]:
    """`KILLS_A_REPEAT` kills for each of the repeats that were asked for."""
    kills = KILLS_A_REPEAT * bed.repeats
    started = time.perf_counter()
    counted, looks, left = run(bed.root / "crashes", kills)
    found = counted + left
    done = Counter({kind: found.pop(kind, 0) for kind in _KINDS})
    wrong = ", ".join(f"{count:,} {name}" for name, count in sorted(found.items()) if count) or "nothing wrong"
    killed = ", ".join(f"{count} {kind}s" for kind, count in done.items())
    seen = ", ".join(f"{count:,} {level.lower().replace('_', ' ')}" for level, count in sorted(looks.items()))
    return [
        Figure(
            "crashes",
            f"{done.total()} kills of writers, their sessions and the server",
            Timing(time.perf_counter() - started),
            limit=Limit("nothing lost, doubled or unwritten", not +found),
            note=f"killed: {killed}; looks of readers of three roles: {seen}; found: {wrong}.",
        )
    ]


def run(home: Path, kills: int) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Kill so often; what readers found with the kills by kind, how often they looked, and what is wrong in the end."""
    chance = random.Random(kills)  # noqa: S311 - no secret
    counted: Counter[str] = Counter()
    settings = Settings.model_validate({"home": home})
    with ExitStack() as held:
        databases = held.enter_context(connect(settings))
        url = databases.url("warehouse")
        warehouse = PostgresWarehouse(lambda: url)
        _begin(warehouse, databases)
        readers = Readers([url, url.replace("//postgres@", f"//{READER}@"), databases.reader_url("warehouse")])
        workers = [_worker(url, number) for number in range(WRITERS)]
        try:
            for number in range(kills):
                time.sleep(chance.uniform(0.02, 0.8))
                kind = chance.choices(list(_KINDS), list(_KINDS.values()))[0]
                place = chance.randrange(WRITERS)
                counted[kind] += _kill(kind, url, settings, workers[place])
                if kind == "server":
                    held.enter_context(connect(settings))
                if workers[place].poll() is not None:
                    workers[place] = _worker(url, 1_000 + number)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
            readers.stop()
        left = _in_the_end(warehouse, url)
    return counted + readers.found, readers.looks, left


def _begin(warehouse: PostgresWarehouse, databases: Databases) -> None:
    for name in NAMES:
        write(warehouse, name, 0, time.time_ns(), whole=True)
    with psycopg.connect(databases.url("warehouse"), autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
            admin.execute(f"CREATE ROLE {READER} LOGIN")
        admin.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READER}")


def _worker(url: str, seed: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "bench.crashes_worker", url, str(seed)]
    worker = subprocess.Popen(words, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert worker.stdout is not None  # noqa: S101 - it is a pipe
    worker.stdout.readline()
    return worker


def _kill(kind: str, url: str, settings: Settings, worker: subprocess.Popen[bytes]) -> int:
    """Kill one thing; how many were."""
    if kind == "writer":
        worker.kill()
        worker.wait()
        return 1
    if kind == "session":
        with psycopg.connect(url, autocommit=True) as admin:
            return len(admin.execute(_SESSIONS).fetchall())
    found = postmaster.read(settings.postgres_data)
    if found is None:
        return 0
    os.kill(found.pid, signal.SIGQUIT)  # an immediate shutdown: no checkpoint, all sessions end where they are
    while postmaster.serves(found.pid, settings.postgres_data):
        time.sleep(0.02)
    return 1


def _in_the_end(warehouse: PostgresWarehouse, url: str) -> Counter[str]:
    """What is wrong when all is over: before any repair with the rows, and after another write with what lies about."""
    found: Counter[str] = Counter()
    with psycopg.connect(url, autocommit=True) as admin:
        for name in NAMES:
            found += faults(admin, name)[0]
        stand = admin.execute(f"SELECT DISTINCT part, version::text FROM {SCHEMA}.objects").fetchall()
        noted = warehouse.published_sources(OBJECTS, [f"p{number}" for number in range(PARTS)])
        found["entries of the ledger that are not true"] += dict(stand) != dict(noted)
        for name in NAMES:
            write(warehouse, name, 0, time.time_ns(), whole=True)
            found += faults(admin, name)[0]
        strays = admin.execute(
            "SELECT count(*) FROM pg_class AS c WHERE relnamespace = '_parts'::regnamespace AND relkind = 'r' "
            "AND relname ~ '^[0-9a-f]{12}_' AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = c.oid)"
        ).fetchone()
        found["tables left aside"] += strays[0] if strays else 0
    return found
