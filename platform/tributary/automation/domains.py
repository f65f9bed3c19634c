"""What a sensor or schedule asks for when it asks for a whole domain."""

from __future__ import annotations

import dagster as dg


def assets_of(context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext, group: str) -> list[dg.AssetKey]:
    """The assets of a domain, by name, so that whoever asks which assets are being made is told."""
    if context.repository_def is None:
        return []
    graph = context.repository_def.asset_graph
    return sorted(key for key in graph.materializable_asset_keys if graph.get(key).group_name == group)
