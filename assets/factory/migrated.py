"""Tells which partitions of a table that has changed its columns are still to be made again."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from tributary.resources.warehouse.base import WriteReport

CHANGED = "columns changed"
TO_MAKE_AGAIN = "partitions to make again"


def migration_metadata(context: dg.AssetExecutionContext, report: WriteReport) -> Mapping[str, str]:
    """What the write of a window changed of the table's columns, and the partitions that lack them; also as a warning.

    Partitions are given as ranges, in the words of the command that makes them.
    """
    if not report.migrated:
        return {}
    key = dg.AssetKey(report.table.key.split("."))
    definition = context.assets_def.partitions_def
    told = {CHANGED: report.migrated}
    if definition is not None:
        others = context.instance.get_materialized_partitions(key) - set(context.partition_keys)
        known = [name for name in others if definition.has_partition_key(name)]
        ranges = definition.subset_with_partition_keys(known).get_partition_key_ranges(definition)
        if ranges:
            told[TO_MAKE_AGAIN] = "; ".join(
                f"tributary materialize {report.table.key} --from {one.start} --to {one.end} --force" for one in ranges
            )
    context.log.warning(" Make again: ".join(told.values()))
    return told
