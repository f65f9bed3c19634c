"""`gold.household_summary` from the retail files: through the graph, and by pandas, DuckDB and polars.

Ours from new files; again, with the files as they were; and once more, with one small file changed, where only what
hangs on it is made. The others know no difference between the three. All make the same values, or no figure counts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, ratio_at_most
from bench.peers.installed import Peer, installed
from bench.peers.rows import Rows, expect_same, rows_of
from tributary.assets.retail.files import JOURNEY_FILES
from tributary.resources.places import PACKAGE

SELECTION = "+gold.household_summary"
SMALL_FILE = "hh_demographic.csv"
NEW, UNCHANGED, CHANGED = 1.5, 0.5, 0.7
"""What is asked of ours beside a script in pandas that reads the files whole."""

_ROWS = "COPY (SELECT * FROM gold.household_summary) TO STDOUT (FORMAT csv, HEADER)"


def summary(bed: Bed) -> list[Figure]:
    """All that the table needs, from nothing, from what is there, and from what is there but for one file."""
    peers = installed(bed, "pandas", "duckdb", "polars")
    files = Files(bed.files, bed.root / "peers" / "files")
    out = bed.root / "peers" / "household_summary.csv"

    seed = (PACKAGE / "sql" / "retail" / "commodity_sections.csv").resolve()

    def theirs(peer: Peer, *words: str) -> Callable[[], Timing]:
        def run() -> Timing:
            done = peer.script(f"summary_{peer.name}", str(files.folder), str(seed), str(out), *words)
            with out.open(encoding="utf-8") as lines:
                expect_same(peer.name, rows_of(lines), "ours", _rows(bed))
            return done

        return run

    def again() -> Timing:
        return bed.tributary("materialize", SELECTION, retail_dir=files.folder)

    def first() -> Timing:
        files.restore()
        bed.empty_platform()
        return again()

    def changed() -> Timing:
        files.shorten()
        return again()

    pandas, duckdb, polars = peers
    ways = {
        f"{pandas.version()}, the files read whole": theirs(pandas, "whole"),
        f"{pandas.version()}, what is needed of them": theirs(pandas),
        duckdb.version(): theirs(duckdb),
        polars.version(): theirs(polars),
    }
    # Pandas once more after the change, so that it is compared too; how long the others take depends on it no more.
    new, unchanged, *others, one_changed, _ = (
        best(timings) for timings in interleaved(bed.repeats, first, again, *ways.values(), changed, theirs(pandas))
    )
    moments = (
        (f"tributary materialize '{SELECTION}'", new, NEW),
        ("the same again, files unchanged", unchanged, UNCHANGED),
        (f"the same again, {SMALL_FILE} a line shorter", one_changed, CHANGED),
    )
    return [
        Figure(
            "peers_summary",
            what,
            ours,
            name,
            baseline,
            ratio_at_most(ours, baseline, limit) if number == 0 else None,
            f"memory of the client {ours.peak_mb or 0:.0f} MB, theirs {baseline.peak_mb or 0:.0f} MB; they keep and "
            "check nothing, ours leaves every table on the way and looks for what must be rejected.",
        )
        for what, ours, limit in moments
        for number, (name, baseline) in enumerate(zip(ways, others, strict=True))
    ]


class Files:
    """A folder of links to the files of `source`, but for one small file, which is a copy and may be changed."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder
        self._whole = source / SMALL_FILE
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in {file.file for file in JOURNEY_FILES} - {SMALL_FILE}:
            (folder / name).symlink_to(source / name)
        self.restore()

    def restore(self) -> None:
        """Have the small file as it was, its modification time included."""
        shutil.copy2(self._whole, self.folder / SMALL_FILE)

    def shorten(self) -> None:
        """Drop the last line of the small file."""
        lines = self._whole.read_bytes().splitlines(keepends=True)
        (self.folder / SMALL_FILE).write_bytes(b"".join(lines[:-1]))


def _rows(bed: Bed) -> Rows:
    """The table as the warehouse has it."""
    with psycopg.connect(bed.databases.url("warehouse")) as connection, connection.cursor().copy(_ROWS) as copy:
        return rows_of(b"".join(bytes(block) for block in copy).decode().splitlines())
