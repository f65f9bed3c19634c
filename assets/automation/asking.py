"""What a sensor or schedule asks for when it asks for more than what it watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from tributary.assets.automation.tags import STEADY_TAG
from tributary.assets.factory.following import REFRESH
from tributary.assets.factory.specs import REFUSED

if TYPE_CHECKING:
    from tributary.resources.dagster_internals.assets import BaseAssetGraph

_FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_UNFINISHED = dg.RunsFilter(statuses=[status for status in dg.DagsterRunStatus if status not in _FINISHED])


def steady(source: str) -> dict[str, str]:
    """The tags of runs that a source which never rests asks for: others go first, and one of them goes on at a time."""
    return {"dagster/priority": "-1", STEADY_TAG: source}


def makeable(graph: BaseAssetGraph[Any]) -> set[dg.AssetKey]:
    """The assets that may be asked for without a person: all but those that are refused for now."""
    return {key for key in graph.materializable_asset_keys if REFUSED not in graph.get(key).tags}


def of_requests(
    parents: Mapping[dg.AssetKey, Collection[dg.AssetKey]], extracts: Collection[dg.AssetKey]
) -> set[dg.AssetKey]:
    """The extracts of reports, and what is made of these alone: what is new in a source changes none of it."""
    found = set(extracts)
    while more := {key for key, read in parents.items() if key not in found and read and found.issuperset(read)}:
        found |= more
    return found


def being_made(instance: dg.DagsterInstance) -> set[dg.AssetKey]:
    """The assets of all runs that are announced, queued or going on."""
    return {key for run in instance.get_runs(_UNFINISHED) for key in run.asset_selection or ()}


def assets_of(context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext, source: str) -> list[dg.AssetKey]:
    """The assets of a source's job that follow at once, by name, so that whoever asks what is being made is told."""
    if context.repository_def is None:
        return []
    graph = context.repository_def.get_job(source).asset_layer.asset_graph
    return sorted(key for key in graph.materializable_asset_keys if REFRESH not in graph.get(key).tags)


def with_downstream(context: dg.SensorEvaluationContext, source: str, keys: Sequence[dg.AssetKey]) -> list[dg.AssetKey]:
    """Assets and all that hangs on them in a source's job, so that one change costs one run and no wait in between."""
    if context.repository_def is None:
        return list(keys)
    found = dg.AssetSelection.assets(*keys).downstream().resolve(context.repository_def.asset_graph)
    return sorted(found & {*assets_of(context, source)})
