"""`tributary up` on a fresh home at the sample's default scale: what a newcomer waits for, once packages are there."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.bed import Bed, environment
from bench.clock import TAIL, Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, at_most
from resources.settings import PROJECT_ROOT, Settings

LIMIT = 90.0
READY = "Ready."
FAILED = "✗"
PATIENCE = 600
STOP_PATIENCE = 60


def make_run(bed: Bed) -> list[Figure]:
    """To `Ready`, beside the same materialisation alone; each on a home that does not exist yet."""
    alone, up = (
        best(timings)
        for timings in interleaved(min(bed.repeats, 2), lambda: _materialise(bed), lambda: _until_ready(bed))
    )
    return [
        Figure(
            "make_run",
            "tributary up on a fresh home until Ready",
            up,
            "tributary materialize on a fresh home",
            alone,
            at_most(up.wall, LIMIT, "s"),
            "at the sample's default scale, sample made on the way; without the installation of packages.",
        )
    ]


def _materialise(bed: Bed) -> Timing:
    with _fresh_home(bed) as home:
        return bed.tributary("materialize", home=home, retail_dir=None, lake_url=home / "lake")


def _until_ready(bed: Bed) -> Timing:
    with _fresh_home(bed) as home:
        settings = {"home": home, "retail_dir": None, "lake_url": home / "lake", **_free_ports()}
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tributary", "up"],
            cwd=PROJECT_ROOT,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watchdog = threading.Timer(PATIENCE, process.terminate)
        watchdog.start()
        try:
            seconds = _wait_for_ready(process, began)
        finally:
            watchdog.cancel()
            _stop(process)
        return Timing(seconds)


def _wait_for_ready(process: subprocess.Popen[str], began: float) -> float:
    if process.stdout is None:
        raise BenchError("The output of `tributary up` cannot be read.")
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        # Serving goes on where an asset fails, and what is not made takes no time.
        if FAILED in line:
            break
        if READY in line:
            return time.perf_counter() - began
    raise BenchError(f"`tributary up` did not get ready; its output ends with:\n{''.join(said)[-TAIL:]}")


def _stop(process: subprocess.Popen[str]) -> None:
    """Ctrl-C; what does not end by that is killed, and its guard ends its children."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextmanager
def _fresh_home(bed: Bed) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="fresh-", dir=bed.root))
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _free_ports() -> dict[str, int]:
    """A free port for every setting that names one; all held together, so that no two are the same."""
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    with ExitStack() as stack:
        ports = {}
        for name in names:
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            ports[name] = held.getsockname()[1]
    return ports
