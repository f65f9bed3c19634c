"""Reports: from asking to a file that can be downloaded, alone and twenty at once; and a million rows as an extract."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, at_most, ratio_at_most
from bench.reports_worker import MADE, QUERY, ROWS
from bench.serving import Serving, fresh_home, serving
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.reporting.answers import Answers
from tributary.assets.reporting.declaration import Report
from tributary.dagster_client import DagsterClient
from tributary.reports.service import Reports
from tributary.resources.postgres.databases import connect

REPORT = "ornament_verification"
ASKED = {"lines": [{"code": "b1", "lower_count": 2, "upper_count": 4}]}
SCALES = {0.004: "20,000 bills", 1.0: "5,000,000 bills"}
TIMES, AT_ONCE = 20, 20
MOST_RATIO, MOST_MEGABYTES = 3.0, 400
FEW_ROWS = 10_000
"""Above it an answer takes as long as its rows do, and the start of a run says nothing of it."""
_LOOK_SECONDS = 0.02
_PATIENCE = 600


def reports(bed: Bed) -> list[Figure]:
    """The figures of all sizes."""
    return [_million(bed), *(figure for scale, told in SCALES.items() for figure in _asked(bed, scale, told))]


def _million(bed: Bed) -> Figure:
    bed.empty_database("bench_bare")
    with psycopg.connect(bed.bare_url, autocommit=True) as connection:
        connection.execute(MADE.encode())
    bed.settle()
    with TemporaryDirectory(dir=bed.root) as folder:
        script = Path(folder) / "copy.sql"
        script.write_text(f"\\copy ({QUERY.format(0)}) TO '{folder}/bare.csv' WITH (FORMAT csv, HEADER)\n")
        told: list[dict[str, float]] = []

        def ours() -> Timing:
            done = bed.python("-m", "bench.reports_worker", bed.bare_url, f"{folder}/lake")
            told.append(json.loads(done.output))
            return Timing(told[-1]["wall"], done.cpu, told[-1]["peak_mb"])

        copied, extract = (best(found) for found in interleaved(bed.repeats, lambda: bed.psql(script), ours))
    last = told[-1]
    return Figure(
        "reports",
        f"a query's {ROWS:,} rows as CSV and Parquet in the lake",
        extract,
        "psql \\copy of the same query, CSV alone",
        copied,
        None,
        f"{ROWS / extract.wall:,.0f} rows/s; peak memory {extract.peak_mb or 0:.0f} MB, limit ≤ {MOST_MEGABYTES} MB; "
        f"{last['csv']:.0f} MB of CSV, {last['parquet']:.0f} MB of Parquet; a unique check: {last['check']:.1f} s.",
    )


def _asked(bed: Bed, scale: float, told: str) -> list[Figure]:
    with (
        fresh_home(bed) as home,
        serving(home, sources="calendar,pledges", pledges_sample_scale=scale) as up,
        connect(up.settings) as databases,
    ):
        asking = Reports(up.settings, databases)
        try:
            report = asking.report(REPORT)
            answers = asking.read(report, ASKED)
            empty = _p95(TIMES, lambda: _empty_run(up))
            alone = [_one(asking, report, answers) for _ in range(TIMES)]
            rows = asking.requests(limit=1)[0].rows or 0
            began = time.perf_counter()
            many = [asking.submit(report, answers, "bench", "api").id for _ in range(AT_ONCE)]
            for id_ in many:
                _until_finished(asking, id_)
            at_once = Timing(time.perf_counter() - began)
        finally:
            asking.close()
    median = statistics.median(alone)
    ours = Timing(_at_95(alone))
    return [
        Figure(
            "reports",
            f"from asking to a file, {told}, 95 %",
            ours,
            "an empty run, from asking to its first step, 95 %",
            Timing(empty),
            ratio_at_most(ours, Timing(empty), MOST_RATIO) if rows <= FEW_ROWS else None,
            f"{TIMES} requests one after the other, {rows:,} rows each; median {median:.2f} s.",
        ),
        Figure(
            "reports",
            f"{AT_ONCE} requests at once, {told}, until the last file",
            at_once,
            limit=at_most(at_once.wall / AT_ONCE, ours.wall * 1.5, "s each"),
            note=f"two are made at a time, {rows:,} rows each; {at_once.wall / AT_ONCE:.2f} s each.",
        ),
    ]


def _one(asking: Reports, report: Report, answers: Answers) -> float:
    began = time.perf_counter()
    _until_finished(asking, asking.submit(report, answers, "bench", "api").id)
    return time.perf_counter() - began


def _until_finished(asking: Reports, id_: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (found := asking.request(id_)).is_open and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    if found.state != "finished":
        raise BenchError(f"A request came to be {found.state}: {found.sentence}")


def _empty_run(up: Serving) -> float:
    """A run of a table that is up to date, until it says that it is under way."""
    client = DagsterClient(up.settings)
    try:
        mark = f"{time.time_ns()}"
        began = time.perf_counter()
        run_id = client.launch("calendar", [asset_key("core.dim_date").path], {"bench": mark, "dagster/priority": "1"})
        while client.runs_with("bench", mark).get(run_id) in (None, "QUEUED", "NOT_STARTED", "STARTING"):
            time.sleep(_LOOK_SECONDS)
        took = time.perf_counter() - began
        while client.runs_with("bench", mark)[run_id] not in ("SUCCESS", "FAILURE", "CANCELED"):
            time.sleep(_LOOK_SECONDS)
        return took
    finally:
        client.close()


def _p95(times: int, measure: Callable[[], float]) -> float:
    return _at_95([measure() for _ in range(times)])


def _at_95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20, method="inclusive")[-1]
