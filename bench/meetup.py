"""Ten years of Meetup's events through raw, staged, core and gold: in one run over the range, beside a run a day.

Against the simulator in a process of its own, without a rate limit. What is measured has processes of its own too:
`python -m bench.meetup run ARGUMENT …` is the command line, `python -m bench.meetup pull FOLDER FIRST LAST` the pull
alone; both end with a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, best
from bench.errors import BenchError
from bench.figures import Figure, Limit, at_most
from tributary.resources.settings import PREFIX, PROJECT_ROOT

FIRST, LAST = date(2008, 1, 1), date(2017, 12, 31)
DAYS = (LAST - FIRST).days + 1
SINGLE_DAYS = 20
GROUP = "group:meetup"
TEN_YEARS_LIMIT = 240.0
DAY_LIMIT = 10.0
_PORT = PREFIX + "MEETUP_PORT"
_START_SECONDS = 30.0


def meetup(bed: Bed) -> list[Figure]:
    """One range, the same by single days (extrapolated), the daily run, and the calls of a pull of ten years."""
    with simulator():
        bed.empty_platform()
        bed.tributary("materialize", "core.dim_date")
        bed.settle()
        whole = _told(bed.python("-m", "bench.meetup", "run", GROUP, "--from", str(FIRST), "--to", str(LAST)))
        singles = [
            _told(bed.python("-m", "bench.meetup", "run", GROUP, "--partition", f"2017-11-{day:02}"))
            for day in range(1, SINGLE_DAYS + 1)
        ]
        each = sum(single.wall for single in singles) / SINGLE_DAYS
        day = best(singles)
        pulled, calls = _pull(bed, FIRST, LAST)
        one_day, calls_a_day = _pull(bed, LAST, LAST)
        dagster = bed.python("-c", "import dagster")
    return [
        Figure(
            "meetup",
            f"{DAYS:,} days through raw, staged, core and gold in one run",
            whole,
            f"a run a day, extrapolated from {SINGLE_DAYS}",
            Timing(each * DAYS),
            at_most(whole.wall, TEN_YEARS_LIMIT, "s"),
            f"the whole process, {whole.peak_mb or 0:.0f} MB at its peak; a single day takes {each:.1f} s on average.",
        ),
        Figure(
            "meetup",
            "one day through raw, staged, core and gold, whole process",
            day,
            "python -c 'import dagster'",
            dagster,
            at_most(day.wall, DAY_LIMIT, "s"),
            f"the best of {SINGLE_DAYS} different days, with ten years in the tables already.",
        ),
        Figure(
            "meetup",
            f"{DAYS:,} days pulled into the lake",
            pulled,
            "one day pulled, times as many",
            Timing(one_day.wall * DAYS),
            Limit(f"< {calls_a_day * DAYS:,} calls", calls < calls_a_day * DAYS),
            f"{calls:,} calls for ten years, where a pull a day takes {calls_a_day} each, {calls_a_day * DAYS:,} in "
            f"all; {pulled.peak_mb or 0:.0f} MB at its peak.",
        ),
    ]


@contextmanager
def simulator() -> Iterator[None]:
    """The simulator in a process of its own, on a free port that the settings of all that is started then name."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    words = [sys.executable, "-m", "tributary.assets.meetup.standin", "--port", str(port)]
    process = subprocess.Popen(words, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = os.environ.get(_PORT)
    os.environ[_PORT] = str(port)
    try:
        _wait(process, port)
        yield
    finally:
        os.environ.pop(_PORT)
        if before is not None:
            os.environ[_PORT] = before
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise BenchError(f"The Meetup simulator did not start on port {port}; start it by hand to see why.")


def _told(timing: Timing) -> Timing:
    """A process's timing, with the memory that its last line tells."""
    return Timing(timing.wall, timing.cpu, json.loads(timing.output.splitlines()[-1])["peak_mb"])


def _pull(bed: Bed, first: date, last: date) -> tuple[Timing, int]:
    folder = bed.root / "meetup-lake"
    shutil.rmtree(folder, ignore_errors=True)
    bed.settle()
    done = bed.python("-m", "bench.meetup", "pull", str(folder), str(first), str(last))
    shutil.rmtree(folder, ignore_errors=True)
    told = json.loads(done.output.splitlines()[-1])
    return Timing(told["wall"], None, told["peak_mb"]), told["calls"]


def run(arguments: list[str]) -> None:
    """The command line `tributary materialize`, and the memory that it took."""
    from tributary.cli.main import main

    sys.argv = ["tributary", "materialize", *arguments]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    print(json.dumps({"peak_mb": _peak()}))
    if code:
        sys.exit(1)


def pull(folder: Path, first: date, last: date) -> None:
    """A pull into an empty lake, its groups looked for before the clock starts."""
    from tributary.assets.meetup.api.opening import open_meetup
    from tributary.assets.meetup.backfill import Backfill
    from tributary.assets.meetup.partitions import days_between
    from tributary.assets.meetup.raw_assets import today
    from tributary.assets.meetup.snapshots import take_snapshot
    from tributary.resources.lake import open_lake
    from tributary.resources.settings import get_settings

    source = open_meetup(get_settings())
    lake = open_lake(str(folder), region="us-east-1", endpoint_url=None)
    take_snapshot(source.client(), source.search, lake, today())
    before = time.perf_counter()
    work = Backfill(source.client(), lake, days_between(first, last), today())
    for told in work.years():
        print(told)
    wall = time.perf_counter() - before
    print(json.dumps({"wall": wall, "calls": work.metadata()["calls"], "peak_mb": _peak()}))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(sys.argv[2:])
    else:
        pull(Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), date.fromisoformat(sys.argv[4]))
