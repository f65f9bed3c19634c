"""`gold.household_summary` from the files: through the graph, beside the same table worked out in pandas.

From new files; again, with the files as they were; and once more, with one small file changed, where only what hangs
on it is made. Pandas knows no difference between the three.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from tributary.assets.retail.files import JOURNEY_FILES

SELECTION = "+gold.household_summary"
SMALL_FILE = "hh_demographic.csv"
COUNT = "SELECT count(*) AS n FROM gold.household_summary"
_SCRIPT = """
import sys
from pathlib import Path
from tests.retail.oracle import household_summary, read_source
print(len(household_summary(read_source(Path(sys.argv[1])))))
"""


def pandas_summary(bed: Bed) -> list[Figure]:
    """All that the table needs, from nothing, from what is there, and from what is there but for one file."""
    files = Files(bed.files, bed.root / "pandas-files")

    def pandas() -> Timing:
        return bed.python("-c", _SCRIPT, str(files.folder))

    def pandas_as_before() -> Timing:
        files.restore()
        return pandas()

    def pandas_changed() -> Timing:
        files.shorten()
        return pandas()

    def again() -> Timing:
        return bed.tributary("materialize", SELECTION, retail_dir=files.folder)

    def first() -> Timing:
        bed.empty_platform()
        return again()

    found = interleaved(bed.repeats, pandas_as_before, first, again, pandas_changed, again)
    baseline, new, unchanged, baseline_changed, changed = (best(timings) for timings in found)
    _expect_same_rows(bed, baseline_changed)
    name = "pandas, from the same CSV files"
    return [
        Figure(
            "pandas",
            f"tributary materialize '{SELECTION}'",
            new,
            name,
            baseline,
            ratio_at_most(new, baseline, 1.0),
            "both from the start of a process; pandas keeps and checks nothing, ours leaves every table on the way.",
        ),
        Figure(
            "pandas",
            "the same again, files unchanged",
            unchanged,
            name,
            baseline,
            ratio_at_most(unchanged, baseline, 1.0),
        ),
        Figure(
            "pandas",
            f"the same again, {SMALL_FILE} a line shorter",
            changed,
            name,
            baseline_changed,
            ratio_at_most(changed, baseline_changed, 1.0),
        ),
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


def _expect_same_rows(bed: Bed, pandas: Timing) -> None:
    """Both ways made as many rows of the last, changed files; else neither figure counts."""
    import psycopg

    with psycopg.connect(bed.databases.url("warehouse")) as connection:
        found = connection.execute(COUNT).fetchone()
    if found is None or found[0] != int(pandas.output):
        raise BenchError(f"Of the changed files pandas made {pandas.output.strip()} rows, and the graph {found}.")
