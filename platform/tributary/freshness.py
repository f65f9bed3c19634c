"""Tells which assets are out of date: never materialised, made by other code, or made from other inputs.

Sources that change outside the platform are the sensors' matter, not looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

_CODE = "dagster/code_version"
_DATA = "dagster/data_version"
_INPUT = "dagster/input_data_version/"
_UNFINISHED = dg.RunsFilter(
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
)


def out_of_date(defs: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    """The assets to materialise, as `layer/name`, upstream first; what hangs on one of them is one of them."""
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    keys, tags = _latest(graph, instance)
    stale: set[dg.AssetKey] = set()
    for key in keys:
        parents = graph.get(key).parent_keys
        made = tags.get(key)
        if (
            made is None
            or made.get(_CODE) != graph.get(key).code_version
            or any(parent in stale or _has_moved(made, tags, parent) for parent in parents)
        ):
            stale.add(key)
    return ["/".join(key.path) for key in keys if key in stale]


def behind(graph: BaseAssetGraph[Any], instance: dg.DagsterInstance) -> dict[str, str]:
    """The assets whose inputs have moved since they read them, with what they should read now, upstream first.

    Assets that were never materialised are not among them: whether to make something at all is a person's choice.
    """
    keys, tags = _latest(graph, instance)
    found: dict[dg.AssetKey, str] = {}
    for key in keys:
        if key not in tags:
            continue
        moved = [
            parent
            for parent in graph.get(key).parent_keys
            if parent in found or (parent in tags and _has_moved(tags[key], tags, parent))
        ]
        if moved:
            versions = [f"{parent.to_user_string()}@{tags.get(parent, {}).get(_DATA)}" for parent in sorted(moved)]
            found[key] = ", ".join(versions)
    return {key.to_user_string(): versions for key, versions in found.items()}


def being_made(instance: dg.DagsterInstance) -> set[dg.AssetKey]:
    """The assets of all runs that are queued or going on."""
    return {key for run in instance.get_runs(_UNFINISHED) for key in run.asset_selection or ()}


def _latest(
    graph: BaseAssetGraph[Any], instance: dg.DagsterInstance
) -> tuple[list[dg.AssetKey], dict[dg.AssetKey, Mapping[str, str]]]:
    """The unpartitioned assets, upstream first, and the tags of each one's last materialisation."""
    keys = [
        key
        for level in graph.toposorted_asset_keys_by_level
        for key in level
        if key in graph.materializable_asset_keys and graph.get(key).partitions_def is None
    ]
    latest = instance.get_latest_materialization_events(keys)
    return keys, {key: _tags(event) for key, event in latest.items() if event is not None}


def _tags(event: dg.EventLogEntry) -> Mapping[str, str]:
    materialization = event.asset_materialization
    return (materialization.tags if materialization is not None else None) or {}


def _has_moved(made: Mapping[str, str], tags: Mapping[dg.AssetKey, Mapping[str, str]], parent: dg.AssetKey) -> bool:
    """Whether a parent's data version is another than the one that was read."""
    return made.get(_INPUT + parent.to_user_string()) != tags.get(parent, {}).get(_DATA)
