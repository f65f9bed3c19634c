"""A backup of the full retail home, the next one, and its restore; and what a month of new versions leaves in the lake.

The baseline of the backup is a copy of the home as it lies there, for which everything must be stopped; that of the
restore is making all tables again from the files.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure
from bench.serving import AS_SET_OUT, fresh_home
from tributary.assets.retail.ingest import ingest, replaced_versions
from tributary.pruning import delete
from tributary.resources.lake.folder import FolderLake

DAYS = 30
KEPT = 7
SELECTION = 'group:"retail" or group:"calendar"'


def backups(bed: Bed) -> list[Figure]:
    """Made once, as each takes its time and the disk that it takes."""
    with fresh_home(bed) as folder:
        home, place = folder / "home", folder / "backups"
        own = {**AS_SET_OUT, "home": home, "retail_dir": bed.files, "sources": "retail,calendar"}
        made = bed.tributary("materialize", SELECTION, **own)
        copied = _copied(home, folder / "copy")
        shutil.rmtree(folder / "copy")
        first = bed.tributary("backup", str(place), **own)
        taken = _size(place)
        following = bed.tributary("backup", str(place), **own)
        grown = _size(place) - taken
        held = _size(home)
        shutil.rmtree(home)
        restored = bed.tributary("restore", str(place), **own)
        left = bed.tributary("plan", SELECTION, **own).output.strip().rpartition("\n")[2]
        return [
            Figure(
                "backups", "tributary backup of the full retail home", first, "cp -a of the stopped home", copied,
                note=f"The home takes {_told(held)} on the disk, the backup {_told(taken)}.",
            ),
            Figure(
                "backups", "the next backup, nothing new", following, "the first", first,
                note=f"It took {_told(grown)} more.",
            ),
            Figure(
                "backups", "tributary restore into an empty home", restored, "materialise from the files", made,
                note=f"After it `tributary plan` says: {left}",
            ),
            _month(folder),
        ]  # fmt: skip


def _month(folder: Path) -> Figure:
    """A file of a megabyte that changes each day, in a lake of its own."""
    lake, path = FolderLake(folder / "lake"), folder / "product.csv"
    for day in range(DAYS):
        path.write_text(f"A\n{day}\n" + "x\n" * 500_000)
        ingest(lake, path)
    before = _size(folder / "lake")
    # As if the versions had been taken in on as many days.
    began, now = time.perf_counter(), datetime.now(UTC)
    versions = sorted(replaced_versions(lake), key=lambda one: one.since)
    aged = [one._replace(since=now - timedelta(days=DAYS - at)) for at, one in enumerate(versions, 1)]
    deleted = delete(lake, [one for one in aged if one.since < now - timedelta(days=KEPT)])
    return Figure(
        "backups",
        f"pruning the lake of a file that changed on {DAYS} days, {KEPT} days kept",
        Timing(time.perf_counter() - began),
        note=f"The lake took {_told(before)}, and {_told(_size(folder / 'lake'))} after it: {deleted}.",
    )


def _copied(home: Path, to: Path) -> Timing:
    began = time.perf_counter()
    shutil.copytree(home, to, symlinks=True, ignore=lambda _, names: [one for one in names if one == "run"])
    return Timing(time.perf_counter() - began)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if not path.is_dir())


def _told(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
