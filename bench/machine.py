"""What was measured on: cores, memory, versions. No names of machines or people, and no dates."""

from __future__ import annotations

import os
import platform
import subprocess

from tributary.resources.postgres.binaries import program
from tributary.resources.postgres.tuning import physical_memory

GIBIBYTE = 1024**3
BUSY = 0.5
"""Load an available core above which figures of wall time say more about the machine's other users."""


def describe() -> str:
    """The machine in one sentence."""
    return (
        f"{os.cpu_count()} cores, {physical_memory() / GIBIBYTE:.0f} GB of memory, "
        f"Python {platform.python_version()}, PostgreSQL {_postgres_version()}."
    )


def busy() -> str:
    """A warning where others use the machine; empty where it is quiet."""
    load = os.getloadavg()[0]
    if load <= BUSY * (os.cpu_count() or 1):
        return ""
    return f"The machine is busy (load {load:.1f}): compare processor times, and read ratios with care."


def _postgres_version() -> str:
    """The version of the embedded server, as in `18.4`; the server need not run for it."""
    told = subprocess.run([program("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return told.split()[-1]
