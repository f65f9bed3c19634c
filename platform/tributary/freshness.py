"""Tells which assets are out of date: never materialised, made by other code, or made from other inputs.

Sources that change outside the platform are the sensors' matter, not looked at here.
"""

from __future__ import annotations

import dagster as dg

from tributary.assets.automation.asking import makeable
from tributary.assets.factory.following import changed_inputs, tags_of

_CODE = "dagster/code_version"


def out_of_date(defs: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    """The assets to materialise, as `layer/name`, upstream first; what hangs on one of them is one of them.

    Partitioned assets are never among them: which of their partitions are due is their sources' matter.
    """
    graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    order = [
        key for level in graph.toposorted_asset_keys_by_level for key in level if key in graph.materializable_asset_keys
    ]
    partitioned = {key for key in order if graph.get(key).partitions_def is not None}
    made = {
        record.asset_entry.asset_key: record.asset_entry.last_materialization_record
        for record in instance.get_asset_records(order)
        if record.asset_entry.last_materialization_record is not None
    }
    # What reads a table that is refused for now read the rows that stand.
    keys = [key for key in order if key in makeable(graph) - partitioned]
    stale: set[dg.AssetKey] = set()
    for key in keys:
        own, parents = made.get(key), graph.get(key).parent_keys
        if (
            own is None
            or tags_of(own).get(_CODE) != graph.get(key).code_version
            or any(parent in stale for parent in parents)
            or changed_inputs(
                instance,
                own,
                {parent: made[parent] for parent in parents if parent in made},
                {parent: () for parent in parents if parent in partitioned},
            )
        ):
            stale.add(key)
    return ["/".join(key.path) for key in keys if key in stale]
