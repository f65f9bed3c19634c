"""`tributary replay`: reads again, with today's code, the sources of which something was rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from tributary.cli.console import err, out
from tributary.resources.errors import TributaryError
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    import dagster as dg

    from tributary.assets.automation.partitions import Partitions
    from tributary.assets.parts import Parts
    from tributary.resources.warehouse.base import RejectedSource


class ReplayError(TributaryError):
    """Nothing of the name can be replayed."""


def replay(table: str | None) -> int:
    """Make again what the rejected records of a table, or of all, came from; 1 where a run failed."""
    from tributary.assets.factory.specs import REPLAY
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
        for keys, partitions in runs_for(defs, platform.parts, before):
            if partitions.tags():
                out.print(f"[bold]Partitions {partitions}[/]")
            failed |= show(Run(defs, instance, keys, partitions, {REPLAY: "true"}))
        left = sum(found.count for found in warehouse.rejected(table))
    total = sum(found.count for found in before)
    console = err if failed else out
    console.print(f"{total:,} rejected records were read again; {left:,} are still rejected.")
    return failed


def runs_for(
    defs: dg.Definitions, parts: Mapping[str, Parts], rejected: list[RejectedSource]
) -> list[tuple[tuple[dg.AssetKey, ...], Partitions]]:
    """The runs that read the sources again: of a partitioned asset those of its source, else the asset's downstream.

    Raises:
        ReplayError: no asset has the name under which the records were rejected.
    """
    import dagster as dg

    from tributary.assets.automation.partitions import Partitions
    from tributary.assets.factory.dagster_events import asset_key

    job = defs.resolve_implicit_global_asset_job_def()
    graph = job.asset_layer.asset_graph
    runs: list[tuple[tuple[dg.AssetKey, ...], Partitions]] = []
    whole: set[dg.AssetKey] = set()
    for name in dict.fromkeys(found.table_name for found in rejected):
        key = asset_key(name)
        if key not in graph.materializable_asset_keys:
            raise ReplayError(
                f"{name} has rejected records, but no asset has that name any more; delete them from "
                "quarantine.rejected_rows if they are of no use."
            )
        if graph.get(key).partitions_def is None:
            downstream = dg.AssetSelection.assets(key).downstream().resolve(graph)
            whole |= {one for one in downstream if graph.get(one).partitions_def is None and not _is_raw(one)}
            continue
        group = graph.get(key).group_name or ""
        ranges_of_sources = parts[group].ranges_of_sources
        if ranges_of_sources is None:
            raise ReplayError(
                f"The source {group} does not say which partitions the rejected records of {name} are of."
            )
        members = tuple(
            sorted(
                one
                for one in graph.materializable_asset_keys
                if graph.get(one).group_name == group and not _is_raw(one) and not _is_asked_for(graph.get(one))
            )
        )
        sources = [found.source for found in rejected if found.table_name == name]
        runs += [(members, Partitions(None, *one)) for one in ranges_of_sources(sources)]
    return [(tuple(sorted(whole)), Partitions()), *runs] if whole else runs


def _is_asked_for(node: Any) -> bool:
    """Whether an asset's partitions are what people asked for, as a report's: no record of a source is in them."""
    import dagster as dg

    return isinstance(node.partitions_def, dg.DynamicPartitionsDefinition)


def _is_raw(key: dg.AssetKey) -> bool:
    """Whether an asset brings its source in: a replay reads what is there, and asks nobody for it anew."""
    return key.path[0] == "raw"
