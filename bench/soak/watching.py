"""Who watches: a reader that must never see less than before, and measures of all that could grow without end."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil
import psycopg

from bench.soak.running import Running
from tributary.resources.postgres.databases import connect

Database = Literal["warehouse", "dagster", "app"]

WATCHED = ("core.fact_social_event", "staged.retail_households", "gold.household_summary", "staged.ornaments")
MEBIBYTE = 1024**2
_READ_SECONDS = 0.5
_QUIET_SECONDS = 180.0
"""So long a sensor may be silent, where nothing was killed in the last two minutes."""

_COUNTS = """
SELECT (SELECT count(*) FROM event_logs), (SELECT count(*) FROM runs), (SELECT count(*) FROM job_ticks),
       (SELECT count(*) FROM asset_check_executions), (SELECT count(*) FROM asset_daemon_asset_evaluations)
"""
_TICKS = """
SELECT extract(epoch FROM now() AT TIME ZONE 'utc' - max(timestamp)) FROM job_ticks
WHERE type IN ('SENSOR', 'AUTO_MATERIALIZE') GROUP BY selector_id
"""
_DROPPED = """
SELECT run_id, max(left(event::json #>> '{dagster_event,event_specific_data,error,message}', 300)) FROM event_logs
WHERE dagster_event_type = 'ENGINE_EVENT'
AND (event LIKE '%dropping it from the queue%' OR event LIKE '%attempts, failing run%')
GROUP BY run_id
"""
_SIZES = "SELECT datname, pg_database_size(datname) FROM pg_database WHERE NOT datistemplate"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Readers:
    """Reads tables again and again, through all kills; what a reader sees less of than before is a fault."""

    def __init__(self, running: Running) -> None:
        self._running, self._ending = running, threading.Event()
        self.faults: list[str] = []
        self.reads = 0
        self._most: dict[str, int] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _read(self) -> None:
        while not self._ending.is_set():
            with (
                suppress(psycopg.Error, OSError),
                psycopg.connect(url_of(self._running, "warehouse"), autocommit=True) as one,
            ):
                while not self._ending.wait(_READ_SECONDS):
                    for table in WATCHED:
                        self._look(one, table)
            self._ending.wait(_READ_SECONDS)

    def _look(self, connection: psycopg.Connection[tuple[int]], table: str) -> None:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        number = row[0] if row else 0
        if number < self._most.get(table, 0):
            self.faults.append(f"A reader saw {number:,} rows of {table} after {self._most[table]:,}.")
        self._most[table] = max(number, self._most.get(table, 0))
        self.reads += 1


class Measures:
    """What there was at each look, by name; NaN where it could not be told."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.looks: list[tuple[float, dict[str, float]]] = []
        self.faults: list[str] = []
        self.dropped: dict[str, str] = {}
        self._began = time.monotonic()

    def look(self, undisturbed: bool) -> None:
        """Measure all now; sensors are to be heard where nothing was killed lately."""
        found = {**dict(self._of_processes()), **dict(self._of_files())}
        with suppress(psycopg.Error, OSError):
            found |= dict(self._of_databases(undisturbed))
        self.looks.append((time.monotonic() - self._began, found))

    def _of_processes(self) -> Iterator[tuple[str, float]]:
        family, memory, files, ours = self._running.family(), 0.0, 0, 0
        for one in family:
            with suppress(psutil.Error):
                memory += one.memory_full_info().pss / MEBIBYTE
                files += one.num_fds()
                ours += not one.name().startswith("postgres")
        yield "processes", float(ours)
        yield "memory, MB", memory
        yield "open files a process", files / max(len(family), 1)

    def _of_files(self) -> Iterator[tuple[str, float]]:
        home = self._running.home
        for name, folder in (("lake", home / "lake"), ("compute logs", home / "dagster"), ("logs", home / "logs")):
            count, size = weigh(folder)
            yield f"{name}, files", float(count)
            yield f"{name}, MB", size / MEBIBYTE
        temporary = [one for one in Path(tempfile.gettempdir()).glob("*") if _is_ours(one, home)]
        yield "temporary files", float(len(temporary))

    def _of_databases(self, undisturbed: bool) -> Iterator[tuple[str, float]]:
        with psycopg.connect(url_of(self._running, "dagster"), autocommit=True) as connection:
            names = ("events", "runs", "ticks", "check executions", "evaluations")
            yield from zip(names, map(float, connection.execute(_COUNTS).fetchone() or ()), strict=True)
            for name, size in connection.execute(_SIZES):
                yield f"database {name}, MB", size / MEBIBYTE
            row = connection.execute(_CONNECTIONS).fetchone()
            yield "connections", float(row[0]) if row else 0.0
            self.dropped |= {str(run): str(said) for run, said in connection.execute(_DROPPED)}
            ages = [float(age) for (age,) in connection.execute(_TICKS)]
            yield "seconds since the last tick of the quietest sensor", max(ages, default=0.0)
        if undisturbed and max(ages, default=0.0) > _QUIET_SECONDS:
            self.faults.append(f"A sensor was silent for {max(ages):.0f} s.")


def rows(running: Running, sql: str, database: Database = "warehouse") -> list[tuple[object, ...]]:
    """What a query of the warehouse, or of another database, gives."""
    with psycopg.connect(url_of(running, database), autocommit=True) as connection:
        return connection.execute(sql).fetchall()


def weigh(folder: Path) -> tuple[int, int]:
    """How many files a folder holds at any depth, and their bytes."""
    count = size = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        with suppress(OSError):
            if path.is_file():
                count, size = count + 1, size + path.stat().st_size
    return count, size


def _is_ours(path: Path, home: Path) -> bool:
    with suppress(OSError):
        return path.stat().st_mtime > home.stat().st_ctime and path.name.startswith(("tributary-", "pymp-"))
    return False


def url_of(running: Running, name: Database) -> str:
    """The address of one of the platform's databases."""
    with connect(running.settings) as databases:
        return databases.url(name)
