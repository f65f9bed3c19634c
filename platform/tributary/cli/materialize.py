"""`tributary materialize`: a selection of assets, materialised in this process with live progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tributary.asset_store import load_definitions, load_graph
from tributary.cli.check import tell_refused
from tributary.cli.console import out, sentence
from tributary.cli.progress import show, tell_cut_off
from tributary.cli.sample import ensure_samples
from tributary.cli.selecting import meant
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import get_settings
from tributary.resources.wording import count
from tributary.services import standing_in

if TYPE_CHECKING:
    import dagster as dg

    from tributary.plan import Asked, Context, Planned
    from tributary.planning import Plan, PlannedRun, Upstream

_MOST_NAMED = 8


class Wanted(NamedTuple):
    """What `materialize` and `plan` are told: selections, what they leave out, partitions, and how."""

    selections: Sequence[str]
    exclude: Sequence[str]
    against: str
    partition: str | None
    start: str | None
    end: str | None
    force: bool
    missing: bool


def materialize(**told: object) -> int:
    """Materialise what is wanted, and what it reads that was never made; the exit code tells whether all of it was."""
    settings, wanted = get_settings(), Wanted(**told)  # type: ignore[arg-type]
    if settings.environment:
        from tributary.assets.automation.partitions import Partitions
        from tributary.cli import environments

        partitions = Partitions(wanted.partition, wanted.start, wanted.end)
        return environments.materialize(*wanted[:3], partitions, force=wanted.force)
    if not any(wanted[3:]):
        from tributary.cli.unchanged import left_as_they_are

        if left := left_as_they_are(wanted):
            so = "as it is" if left == 1 else "as they are"
            out.print(f"[green]✓[/] Nothing to make: {count(left, 'asset')} would come out {so}.")
            return 0
    with loaded() as databases:
        from tributary.instance.opening import open_instance
        from tributary.instance.orphans import fail_dead_runs
        from tributary.plan import checked, planned
        from tributary.planning import missing_upstream

        asked = asked_of(wanted)
        if not asked.keys:
            out.print("Nothing is selected.")
            return 0
        asked = checked(job_of_all(), asked)
        with open_instance(settings, databases) as instance:
            context = context_of(instance)
            taken = missing_upstream(context.job, instance, asked.keys, asked.partitions)
            # What is due is told by sources, which must be there to be asked.
            groups = raw_sources(context, [*asked.keys, *taken.keys])
            _tell_taken(taken)
            ensure_samples(settings, of=groups, quiet=True)
            with standing_in(settings, groups):
                tell_cut_off(fail_dead_runs(instance))
                settle(context, asked.keys)
                return carry_out(instance, planned(context, asked, taken))


@contextmanager
def loaded() -> Iterator[Databases]:
    """The databases, with the definitions loaded meanwhile; says which of them are refused.

    Postgres starts while Dagster is imported; either takes longer alone than the other costs.
    """
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connect, get_settings())
        load_definitions()
        from tributary.definitions import platform

        databases = starting.result()
    with databases:
        tell_refused(platform)
        yield databases


def asked_of(wanted: Wanted) -> Asked:
    """The assets and partitions that are wanted.

    Raises:
        SelectionError: a selection cannot be read, or selects nothing.
    """
    from tributary.assets.automation.partitions import Partitions
    from tributary.assets.factory.dagster_events import asset_key
    from tributary.plan import Asked

    assets = meant(wanted.selections, wanted.exclude, wanted.against, load_graph())
    partitions = Partitions(wanted.partition, wanted.start, wanted.end)
    return Asked(sorted(asset_key(one.key) for one in assets), partitions, wanted.force, wanted.missing)


def job_of_all() -> dg.JobDefinition:
    """The job of all assets of the definitions of this process."""
    from tributary.definitions import defs

    return defs.resolve_implicit_global_asset_job_def()


def context_of(instance: dg.DagsterInstance) -> Context:
    """What plans are made in, of the definitions of this process."""
    from tributary.definitions import platform
    from tributary.plan import Context
    from tributary.reports.unmade import waiting_runs

    resources = platform.resources(get_settings())
    return Context(
        job_of_all(),
        instance,
        platform.dues,
        resources,
        lambda: waiting_runs(instance, platform.reports, resources),
    )


def settle(context: Context, keys: Sequence[dg.AssetKey]) -> None:
    """Tell the record of requests, where their extracts are to be made, of those whose run ended without a word."""
    from tributary.planning import is_asked_for
    from tributary.reports.unmade import settle_all

    if any(is_asked_for(context.job, key) for key in keys):
        settle_all(context.instance, context.resources)


def raw_sources(context: Context, keys: Sequence[dg.AssetKey]) -> set[str]:
    """The sources that are read where these assets are made."""
    graph = context.job.asset_layer.asset_graph
    return {str(graph.get(key).group_name) for key in keys if key.path[0] == "raw"}


def _tell_taken(taken: Upstream) -> None:
    if taken.keys:
        names = [".".join(key.path) for key in sorted(taken.keys)]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        out.print(
            f"Taken along, as the selection reads it and it was never made: {', '.join(names[:_MOST_NAMED])}{more}."
        )


def tell_plan(found: Plan) -> None:
    """Say of what nothing is due, and what cannot be planned."""
    for name in found.nothing_due:
        out.print(f"[dim]No partition of {name} is due; name some with --partition, or --from and --to.[/]")
    for text in found.unplanned:
        sentence(text)


def carry_out(instance: dg.DagsterInstance, found: Planned, announced: Callable[[], None] = lambda: None) -> int:
    """Make the runs of a plan with progress, in their order, on an open instance.

    Returns 0 where everything was materialised, else 1. What reads something unpartitioned that an earlier run failed
    to make is not begun. `announced` is called when Dagster knows of all runs and before the first begins: sensors ask
    for nothing that is about to be made.
    """
    from tributary.definitions import defs
    from tributary.execution import Run
    from tributary.planning import without_downstream

    def announce(one: PlannedRun) -> Run:
        _add_partition(instance, one)
        return Run(defs, instance, one.keys, one.partitions, one.tags)

    tell_plan(found.plan)
    if found.made:
        out.print(f"[green]✓[/] Every partition of {found.made} was made.")
    failed = int(bool(found.plan.unplanned))
    job = job_of_all()
    unmade: set[dg.AssetKey] = set()
    waiting = [announce(one) for one in found.plan.runs]
    announced()
    try:
        for one in found.plan.runs:
            if failed and one.after_all:
                out.print("The selection itself was not begun, as it reads what could not be made.")
                return failed
            possible = without_downstream(job, one.keys, unmade)
            run = waiting.pop(0)
            if len(possible) < len(one.keys):
                failed = 1
                names = ", ".join(sorted(".".join(key.path) for key in unmade))
                lost = len(one.keys) - len(possible)
                out.print(f"[yellow]↷[/] {lost} assets are not begun, as they read what could not be made: {names}.")
                run.call_off()
                if not possible:
                    continue
                run = Run(defs, instance, possible, one.partitions, one.tags)
            if one.partitions.tags():
                out.print(f"[bold]Partitions {one.partitions}[/]")
            failed |= show(run)
            unmade |= run.unmade
    finally:
        for run in waiting:
            run.call_off()
    return failed


def _add_partition(instance: dg.DagsterInstance, one: PlannedRun) -> None:
    """Add the partition of what somebody asked for, which Dagster may not know yet."""
    import dagster as dg

    graph = job_of_all().asset_layer.asset_graph
    for key in one.keys:
        kind = graph.get(key).partitions_def
        if one.partitions.key is not None and isinstance(kind, dg.DynamicPartitionsDefinition) and kind.name:
            instance.add_dynamic_partitions(kind.name, [one.partitions.key])
