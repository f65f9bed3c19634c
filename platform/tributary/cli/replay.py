"""`tributary replay`: reads again, with today's code, the sources of which something was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from tributary.asset_store import load_definitions, load_graph
from tributary.cli.console import err, out
from tributary.cli.selecting import meant
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from tributary.resources.warehouse.base import RejectedSource


def replay(selections: Sequence[str], exclude: Sequence[str], against: str) -> int:
    """Make again what the rejected records of some assets, or of all, came from; 1 where a run failed."""
    from tributary.assets.factory.specs import REPLAY
    from tributary.automation.replay import runs_for
    from tributary.cli.progress import show, tell_cut_off
    from tributary.execution import Run
    from tributary.instance.opening import open_instance
    from tributary.instance.orphans import fail_dead_runs
    from tributary.resources.warehouse.opening import open_warehouse

    settings, loaded = get_settings(), load_definitions()
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        tell_cut_off(fail_dead_runs(instance))
        warehouse = open_warehouse(settings)
        graph = loaded.job.asset_layer.asset_graph
        wanted = {one.key for one in meant(selections, exclude, against, load_graph())}

        def rejected() -> list[RejectedSource]:
            return [
                found for found in warehouse.rejected() if found.table_name in wanted or not (selections or exclude)
            ]

        before = rejected()
        if not before:
            named = f" for {escape(' '.join(selections))}" if selections else ""
            out.print(f"[green]✓[/] Nothing is in quarantine{named}.")
            return 0
        failed = 0
        for keys, partitions in runs_for(graph, loaded.platform.parts, before):
            if partitions.tags():
                out.print(f"[bold]Partitions {partitions}[/]")
            failed |= show(Run(loaded.defs, instance, keys, partitions, {REPLAY: "true"}))
        left = sum(found.count for found in rejected())
    total = sum(found.count for found in before)
    console = err if failed else out
    console.print(f"{total:,} rejected records were read again; {left:,} are still rejected.")
    return failed
