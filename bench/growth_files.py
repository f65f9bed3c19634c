"""What follows one changed retail file, and one more day of Meetup's, as command lines at three sizes of history.

Neither is a live path: a changed file is read whole, and dimensions of Meetup's are made of all that was ever pulled.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from bench.bed import ROOT, Bed
from bench.clock import Timing
from bench.graph import SELECTION
from bench.growth_live import Cost
from bench.meetup import FIRST, GROUP, simulator
from bench.written import counted
from tributary.assets.retail.files import REDEMPTIONS
from tributary.assets.retail.standin import make_retail_sample


def changed_file(bed: Bed, scale: float) -> Cost:
    """The retail graph after a file of this scale has lost its last line; all was made before."""
    sample, folder = ROOT / f"files-{scale:g}", ROOT / "growth-files"
    make_retail_sample(sample, scale)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sample, folder, copy_function=os.link)
    bed.empty_platform()
    bed.tributary("materialize", SELECTION, retail_dir=folder)
    _lose_last_line(folder / REDEMPTIONS.file)
    cost = _counted(bed, lambda: bed.tributary("materialize", SELECTION, retail_dir=folder))
    shutil.rmtree(folder)
    return cost


def next_day(bed: Bed, days: int) -> Cost:
    """Yesterday of Meetup's, after so many days before it."""
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011 - partitions end with the clock of this machine
    first = max(FIRST, yesterday - timedelta(days=days))
    with simulator():
        bed.empty_platform()
        bed.tributary("materialize", "core.dim_date")
        bed.tributary("materialize", GROUP, "--from", str(first), "--to", str(yesterday - timedelta(days=1)))
        return _counted(bed, lambda: bed.tributary("materialize", GROUP, "--partition", str(yesterday)))


def _counted(bed: Bed, work: Callable[[], Timing]) -> Cost:
    bed.settle()
    with counted(bed.databases.url("warehouse")) as written:
        timing = work()
    return Cost(timing, written.rows, written.megabytes)


def _lose_last_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()  # another name of the sample's file
    path.write_bytes(b"".join(lines[:-1]))
