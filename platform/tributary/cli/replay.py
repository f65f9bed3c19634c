"""`tributary replay`: reads again, with today's code, the sources of which something was rejected."""

from __future__ import annotations

from rich.markup import escape

from tributary.cli.console import err, out
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings


def replay(table: str | None) -> int:
    """Make again what the rejected records of a table, or of all, came from; 1 where a run failed."""
    from tributary.assets.factory.specs import REPLAY
    from tributary.automation.replay import runs_for
    from tributary.cli.progress import show, tell_cut_off
    from tributary.definitions import defs, platform
    from tributary.execution import Run
    from tributary.instance.opening import open_instance
    from tributary.instance.orphans import fail_dead_runs
    from tributary.resources.warehouse.opening import open_warehouse

    settings = get_settings()
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        tell_cut_off(fail_dead_runs(instance))
        warehouse = open_warehouse(settings)
        before = warehouse.rejected(table)
        if not before:
            out.print(f"[green]✓[/] Nothing is in quarantine{f' for {escape(table)}' if table else ''}.")
            return 0
        failed = 0
        graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
        for keys, partitions in runs_for(graph, platform.parts, before):
            if partitions.tags():
                out.print(f"[bold]Partitions {partitions}[/]")
            failed |= show(Run(defs, instance, keys, partitions, {REPLAY: "true"}))
        left = sum(found.count for found in warehouse.rejected(table))
    total = sum(found.count for found in before)
    console = err if failed else out
    console.print(f"{total:,} rejected records were read again; {left:,} are still rejected.")
    return failed
