"""Event objects to the Parquet of five tables: ours beside pandas and dlt, and many small objects through the lake.

Speeds are in MB of JSON a second: of processor time (what one core does) and of wall time. Alone:
`python -m bench.social_transform FOLDER [REPEATS]`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, best, flush_disks, interleaved
from bench.errors import BenchError
from bench.figures import Figure, Limit, ratio_at_most, terminal_table
from bench.social_corpus import make_corpus
from tributary.resources.settings import PROJECT_ROOT

MEGABYTE = 1_000_000
CORPUS_BYTES = 100 * MEGABYTE
SMALL_BYTES, SMALL_OBJECTS = 45_000, 2_000
LEAST_SPEED = 60.0
BASELINE_REPEATS = 2


@dataclass(frozen=True)
class Corpus:
    """A folder lake with event objects."""

    folder: Path
    objects: int
    events: int
    megabytes: float


def social_transform(bed: Bed) -> list[Figure]:
    """The figures; the corpora are kept for the next time."""
    return measure(bed.root / "social", bed.repeats)


def measure(root: Path, repeats: int) -> list[Figure]:
    """The figures, with corpora and output below `root`."""
    mixed = _corpus(root / "mixed", CORPUS_BYTES)
    small = _corpus(root / "small", SMALL_OBJECTS * SMALL_BYTES, size=SMALL_BYTES)
    few = min(repeats, BASELINE_REPEATS)
    pandas, dlt = (best(found) for found in interleaved(few, _way(root, "pandas", mixed), _way(root, "dlt", mixed)))
    (ours,) = (best(found) for found in interleaved(repeats, _way(root, "ours", mixed)))
    pandas_small, ours_small, lake_small = (
        best(found)
        for found in interleaved(few, *(_way(root, way, small) for way in ("pandas_read", "ours_read", "ours_lake")))
    )
    what = f"{mixed.objects} objects of 45 kB to 5 MB ({mixed.megabytes:.0f} MB) to Parquet"
    many = f"{small.objects:,} objects of 45 kB ({small.megabytes:.0f} MB)"
    core = mixed.megabytes / (ours.cpu or ours.wall)
    note = f"ours {_speeds(mixed, ours)}, pandas {_speeds(mixed, pandas)}, dlt {_speeds(mixed, dlt)}."
    speed = Limit(f"≥ {LEAST_SPEED:g} MB/s a core", core >= LEAST_SPEED)
    return [
        Figure("social_transform", what, ours, "pandas, the same files", pandas, speed, note),
        Figure("social_transform", what, ours, "dlt, the same files", dlt, ratio_at_most(ours, dlt, 1.0)),
        Figure(
            "social_transform",
            f"{many} listed, read and transformed",
            ours_small,
            "pandas, the same in memory",
            pandas_small,
            ratio_at_most(ours_small, pandas_small, 1.0),
            f"ours {_speeds(small, ours_small)}, pandas {_speeds(small, pandas_small)}.",
        ),
        Figure(
            "social_transform",
            f"{many} into the lake, with receipts",
            lake_small,
            "the same without writing",
            ours_small,
            None,
            f"{_speeds(small, lake_small)}; every file is durable before its receipt.",
        ),
    ]


def _speeds(corpus: Corpus, timing: Timing) -> str:
    core, wall = corpus.megabytes / (timing.cpu or timing.wall), corpus.megabytes / timing.wall
    return f"{core:.1f} MB/s a core ({wall:.1f} by wall)"


def _way(root: Path, way: str, corpus: Corpus) -> Callable[[], Timing]:
    def run() -> Timing:
        out = root / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        flush_disks()
        words = [sys.executable, "-m", "bench.social_worker", way, str(corpus.folder), str(out)]
        done = subprocess.run(words, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
        shutil.rmtree(out, ignore_errors=True)
        if done.returncode:
            raise BenchError(f"The way {way} failed; its output ends with:\n{(done.stdout + done.stderr)[-1500:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        if found["rows"] != corpus.events:
            raise BenchError(f"The way {way} made {found['rows']} rows of {corpus.events} events; mend it first.")
        return Timing(found["wall"], found["cpu"], found["peak_mb"])

    return run


def _corpus(folder: Path, total: int, *, size: int | None = None) -> Corpus:
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if size is None:
            make_corpus(folder / "lake", total)
        else:
            make_corpus(folder / "lake", total, smallest=size, largest=size)
        (folder / "complete").touch()
    found = [path.read_bytes() for path in (folder / "lake" / "web-data").rglob("*") if path.is_file()]
    events = sum(data.count(b'"messageId"') for data in found)
    return Corpus(folder / "lake", len(found), events, sum(map(len, found)) / MEGABYTE)


if __name__ == "__main__":
    from rich.console import Console

    figures = measure(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    console = Console(width=220, highlight=False)
    console.print(terminal_table(figures))
    for figure in figures:
        console.print(figure.note)
