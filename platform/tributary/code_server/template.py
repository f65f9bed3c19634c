"""What the template imports, once, for the code server and all runs that are forked from it.

Imported by Python's fork server, and by nothing else. No thread may live in a process that forks others: what a module
of the definitions starts when it is imported is told in the log.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import threading

from tributary.code_server.serving import MODULE_VARIABLE

_ALSO = (
    "matplotlib.figure",
    "psutil",
    "tributary.assets.factory.keyed",
    "tributary.assets.factory.model_reading",
    "tributary.assets.reporting.binding",
)
"""What the definitions leave to the steps, and most runs import: charts, for one, take half a second of it."""

_log = logging.getLogger("dagster.code_server")


def _prepare(module: str) -> None:
    from dagster import DagsterInstance  # noqa: F401  (imported for those that are forked)

    import tributary.instance.pooled_storage
    import tributary.resources.dagster_internals.code_server
    import tributary.resources.dagster_internals.running  # noqa: F401
    from tributary.resources.dagster_internals.first_use import keep_types_alone

    keep_types_alone()
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it, the server finds it again, and tells it)
        _log.warning("The definitions cannot be loaded yet: %s", error)
    for name in _ALSO:
        importlib.import_module(name)
    if threading.active_count() > 1:
        names = ", ".join(one.name for one in threading.enumerate()[1:])
        _log.warning(
            "Importing %s starts threads (%s), which no forked process has: start them when needed.", module, names
        )
    # What is there now is never garbage, and a look at it would copy its pages into each process.
    gc.collect()
    gc.freeze()
    # As on the command line: a run makes many objects and little garbage.
    gc.set_threshold(100_000, 20, 20)


if MODULE_VARIABLE in os.environ:
    _prepare(os.environ[MODULE_VARIABLE])
