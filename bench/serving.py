"""`tributary up` in a process of its own, on a fresh home and free ports: started, awaited, and stopped."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bed import Bed, environment
from bench.clock import TAIL
from bench.errors import BenchError
from tributary.resources.settings import PROJECT_ROOT, Settings, load_settings

AS_SET_OUT = {"lake_url": None, "retail_dir": None, "social_sample": None, "sneakers_sample": None}
"""The settings of the bench's own home taken back, so that a fresh home is a newcomer's: with all samples."""

READY = "Ready."
FAILED = "✗"
PATIENCE = 600
STOP_PATIENCE = 60


@dataclass(frozen=True)
class Serving:
    """A `tributary up` that is ready: what it took to get there, in seconds, and the settings that it runs by."""

    ready_after: float
    settings: Settings
    pid: int


@contextmanager
def fresh_home(bed: Bed) -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    bed.root.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="fresh-", dir=bed.root))
    try:
        yield home
    finally:
        shutil.rmtree(home)


@contextmanager
def serving(
    home: Path, command: Sequence[str] = ("tributary", "up"), end: signal.Signals = signal.SIGINT, **settings: object
) -> Iterator[Serving]:
    """Start `tributary up` as it is set out, with some `settings` of its own; it is stopped at the end of the block.

    `command` is a module with its arguments that starts it, and `end` the signal that ends that.

    Raises:
        BenchError: it did not get ready, or an asset could not be made.
    """
    own = {**AS_SET_OUT, "home": home, **free_ports(), **settings}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", *command],
        cwd=PROJECT_ROOT,
        env=environment(**own),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(PATIENCE, process.terminate)
    watchdog.start()
    try:
        seconds = _wait_for_ready(process, began)
        watchdog.cancel()
        yield Serving(seconds, load_settings().model_copy(update=own), process.pid)
    finally:
        watchdog.cancel()
        _stop(process, end)


def free_ports() -> dict[str, int]:
    """A free port for every setting that names one; all held together, so that no two are the same."""
    names = [*(name for name in Settings.model_fields if name.endswith("_port")), "meetup_port"]
    with ExitStack() as stack:
        ports = {}
        for name in names:
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            ports[name] = held.getsockname()[1]
    return ports


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


def _stop(process: subprocess.Popen[str], end: signal.Signals) -> None:
    """Ask it to end; what does not end by that is killed, and its guard ends its children."""
    process.send_signal(end)
    try:
        process.communicate(timeout=STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
