"""Tells which assets are out of date: never materialised, made by other code, or made from other inputs.

Sources that change outside the platform are the sensors' matter, not looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from tributary.assets.automation.asking import makeable

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

_CODE = "dagster/code_version"
_DATA = "dagster/data_version"
_INPUT = "dagster/input_data_version/"


def out_of_date(defs: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    """The assets to materialise, as `layer/name`, upstream first; what hangs on one of them is one of them.

    Partitioned assets are never among them: which of their partitions are due is their domains' matter.
    """
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    keys, made = _latest(graph, instance)
    stale: set[dg.AssetKey] = set()
    for key in keys:
        own = made.get(key)
        if (
            own is None
            or own.tags.get(_CODE) != graph.get(key).code_version
            or any(parent in stale or own.is_behind(parent, made) for parent in graph.get(key).parent_keys)
        ):
            stale.add(key)
    return ["/".join(key.path) for key in keys if key in stale]


def behind(graph: BaseAssetGraph[Any], instance: dg.DagsterInstance) -> dict[str, str]:
    """The assets whose inputs have moved since they read them, with what they should read now, upstream first.

    Assets that were never materialised are not among them: whether to make something at all is a person's choice.
    """
    keys, made = _latest(graph, instance)
    found: dict[dg.AssetKey, str] = {}
    for key in keys:
        if key not in made:
            continue
        moved = [
            parent
            for parent in graph.get(key).parent_keys
            if parent in found or (parent in made and made[key].is_behind(parent, made))
        ]
        if moved:
            versions = [f"{parent.to_user_string()}@{made[parent].version}" for parent in sorted(moved)]
            found[key] = ", ".join(versions)
    return {key.to_user_string(): versions for key, versions in found.items()}


@dataclass(frozen=True)
class _Made:
    """An asset's last materialisation; of a partitioned asset, that of any partition. Times are seconds."""

    tags: Mapping[str, str]
    at: float
    began: float
    partitioned: bool

    @property
    def version(self) -> str:
        return f"{self.at:.3f}" if self.partitioned else self.tags.get(_DATA, "")

    def is_behind(self, parent: dg.AssetKey, made: Mapping[dg.AssetKey, _Made]) -> bool:
        """Whether the parent is another now than the one that was read.

        Of a partitioned parent Dagster keeps no version that was read, so it counts when it was made.
        """
        other = made.get(parent)
        if other is not None and other.partitioned:
            return other.at > self.began
        return self.tags.get(_INPUT + parent.to_user_string()) != (other.tags.get(_DATA) if other else None)


def _latest(
    graph: BaseAssetGraph[Any], instance: dg.DagsterInstance
) -> tuple[list[dg.AssetKey], dict[dg.AssetKey, _Made]]:
    """The unpartitioned assets, upstream first, and each asset's last materialisation."""
    keys = [
        key for level in graph.toposorted_asset_keys_by_level for key in level if key in graph.materializable_asset_keys
    ]
    partitioned = {key for key in keys if graph.get(key).partitions_def is not None}
    latest = instance.get_latest_materialization_events(keys)
    made = {key: _made(event, key in partitioned) for key, event in latest.items() if event is not None}
    # What reads a table that is refused for now read the rows that stand.
    wanted = makeable(graph) - partitioned
    return [key for key in keys if key in wanted], made


def _made(event: dg.EventLogEntry, partitioned: bool) -> _Made:
    materialization = event.asset_materialization
    if materialization is None:
        return _Made({}, event.timestamp, event.timestamp, partitioned)
    seconds = materialization.metadata.get("seconds")
    took = float(str(seconds.value)) if seconds is not None else 0.0
    return _Made(materialization.tags or {}, event.timestamp, event.timestamp - took, partitioned)
