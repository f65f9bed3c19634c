"""`tributary materialize`: a selection of assets, materialised in this process with live progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tributary.cli.check import tell_refused
from tributary.cli.console import out, sentence
from tributary.cli.progress import show, tell_cut_off
from tributary.cli.sample import ensure_samples
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings
from tributary.services import standing_in

if TYPE_CHECKING:
    import dagster as dg

    from tributary.assets.automation.partitions import Partitions
    from tributary.planning import Upstream
    from tributary.reports.unmade import RequestRun

_MOST_NAMED = 8


def materialize(
    selection: str, partition: str | None, start: str | None, end: str | None, force: bool, missing: bool
) -> int:
    """Materialise the selection, and what it reads that was never made; the exit code tells whether all of it was."""
    settings = get_settings()
    if settings.environment:
        from tributary.assets.automation.partitions import Partitions
        from tributary.cli import environments

        return environments.materialize(selection, Partitions(partition, start, end), force=force)
    # Postgres starts while Dagster is imported; either takes longer alone than the other costs.
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connect, settings)
        from tributary.definitions import defs, platform

        databases = starting.result()
    with databases:
        from tributary.assets.automation.partitions import Partitions
        from tributary.assets.factory.specs import FORCE, MISSING
        from tributary.execution import Run, SelectionError, check_partitions, select
        from tributary.instance.opening import open_instance
        from tributary.instance.orphans import fail_dead_runs
        from tributary.planning import is_asked_for, missing_upstream

        tell_refused(platform)
        job = defs.resolve_implicit_global_asset_job_def()
        keys = select(job, selection)
        partitions = Partitions(partition, start, end)
        if partitions.named:
            # A range of days is none of what people asked for: only where that alone is selected is its key meant.
            keys = [key for key in keys if not is_asked_for(job, key)] or keys
            check_partitions(job, keys, partitions)
        elif missing:
            raise SelectionError("--missing needs the range to look at; give --from and --to.")
        with open_instance(settings, databases) as instance:
            taken = missing_upstream(job, instance, keys, partitions)
            _tell_taken(taken)
            everything = [*keys, *taken.keys]
            groups = {
                str(job.asset_layer.asset_graph.get(key).group_name) for key in everything if key.path[0] == "raw"
            }
            ensure_samples(settings, of=groups, quiet=True)
            with standing_in(settings, groups):
                tell_cut_off(fail_dead_runs(instance))
                tags = {tag: "true" for tag, wanted in ((FORCE, force), (MISSING, missing)) if wanted}
                if not partitions.named:
                    return run_keys(defs, instance, everything, tags)
                # What is taken along holds what is there already: only what lacks is pulled.
                failed = run_keys(defs, instance, taken.before, {MISSING: "true"}) if taken.before else 0
                if failed:
                    out.print("The selection itself was not begun, as it reads what could not be made.")
                    return failed
                if taken.along:
                    tags[MISSING] = "true"
                if missing:
                    return run_missing(defs, instance, [*keys, *taken.along], partitions, tags)
                return show(Run(defs, instance, [*keys, *taken.along], partitions, tags))


def _tell_taken(taken: Upstream) -> None:
    if taken.keys:
        names = [".".join(key.path) for key in sorted(taken.keys)]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        out.print(
            f"Taken along, as the selection reads it and it was never made: {', '.join(names[:_MOST_NAMED])}{more}."
        )


def run_missing(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetKey],
    partitions: Partitions,
    tags: Mapping[str, str],
) -> int:
    """Run assets for those of the partitions that were not made yet, as few runs as their gaps allow."""
    from tributary.execution import Run
    from tributary.planning import missing

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
    tags: Mapping[str, str] | None = None,
    announced: Callable[[], None] = lambda: None,
) -> int:
    """Run assets with progress on an open instance, of partitioned ones what is due.

    Returns 0 where everything was materialised, else 1. What reads something unpartitioned that an earlier run failed
    to make is not begun. `announced` is called when Dagster knows of all runs and before the first begins: sensors ask
    for nothing that is about to be made.
    """
    from tributary.definitions import platform
    from tributary.execution import Run
    from tributary.planning import plan, without_downstream
    from tributary.reports.unmade import waiting_runs

    job = defs.resolve_implicit_global_asset_job_def()
    resources = platform.resources(get_settings())

    def requests() -> Sequence[RequestRun]:
        return waiting_runs(instance, platform.reports, resources)

    planned = plan(job, instance, keys, platform.dues, resources, requests)
    for name in planned.nothing_due:
        out.print(f"[dim]No partition of {name} is due; name some with --partition, or --from and --to.[/]")
    for text in planned.unplanned:
        sentence(text)
    failed = int(bool(planned.unplanned))
    unmade: set[dg.AssetKey] = set()
    waiting = [Run(defs, instance, one.keys, one.partitions, {**(tags or {}), **one.tags}) for one in planned.runs]
    announced()
    try:
        for one in planned.runs:
            possible = without_downstream(job, one.keys, unmade)
            run = waiting.pop(0)
            if len(possible) < len(one.keys):
                failed = 1
                names = ", ".join(sorted(".".join(key.path) for key in unmade))
                count = len(one.keys) - len(possible)
                out.print(f"[yellow]↷[/] {count} assets are not begun, as they read what could not be made: {names}.")
                run.call_off()
                if not possible:
                    continue
                run = Run(defs, instance, possible, one.partitions, {**(tags or {}), **one.tags})
            if one.partitions.tags():
                out.print(f"[bold]Partitions {one.partitions}[/]")
            failed |= show(run)
            unmade |= run.unmade
    finally:
        for run in waiting:
            run.call_off()
    return failed
