"""The retail graph, and what a newcomer waits for, beside the same by an earlier commit of this repository.

The commit is checked out beside the bench's files and measured by its own benches' means, in turns with this one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from tributary.resources.settings import PROJECT_ROOT

ONE_BY_ONE = "1506b4a36d7003854d329581d4396487de083a72"
"""The last commit that made one asset of a run after the other."""

LIMIT = 0.7
MOST_REPEATS = 2

_GRAPH = """
import sys
from pathlib import Path
from bench.bed import open_bed
from bench.graph import SELECTION
with open_bed(Path(sys.argv[1]), 1.0, 1) as bed:
    bed.empty_platform()
    print(bed.tributary("materialize", SELECTION).wall)
"""
_UP = """
import sys
from pathlib import Path
from bench.bed import open_bed
from bench.serving import fresh_home, serving
with open_bed(Path(sys.argv[1]), 1.0, 1) as bed, fresh_home(bed) as home, serving(home) as up:
    print(up.ready_after)
"""
_MEASURED = {
    "tributary materialize, files to gold": _GRAPH,
    "tributary up on a fresh home until Ready": _UP,
}


def before(bed: Bed) -> list[Figure]:
    """Each by the code of now and by that of the commit."""
    files, figures = bed.files, []
    with _checked_out(bed.root / "before", ONE_BY_ONE) as then:
        for what, script in _MEASURED.items():
            now, earlier = (
                best(timings)
                for timings in interleaved(
                    min(bed.repeats, MOST_REPEATS),
                    lambda script=script: _measured(PROJECT_ROOT, script, files),  # type: ignore[misc]
                    lambda script=script: _measured(then, script, files),  # type: ignore[misc]
                )
            )
            baseline = f"the same at {ONE_BY_ONE[:7]}"
            note = "that commit is the last that made one asset after the other."
            figures.append(Figure("before", what, now, baseline, earlier, ratio_at_most(now, earlier, LIMIT), note))
    return figures


@contextmanager
def _checked_out(folder: Path, commit: str) -> Iterator[Path]:
    """The commit's files in a folder of their own, which is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
    _git("worktree", "prune")
    _git("worktree", "add", "--force", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*words: str) -> None:
    done = subprocess.run(["git", *words], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"git {' '.join(words)} failed ({done.stderr.strip()}); the bench needs the whole history.")


def _measured(root: Path, script: str, files: Path) -> Timing:
    """The seconds that a script tells, run by the code in `root`."""
    env = {**os.environ, "PYTHONPATH": f"{root / 'platform'}{os.pathsep}{root}"}
    words = [sys.executable, "-c", script, str(files)]
    done = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"What {root} makes could not be measured; it said:\n{done.stderr[-1500:]}")
    return Timing(float(done.stdout.split()[-1]))
