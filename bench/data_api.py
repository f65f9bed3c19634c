"""The data API beside bare psycopg: rows, pages and aggregates while a graph is made, and all rows as files.

The server is the web process with nothing set, asked as the owner; psycopg reads the same database with one connection
that is open already, and does nothing with the rows.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
import psycopg

from bench.bed import Bed, environment
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, at_most
from bench.serving import free_ports
from tributary.resources.postgres.binaries import program
from tributary.resources.settings import PROJECT_ROOT

RATE = 300
SECONDS = 10.0
CONNECTIONS = 8
MOST_MS = 50.0
MOST_MB = 300.0

_POINT = ("/households/{key}", "SELECT * FROM gold.household_summary WHERE household_key = {key}")
_PAGE = (
    "/tables/gold.household_daily_spend/rows?order=total_sales.desc&limit=100",
    "SELECT * FROM gold.household_daily_spend ORDER BY total_sales DESC, household_key, date LIMIT 100",
)
_AGGREGATE = (
    "/tables/gold.household_daily_spend/aggregate?dimensions=month(date)&measures=count,total:sum(total_sales)",
    "SELECT date_trunc('month', date), count(*), sum(total_sales) FROM gold.household_daily_spend GROUP BY 1",
)
_ALL = "SELECT * FROM staged.retail_transactions WHERE day <= 300"


def data_api(bed: Bed) -> list[Figure]:
    """Latencies with a materialisation going on, and a million rows in each format."""
    _ = bed.files  # made before anything is measured
    bed.tributary("materialize", "+gold.household_summary", "--force")
    bed.tributary("materialize", "gold.household_daily_spend")
    port = free_ports()["web_port"]
    with _server(bed, port) as web, psycopg.connect(bed.databases.url("warehouse"), autocommit=True) as connection:
        keys = [row[0] for row in connection.execute("SELECT household_key FROM gold.household_summary")]
        base = f"http://127.0.0.1:{port}/api/v1"
        figures = [*_exports(bed, base, connection, web)]
        with _materialising(bed):
            figures.append(_points(base, connection, keys))
            figures += [
                _compared("a page of 100 of a sorted table", base, connection, *_PAGE),
                _compared("an aggregate by month", base, connection, *_AGGREGATE),
            ]
        return figures


def _points(base: str, connection: psycopg.Connection, keys: list[int]) -> Figure:
    paths = [_POINT[0].format(key=key) for key in keys]
    latencies = asyncio.run(_paced(base, paths))
    bare = _bare(connection, [_POINT[1].format(key=key) for key in keys[:300]])
    worst = sorted(latencies)[int(len(latencies) * 0.99)]
    note = f"{len(latencies):,} requests; median {statistics.median(latencies) * 1000:.1f} ms."
    return Figure(
        "data_api",
        f"a household at {RATE} requests/s, 99 %, while a graph is made",
        Timing(worst),
        "psycopg, one after the other, 99 %",
        Timing(sorted(bare)[int(len(bare) * 0.99)]),
        at_most(worst * 1000, MOST_MS, "ms"),
        note,
    )


async def _paced(base: str, paths: list[str]) -> list[float]:
    """Latencies from the moment at which each request was due, so that a server that stops counts against itself."""
    latencies: list[float] = []
    limits = httpx2.Limits(max_connections=CONNECTIONS)
    async with httpx2.AsyncClient(limits=limits, timeout=60) as client:

        async def ask(number: int, due: float) -> None:
            await asyncio.sleep(due - time.perf_counter())
            answer = await client.get(base + paths[number % len(paths)])
            if answer.status_code != 200:
                raise BenchError(f"{answer.url} was answered by {answer.status_code}: {answer.text[:200]}")
            latencies.append(time.perf_counter() - due)

        begin = time.perf_counter() + 0.1
        await asyncio.gather(*(ask(number, begin + number / RATE) for number in range(round(RATE * SECONDS))))
    return latencies


def _compared(what: str, base: str, connection: psycopg.Connection, path: str, sql: str) -> Figure:
    client = httpx2.Client(timeout=60)
    ours, bare = [], []
    for _ in range(40):
        bare += _bare(connection, [sql])
        ours.append(_timed(lambda: client.get(base + path).raise_for_status()))
    return Figure(
        "data_api", f"{what}, median, while a graph is made", Timing(statistics.median(ours)), "psycopg",
        Timing(statistics.median(bare)),
    )  # fmt: skip


def _exports(bed: Bed, base: str, connection: psycopg.Connection, web: psutil.Process) -> Iterator[Figure]:
    rows = connection.execute(f"SELECT count(*) FROM ({_ALL}) AS q").fetchone()
    count = rows[0] if rows else 0
    copied = bed.root / "copied.csv"
    script = bed.root / "copied.sql"
    script.write_text(f"\\copy ({_ALL}) TO '{copied}' WITH (FORMAT csv, HEADER)\n")
    bare = _timed(lambda: _psql(bed, script))
    before = web.memory_info().rss
    for format_ in ("arrow", "parquet", "csv"):
        # Another question each time, so that no file is there already.
        path = f"/tables/staged.retail_transactions/rows?day=lte.300&format={format_}&quantity=not.eq.-{len(format_)}"
        peak = _Peak(web)
        with peak:
            seconds = _timed(lambda path=path: _drain(base + path))  # type: ignore[misc]
        again = _timed(lambda path=path: _drain(base + path))  # type: ignore[misc]
        more = (peak.most - before) / 1e6
        yield Figure(
            "data_api",
            f"{count:,} rows as {format_}",
            Timing(seconds, peak_mb=more),
            "psql \\copy to CSV",
            Timing(bare),
            at_most(more, MOST_MB, "MB more"),
            f"{count / seconds:,.0f} rows/s; {more:.0f} MB more at the peak; from the file again {again:.2f} s.",
        )
    copied.unlink()


def _psql(bed: Bed, script: Path) -> None:
    words = [program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script), bed.databases.url("warehouse")]
    subprocess.run(words, check=True)


def _drain(url: str) -> None:
    with httpx2.stream("GET", url, timeout=300) as answer:
        if answer.status_code != 200:
            raise BenchError(f"{urlsplit(url).path} was answered by {answer.status_code}.")
        for _ in answer.iter_raw():
            pass


def _bare(connection: psycopg.Connection, statements: list[str]) -> list[float]:
    return [_timed(lambda sql=sql: connection.execute(sql).fetchall()) for sql in statements]  # type: ignore[misc]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class _Peak:
    """The most memory of a process during a block, looked at every 20 ms."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._over, self.most = process, threading.Event(), 0
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def _server(bed: Bed, port: int) -> Iterator[psutil.Process]:
    settings = environment(web_port=port)
    with (bed.root / "web.log").open("wb") as log:
        words = [sys.executable, "-m", "tributary.web"]
        process = subprocess.Popen(words, cwd=PROJECT_ROOT, env=settings, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/api/v1/tables")
            except httpx2.TransportError:
                time.sleep(0.1)
            else:
                break
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _materialising(bed: Bed) -> Iterator[None]:
    """The graph of household_summary, made again and again until the block ends."""
    over = threading.Event()

    def make() -> None:
        while not over.is_set():
            bed.tributary("materialize", "+gold.household_summary", "--force")

    thread = threading.Thread(target=make)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
