"""Reading rejected records again, with today's code: which runs that takes, and the job that launches them.

The command line executes the runs itself; what is asked for in a browser begins as a run of the job.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import dagster as dg

from tributary.assets.automation.partitions import Partitions
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.specs import REPLAY
from tributary.assets.parts import Parts
from tributary.dagster_client import DagsterClient
from tributary.replaying import JOB, PART_OF
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import RejectedSource
from tributary.resources.warehouse.opening import open_warehouse

AssetGraph: TypeAlias = Any
"""Dagster's own, which has no public name."""


class ReplayError(TributaryError):
    """Nothing of the name can be replayed."""


def runs_for(
    graph: AssetGraph, parts: Mapping[str, Parts], rejected: Sequence[RejectedSource]
) -> list[tuple[tuple[dg.AssetKey, ...], Partitions]]:
    """The runs that read the sources again: of a partitioned asset those of its source, else the asset's downstream.

    Raises:
        ReplayError: no asset has the name under which the records were rejected.
    """
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
    return isinstance(node.partitions_def, dg.DynamicPartitionsDefinition)


def _is_raw(key: dg.AssetKey) -> bool:
    """Whether an asset brings its source in: a replay reads what is there, and asks nobody for it anew."""
    return key.path[0] == "raw"


def replay_job(parts: Mapping[str, Parts]) -> dg.JobDefinition:
    """The job that launches the runs in which the sources of a table's rejected records are read again."""

    @dg.op(
        config_schema={"table": dg.Field(str, description="The name under which records were rejected.")},
        description="Launches the runs that read again what the rejected records of a table came from.",
    )
    def launch_replays(context: dg.OpExecutionContext) -> None:
        settings, repository = get_settings(), context.repository_def
        rejected = open_warehouse(settings).rejected(context.op_config["table"])
        dagster = DagsterClient(settings)
        try:
            for keys, partitions in runs_for(repository.asset_graph, parts, rejected):
                tags = {**partitions.tags(), REPLAY: "true", PART_OF: context.run_id}
                run_id = dagster.launch(_job_of(repository, keys), [key.path for key in keys], tags)
                context.log.info("%s assets are made again in run %s.", len(keys), run_id)
        finally:
            dagster.close()

    @dg.job(name=JOB, description="Reads again, with today's code, what the rejected records of a table came from.")
    def replay() -> None:
        launch_replays()

    return replay


def _job_of(repository: dg.RepositoryDefinition, keys: Sequence[dg.AssetKey]) -> str:
    """The name of the source's job where it makes all these assets; else that of the job of all assets."""
    groups = {repository.asset_graph.get(key).group_name or "" for key in keys}
    if len(groups) == 1 and repository.has_job(name := groups.pop()):
        made = repository.get_job(name).asset_layer.asset_graph.materializable_asset_keys
        if made >= set(keys):
            return name
    return repository.get_implicit_global_asset_job_def().name
