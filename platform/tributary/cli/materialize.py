"""`tributary materialize`: a selection of assets, materialised in this process with live progress."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tributary.asset_store import Loaded, current_graph, load_definitions, load_graph, load_needed
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

    from tributary.asset_graph import AssetGraph
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


class Ready(NamedTuple):
    """What a selection is planned with: the databases, definitions, the graph of all assets, and what is selected."""

    databases: Databases
    loaded: Loaded
    graph: AssetGraph
    asked: Asked


def materialize(**told: object) -> int:
    """Materialise what is wanted, and what it reads that was never made; the exit code tells whether all of it was."""
    settings, wanted = get_settings(), Wanted(**told)  # type: ignore[arg-type]
    if settings.environment:
        from tributary.assets.automation.partitions import Partitions
        from tributary.cli import environments

        partitions = Partitions(wanted.partition, wanted.start, wanted.end)
        return environments.materialize(*wanted[:3], partitions, force=wanted.force)
    known = known_of(wanted)
    if known is not None and known.keys and not any(wanted[3:]):
        from tributary.cli.unchanged import stand

        if stand(*known):
            so = "as it is" if len(known.keys) == 1 else "as they are"
            out.print(f"[green]✓[/] Nothing to make: {count(len(known.keys), 'asset')} would come out {so}.")
            return 0
    with ready(wanted, known) as (databases, loaded, _, asked):
        from tributary.instance.opening import open_instance
        from tributary.instance.orphans import fail_dead_runs
        from tributary.plan import checked, planned
        from tributary.planning import missing_upstream

        if not asked.keys:
            out.print("Nothing is selected.")
            return 0
        asked = checked(loaded.job, asked)
        with open_instance(settings, databases) as instance:
            context = context_of(loaded, instance)
            taken = missing_upstream(context.job, instance, asked.keys, asked.partitions)
            # What is due is told by sources, which must be there to be asked.
            groups = raw_sources(context, [*asked.keys, *taken.keys])
            _tell_taken(taken)
            ensure_samples(settings, of=groups, quiet=True)
            with standing_in(settings, groups):
                tell_cut_off(fail_dead_runs(instance))
                settle(context, asked.keys)
                found = planned(context, asked, taken)
                return carry_out(as_told_to_dagster(loaded, instance, found), instance, found)


class KnownSelection(NamedTuple):
    """What is selected, by the graph that the home has kept and that is that of now."""

    graph: AssetGraph
    keys: Sequence[str]


def known_of(wanted: Wanted) -> KnownSelection | None:
    """What is selected, where that is known without Dagster.

    Raises:
        SelectionError: a selection cannot be read, or selects nothing.
    """
    graph = current_graph()
    return None if graph is None else KnownSelection(graph, _selected(wanted, graph))


def _selected(wanted: Wanted, graph: AssetGraph) -> list[str]:
    return [one.key for one in meant(wanted.selections, wanted.exclude, wanted.against, graph)]


@contextmanager
def ready(wanted: Wanted, known: KnownSelection | None) -> Iterator[Ready]:
    """The databases, with the definitions that are needed loaded meanwhile; says which of them are refused.

    Postgres starts while Dagster is imported; either takes longer alone than the other costs.

    Raises:
        SelectionError: a selection cannot be read, or selects nothing.
    """
    with _uncollected(known), ThreadPoolExecutor(1) as pool:
        starting = pool.submit(connect, get_settings())
        some = load_needed(*known) if known is not None else None
        loaded = some or load_definitions()
        databases = starting.result()
    with databases:
        from tributary.assets.automation.partitions import Partitions
        from tributary.assets.factory.dagster_events import asset_key
        from tributary.plan import Asked

        tell_refused(loaded.platform)
        if known is None or known.graph.digest != loaded.digest:
            graph = load_graph()
            known = KnownSelection(graph, _selected(wanted, graph))
        partitions = Partitions(wanted.partition, wanted.start, wanted.end)
        asked = Asked(sorted(asset_key(key) for key in known.keys), partitions, wanted.force, wanted.missing)
        yield Ready(databases, loaded, known.graph, asked)


@contextmanager
def _uncollected(known: KnownSelection | None) -> Iterator[None]:
    """Look for no garbage while much is loaded that stays, nor among that ever after.

    Where the home keeps no graph of now, models are read too, which would leave a hundred megabytes of it.
    """
    if known is not None:
        gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def as_told_to_dagster(loaded: Loaded, instance: dg.DagsterInstance, found: Planned) -> Loaded:
    """The definitions with which a plan is carried out: all, where Dagster would not know some run's job again.

    It knows that of a source, and that of all assets, of which runs of several sources are, where it has had such a
    run since the definitions are what they are.
    """
    from tributary.execution import job_of_source

    if loaded.of is None or all(job_of_source(loaded.defs, one.keys) for one in found.plan.runs):
        return loaded
    if loaded.part_of and instance.has_job_snapshot(loaded.part_of):
        return loaded
    whole = load_definitions()
    # What was edited since is of another run.
    return whole if whole.digest == loaded.digest else loaded


def context_of(loaded: Loaded, instance: dg.DagsterInstance) -> Context:
    """What plans are made in, of these definitions."""
    from tributary.plan import Context
    from tributary.reports.unmade import waiting_runs

    platform = loaded.platform
    resources = platform.resources(get_settings())
    return Context(
        loaded.job,
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


def carry_out(
    loaded: Loaded, instance: dg.DagsterInstance, found: Planned, announced: Callable[[], None] = lambda: None
) -> int:
    """Make the runs of a plan with progress, in their order, on an open instance.

    Returns 0 where everything was materialised, else 1. What reads something unpartitioned that an earlier run failed
    to make is not begun. `announced` is called when Dagster knows of all runs and before the first begins: sensors ask
    for nothing that is about to be made.
    """
    from tributary.execution import Run
    from tributary.planning import without_downstream

    def announce(one: PlannedRun) -> Run:
        _add_partition(loaded, instance, one)
        return Run(loaded.defs, instance, one.keys, one.partitions, one.tags, loaded.part_of)

    tell_plan(found.plan)
    if found.made:
        out.print(f"[green]✓[/] Every partition of {found.made} was made.")
    failed = int(bool(found.plan.unplanned))
    job = loaded.job
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
                run = Run(loaded.defs, instance, possible, one.partitions, one.tags, loaded.part_of)
            if one.partitions.tags():
                out.print(f"[bold]Partitions {one.partitions}[/]")
            failed |= show(run)
            unmade |= run.unmade
    finally:
        for run in waiting:
            run.call_off()
    return failed


def _add_partition(loaded: Loaded, instance: dg.DagsterInstance, one: PlannedRun) -> None:
    """Add the partition of what somebody asked for, which Dagster may not know yet."""
    import dagster as dg

    graph = loaded.job.asset_layer.asset_graph
    for key in one.keys:
        kind = graph.get(key).partitions_def
        if one.partitions.key is not None and isinstance(kind, dg.DynamicPartitionsDefinition) and kind.name:
            instance.add_dynamic_partitions(kind.name, [one.partitions.key])
