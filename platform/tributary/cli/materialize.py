"""`tributary materialize`: a selection of assets, materialised in this process with live progress."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from resources.postgres.databases import connect
from resources.settings import get_settings
from tributary.cli.progress import show
from tributary.cli.sample import ensure_samples

if TYPE_CHECKING:
    import dagster as dg


def materialize(selection: str, partition: str | None, start: str | None, end: str | None) -> int:
    """Materialise the selection; the exit code tells whether all of it was."""
    settings = get_settings()
    # Postgres starts while Dagster is imported; either takes longer alone than the other costs.
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connect, settings)
        from tributary.definitions import defs

        databases = starting.result()
    with databases:
        ensure_samples(settings, quiet=True)
        from tributary.instance.opening import open_instance

        with open_instance(settings, databases) as instance:
            return run_selection(defs, instance, selection, partition, start, end)


def run_selection(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    selection: str,
    partition: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> int:
    """Run a selection with progress on an open instance; 0 where everything was materialised, else 1."""
    from tributary.execution import Partitions, Run

    return show(Run(defs, instance, selection, Partitions(partition, start, end)))
