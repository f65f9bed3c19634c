"""What assets need: the types of the graph, and telling metadata of many partitions at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

# The type of the graph that sensors and jobs hand out; it has no public name.
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.execution.context.metadata_logging import AssetMetadataHandle, OutputMetadataAccumulator

if TYPE_CHECKING:
    from dagster._core.storage.event_log.base import AssetRecord

__all__ = ["BaseAssetGraph", "changed_partitions", "records_of", "tell_partitions"]


def tell_partitions(context: dg.AssetExecutionContext, key: dg.AssetKey, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Add metadata to the materialisations of single partitions, by partition key.

    Dagster's own `add_asset_metadata` looks through all partitions, and copies all that was told, once for each: a
    range of ten years of days would take minutes.
    """
    step = context.get_step_execution_context()
    known = dict(step._metadata_accumulator.per_output_metadata)  # noqa: SLF001 - as said above
    for name, metadata in told.items():
        handle = AssetMetadataHandle(asset_key=key, partition_key=name)
        known[handle] = {**known.get(handle, {}), **metadata}
    accumulated = OutputMetadataAccumulator(per_output_metadata=known)
    step._metadata_accumulator = accumulated  # noqa: SLF001 - as said above


def records_of(
    context: dg.AutomationContext[dg.AssetKey], keys: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, AssetRecord]:
    """The records of those of the assets that have one, as the whole evaluation has read them at its beginning.

    Asking the instance for those of each table anew takes as long as all else of an evaluation.
    """
    queryer = context.asset_graph_view.get_inner_queryer_for_back_compat()
    found = ((key, queryer.get_asset_record(key)) for key in keys)
    return {key: record for key, record in found if record is not None}


def changed_partitions(instance: dg.DagsterInstance, key: dg.AssetKey, names: set[str], since: int) -> set[str]:
    """Those of the partitions that hold another data version now than at an event, by its storage id.

    The instance tells of the newest version only; its storage is where `data_version_changed` looks too.
    """
    return instance.event_log_storage.get_updated_data_version_partitions(key, names, since)
