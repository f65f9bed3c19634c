"""Bills by the thousand and by the million: staged from dropped files, and asked for the ornaments that they hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.bed import Bed
from bench.clock import Timing, best, interleaved, metered
from bench.figures import Figure, Limit, at_most
from tributary.assets.pledges.files import CONTRACT
from tributary.assets.pledges.standin.make import FULL
from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.binding import bind
from tributary.assets.sources import get_sources
from tributary.contents import read_contents
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.resources.warehouse.types import postgres_type

SIZES = (20_000, FULL)
LEAST_LINES = 100_000
"""Lines a second that are staged, at least."""
MOST_MEGABYTES = 500
ASKED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "two lines, narrow": (
        {
            "lines": [
                {"code": "b1", "lower_count": 2, "upper_count": 2, "lower_weight_g": "20", "upper_weight_g": "20.1"},
                {"code": "b3", "lower_weight_g": "10", "upper_weight_g": "12"},
            ]
        },
        (
            "WITH a AS (SELECT * FROM core.fact_pledge WHERE ornament_code = 'b1' AND item_count = 2 "
            "AND gross_weight_g BETWEEN 20 AND 20.1), b AS (SELECT * FROM core.fact_pledge WHERE ornament_code = 'b3' "
            "AND gross_weight_g BETWEEN 10 AND 12) SELECT * FROM a WHERE bill_id IN (SELECT bill_id FROM b) "
            "UNION ALL SELECT * FROM b WHERE bill_id IN (SELECT bill_id FROM a)"
        ),
    ),
    "one line, every bangle": (
        {"lines": [{"code": "b1"}]},
        "SELECT * FROM core.fact_pledge WHERE ornament_code = 'b1'",
    ),
}
"""What is asked, and the same as it would be written by hand, with literals."""


@dataclass(frozen=True)
class Staged:
    """What staging took, and how many lines there were."""

    lines: int
    timing: Timing


def pledges(bed: Bed) -> list[Figure]:
    """Each size: files to the staged table, then the report's rows, counted by the server."""
    return [figure for bills in SIZES for figure in _figures(bed, bills)]


def _figures(bed: Bed, bills: int) -> Iterator[Figure]:
    home = bed.root / f"pledges-{bills}"
    shutil.rmtree(home, ignore_errors=True)
    done = json.loads(bed.python("-m", "bench.pledges_worker", str(bills), home=home, lake_url=None).output)
    staged = Staged(done["lines"], Timing(**done["timing"]))
    settings = Settings(_env_file=None, home=home)
    with _open(settings) as connection:
        bare = _copied(settings, connection)
    rate, memory = staged.lines / staged.timing.wall, at_most(staged.timing.peak_mb or 0.0, MOST_MEGABYTES, "MB")
    phases = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in staged.timing.phases.items())
    yield Figure(
        "pledges",
        f"files to staged.ornaments, {bills:,} bills, {staged.lines:,} lines",
        staged.timing,
        "COPY of the same files into bare columns",
        bare,
        Limit(f"≥ {LEAST_LINES:,} lines/s", rate >= LEAST_LINES) if bills == FULL else None,
        f"{rate:,.0f} lines/s; {phases}; peak memory {staged.timing.peak_mb:.0f} MB, limit {memory.words}: "
        f"{'met' if memory.met else 'not met'}.",
    )
    bed.tributary("materialize", "+core.fact_pledge", home=home, lake_url=None, pledges_sample_scale=bills / FULL)
    report = read_contents(get_sources(), home).reports["ornament_verification"]
    with _open(settings) as connection:
        for what, (raw, by_hand) in ASKED.items():
            bound = bind(report, read_answers(report, raw), "postgres")
            ours, hand = interleaved(
                bed.repeats,
                _asked(settings, connection, bound.sql, bound.values),
                _asked(settings, connection, by_hand, ()),
            )
            measured = f"rows of ornament_verification, {bills:,} bills, {what}"
            yield Figure("pledges", measured, best(ours), "the same by hand, with literals", best(hand))


@contextmanager
def _open(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with connect(settings) as databases, psycopg.connect(databases.url("warehouse"), autocommit=True) as connection:
        yield connection


def _copied(settings: Settings, connection: psycopg.Connection[Any]) -> Timing:
    """A client's COPY of the same files, whose codes are as they were keyed in."""
    columns = ", ".join(f'"{one.name}" {postgres_type(one.type)}' for one in CONTRACT.columns)
    connection.execute(f"CREATE TABLE bare ({columns})")
    paths = sorted((settings.home / "sample" / "pledges").glob("*.csv"))
    with metered(settings.postgres_data) as reading:
        for path in paths:
            with connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(path.read_bytes())
    connection.execute("DROP TABLE bare")
    return Timing(reading.wall, reading.cpu)


def _asked(
    settings: Settings, connection: psycopg.Connection[Any], sql: str, values: tuple[Any, ...]
) -> Callable[[], Timing]:
    def run() -> Timing:
        with metered(settings.postgres_data) as reading:
            connection.execute(f"SELECT count(q.bill_id) FROM ({sql}) AS q", values or None)
        return Timing(reading.wall, reading.cpu)

    return run
