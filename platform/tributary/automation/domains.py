"""What a sensor or schedule asks for when it asks for more than what it watches."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from tributary.freshness import makeable
from tributary.instance.configuration import STEADY_TAG

STEADY = {"dagster/priority": "-1", STEADY_TAG: "social"}
"""The tags of runs that a source which never rests asks for: others go first, and one of them goes on at a time."""


def assets_of(context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext, group: str) -> list[dg.AssetKey]:
    """The assets of a domain, by name, so that whoever asks which assets are being made is told."""
    if context.repository_def is None:
        return []
    graph = context.repository_def.asset_graph
    return sorted(key for key in makeable(graph) if graph.get(key).group_name == group)


def with_downstream(context: dg.SensorEvaluationContext, keys: Sequence[dg.AssetKey]) -> list[dg.AssetKey]:
    """Assets and all that hangs on them, so that one change costs one run and no wait in between."""
    if context.repository_def is None:
        return list(keys)
    graph = context.repository_def.asset_graph
    found = dg.AssetSelection.assets(*keys).downstream().resolve(graph)
    return sorted(found & makeable(graph))
