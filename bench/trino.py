"""Trino on Iceberg: its start, the sample graph, a window of a large table, and kills while readers look on.

One server runs for all of it, over a catalogue in a Postgres of its own; figures of Postgres are of another home.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure, Limit, at_most
from bench.trino_worker import DAYS, OBJECTS, PARTS, ROWS, TABLES, WHOLE, rows, settings_of, write
from tributary.resources.errors import TributaryError
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import LOOPBACK, PROJECT_ROOT, Settings
from tributary.resources.trino.local import local_trino
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.iceberg.catalogue import open_catalogue
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range

SCALE = 0.01
SELECTION = "group:retail or group:calendar"
LARGE_DAYS, A_DAY = 1_000, 10_000
READERS, WRITERS, COMMITS, KILLS = 8, 2, 200, 50
_LARGE = Table(
    "core",
    "large",
    (Column("day", "date", "Day."), Column("id", "bigint", "Id."), Column("amount", "decimal(12,2)", "Amount.")),
    partition_by="day",
)
_ONE_DAY = Table("core", "one_day", _LARGE.columns)
_FIRST = date(2024, 1, 1)


def trino(bed: Bed) -> list[Figure]:
    """All of it, once."""
    home = bed.root / "trino"
    rmtree(home, ignore_errors=True)
    settings = settings_of(home, free_port(), free_port())
    started = time.perf_counter()
    with connect(settings) as databases:
        postgres = Timing(time.perf_counter() - started)
        started = time.perf_counter()
        with local_trino(settings, databases) as server:
            start = Timing(time.perf_counter() - started)
            figures = [
                Figure("trino", "start until it answers", start, "start of Postgres, with its cluster made", postgres)
            ]
            graph = _graph(bed, settings)
            figures.append(replace(graph, note=f"the most memory of Trino until then: {_peak(server.pid):,.0f} MB."))
            warehouse = open_warehouse(settings)
            figures.append(_window(warehouse, settings))
            figures.append(_crashes(warehouse, settings))
    return figures


def _graph(bed: Bed, settings: Settings) -> Figure:
    other = bed.root / "trino-postgres"
    rmtree(other, ignore_errors=True)
    own = {"retail_sample_scale": SCALE, "retail_dir": "", "social_sample": False}
    ports = {"postgres_port": settings.postgres_port, "trino_port": settings.trino_port}
    ours = bed.tributary("materialize", SELECTION, home=settings.home, warehouse="trino", **ports, **own)
    postgres = bed.tributary("materialize", SELECTION, home=other, **own)
    return Figure(
        "trino", f"sample graph of retail and calendar, scale {SCALE:g}", ours, "the same on Postgres", postgres
    )


def _window(warehouse: Warehouse, settings: Settings) -> Figure:
    """A day of a table of ten million rows, against its rows written alone."""
    catalogue = open_catalogue(settings, connect(settings))
    days = f"(SELECT d FROM UNNEST(sequence(0, {LARGE_DAYS - 1})) AS t(d))"
    warehouse.replace(_LARGE, Select(_days(f"CROSS JOIN {days} AS days")))
    day = _FIRST + timedelta(days=LARGE_DAYS // 2)
    one = Select(f"SELECT * FROM ({_days(f'CROSS JOIN (VALUES {LARGE_DAYS // 2}) AS days(d)', 1)}) AS o")
    alone = warehouse.replace(_ONE_DAY, one)
    report = warehouse.replace(_LARGE, one, window=Range("day", day, day + timedelta(days=1)))
    snapshot: Any = catalogue.load_table(_LARGE.key).current_snapshot()
    written = int(snapshot.summary.additional_properties["added-files-size"])
    return Figure(
        "trino",
        f"a day of {A_DAY:,} rows replaced among {LARGE_DAYS * A_DAY:,}",
        Timing(report.seconds),
        "the day's rows as a table of their own",
        Timing(alone.seconds),
        at_most(written / alone.bytes, 40, "times the bytes of the window"),
        f"{written:,} bytes were written, of a window of {alone.bytes:,}: the rest of its month is written with it.",
    )


def _days(join: str, more: int = 0) -> str:
    return (
        f"SELECT date_add('day', d, DATE '{_FIRST}') AS day, CAST(d AS bigint) * {A_DAY} + g AS id, "
        f"CAST(g + {more} AS decimal(12,2)) / 7 AS amount FROM UNNEST(sequence(0, {A_DAY - 1})) AS t(g) {join}"
    )


def _crashes(warehouse: Warehouse, settings: Settings) -> Figure:
    warehouse.replace(WHOLE, rows(0))
    for part in range(PARTS):
        write(warehouse, DAYS, part, 0)
        write(warehouse, OBJECTS, part, 0)
    started, chance = time.perf_counter(), random.Random(KILLS)  # noqa: S311 - no secret
    found: Counter[str] = Counter()
    done = threading.Event()
    readers = [threading.Thread(target=_read, args=(warehouse, done, found, number)) for number in range(READERS)]
    commits: Counter[str] = Counter()
    workers = [_Worker(settings, number, commits) for number in range(WRITERS)]
    for reader in readers:
        reader.start()
    kills = 0
    try:
        while kills < KILLS or commits["all"] < COMMITS:
            time.sleep(chance.uniform(1, 2 * COMMITS / KILLS))
            if kills < KILLS:
                place, kills = chance.randrange(WRITERS), kills + 1
                workers[place].kill()
                workers[place] = _Worker(settings, 1_000 + kills, commits)
    finally:
        for worker in workers:
            worker.kill()
        done.set()
        for reader in readers:
            reader.join()
    looks = found.pop("looks")
    stand = warehouse.rows("SELECT DISTINCT part, CAST(version AS varchar) AS version FROM core.objects")
    noted = warehouse.published_sources(OBJECTS)
    # What a kill leaves between a commit and its entry counts as not loaded; an entry that is there is true.
    versions = {row["part"]: row["version"] for row in stand}
    found["untrue entries of the ledger"] += sum(versions[part] != mark for part, mark in noted.items() if mark != "0")
    for table in TABLES:
        found += _faults(warehouse, table)
    told = ", ".join(
        f"{found[name]} {name}" for name in ("holes", "lost", "doubled", "mixed", "untrue entries of the ledger")
    )
    return Figure(
        "trino",
        f"{commits['all']} commits and {kills} kills of writers, {READERS} readers",
        Timing(time.perf_counter() - started),
        limit=Limit("nothing lost, doubled or unwritten", not +found),
        note=f"{looks:,} looks; found: {told}.",
    )


class _Worker:
    def __init__(self, settings: Settings, seed: int, commits: Counter[str]) -> None:
        given = [settings.home, settings.postgres_port, settings.trino_port, seed]
        words = [sys.executable, "-m", "bench.trino_worker", *map(str, given)]
        self._process = subprocess.Popen(words, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._counting = threading.Thread(target=self._count, args=(commits,), daemon=True)
        self._counting.start()

    def _count(self, commits: Counter[str]) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for _ in self._process.stdout:
            commits["all"] += 1

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _read(warehouse: Warehouse, done: threading.Event, found: Counter[str], number: int) -> None:
    chance = random.Random(number)  # noqa: S311 - no secret
    while not done.is_set():
        try:
            faults = _faults(warehouse, chance.choice(TABLES))
        except TributaryError:
            faults = Counter({"refused looks": 1})
        for name, count in faults.items():
            found[name] += count
        found["looks"] += 1


def _faults(warehouse: Warehouse, table: Table) -> Counter[str]:
    """What a look at a table finds that was never written."""
    [row] = warehouse.rows(
        "SELECT count(*) AS n, count(DISTINCT id) AS ids, count(DISTINCT (part, version)) AS states, "
        f"count(DISTINCT version) AS versions FROM {table.sql_name}"
    )
    mixed = row["states"] != PARTS or (table is WHOLE and row["versions"] != 1)
    return +Counter(
        holes=int(row["n"] == 0), lost=max(0, ROWS - row["ids"]), doubled=row["n"] - row["ids"], mixed=int(mixed)
    )


def _peak(pid: int | None) -> float:
    """The most memory that a process has had, in MB."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
