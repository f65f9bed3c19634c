"""`tributary materialize`: a selection of assets, materialised in this process with live progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING

from resources.postgres.databases import connect
from resources.settings import get_settings
from tributary.cli.console import out
from tributary.cli.progress import show, tell_cut_off
from tributary.cli.sample import ensure_samples

if TYPE_CHECKING:
    import dagster as dg

    from tributary.execution import Partitions


def materialize(
    selection: str, partition: str | None, start: str | None, end: str | None, force: bool, missing: bool
) -> int:
    """Materialise the selection; the exit code tells whether all of it was."""
    settings = get_settings()
    # Postgres starts while Dagster is imported; either takes longer alone than the other costs.
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connect, settings)
        from tributary.definitions import defs

        databases = starting.result()
    with databases:
        ensure_samples(settings, quiet=True)
        from assets.factory.specs import FORCE, MISSING
        from tributary.execution import Partitions, select
        from tributary.instance.opening import open_instance
        from tributary.instance.orphans import fail_dead_runs
        from tributary.simulators.meetup.session import simulator

        job = defs.resolve_implicit_global_asset_job_def()
        keys = select(job, selection)
        asks_meetup = any(job.asset_layer.asset_graph.get(key).group_name == "meetup" for key in keys)
        with (
            open_instance(settings, databases) as instance,
            simulator(settings) if asks_meetup else nullcontext(),
        ):
            tell_cut_off(fail_dead_runs(instance))
            partitions = Partitions(partition, start, end)
            tags = {tag: "true" for tag, wanted in ((FORCE, force), (MISSING, missing)) if wanted}
            if missing:
                return run_missing(defs, instance, keys, partitions, tags)
            return run_keys(defs, instance, keys, partitions, tags)


def run_missing(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetKey],
    partitions: Partitions,
    tags: Mapping[str, str],
) -> int:
    """Run assets for those of the partitions that were not made yet, as few runs as their gaps allow."""
    from tributary.execution import Run, SelectionError
    from tributary.planning import missing

    if not partitions.tags():
        raise SelectionError("--missing needs the range to look at; give --from and --to.")
    ranges = missing(defs.resolve_implicit_global_asset_job_def(), instance, keys, partitions)
    if not ranges:
        out.print(f"[green]✓[/] Every partition of {partitions} was made.")
    failed = 0
    for one in ranges:
        out.print(f"[bold]Partitions {one}[/]")
        failed |= show(Run(defs, instance, keys, one, tags))
    return failed


def run_keys(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetKey],
    partitions: Partitions,
    tags: Mapping[str, str] | None = None,
) -> int:
    """Run assets with progress on an open instance; 0 where everything was materialised, else 1.

    Where no partitions are named, those that are due are made.
    """
    from tributary.execution import Run

    if partitions.tags() or partitions.start or partitions.end:
        return show(Run(defs, instance, keys, partitions, tags))
    from assets.domains import DOMAINS
    from tributary.planning import plan
    from tributary.platform import resources_of

    job = defs.resolve_implicit_global_asset_job_def()
    planned = plan(job, instance, keys, DOMAINS, resources_of(get_settings()))
    for name in planned.nothing_due:
        out.print(f"[dim]No partition of {name} is due; name some with --partition, or --from and --to.[/]")
    failed = 0
    for one in planned.runs:
        if one.partitions.tags():
            out.print(f"[bold]Partitions {one.partitions}[/]")
        failed |= show(Run(defs, instance, one.keys, one.partitions, tags))
    return failed
