"""Servers of the benchmarks in processes of their own, which tell by their first line where they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import BenchError
from tributary.resources.settings import PROJECT_ROOT

STOPPING_SECONDS = 60


@contextmanager
def started(module: str, *words: str) -> Iterator[tuple[int, int]]:
    """The process id and the port of a module's server, which is ended with the block.

    Raises:
        BenchError: it did not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.isdigit():
            raise BenchError(f"The server of the benchmark ({module}) did not start; see what it wrote above.")
        yield process.pid, int(line)
    finally:
        process.terminate()
        process.wait(STOPPING_SECONDS)
