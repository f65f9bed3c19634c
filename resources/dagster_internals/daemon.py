"""Dagster's daemon, imported, and set to what cannot be configured.

It would read all definitions anew each minute, which is a third of what it does when idle. A code server that holds
others is known within seconds all the same, by its id.
"""

import threading
import time

import dagster._daemon.cli  # noqa: F401  (imported before it is run)
from dagster._daemon import controller

import tributary.resources.dagster_internals.watching  # noqa: F401  (sets how often)
from tributary.resources.dagster_internals.first_use import keep_types_alone
from tributary.resources.kernel import give_memory_back

_TIDY_SECONDS = 60.0


def _tidy() -> None:
    while True:
        time.sleep(_TIDY_SECONDS)
        give_memory_back()


keep_types_alone()
controller.RELOAD_WORKSPACE_INTERVAL = 600
# For so long the code server may be away when they are read.
controller.DEFAULT_WORKSPACE_FRESHNESS_TOLERANCE = 900
# Reading all definitions leaves some twenty megabytes free between what is kept of them.
threading.Thread(target=_tidy, name="tidy", daemon=True).start()
