"""Which tables differ from production's, and why: their code does, or they read one that does.

Production is what its Dagster has on record. That its data has moved on since a table was made there is no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import dagster as dg


class Asset(NamedTuple):
    """An asset of the graph."""

    key: str
    reads: tuple[str, ...]
    code_version: str


class Recorded(NamedTuple):
    """What production's Dagster has of an asset: the code that made it last, and the version of its data."""

    code_version: str
    version: str


def assets_of(job: dg.JobDefinition) -> list[Asset]:
    """The assets that are made, upstream first."""
    graph = job.asset_layer.asset_graph
    return [
        Asset(
            ".".join(key.path),
            tuple(sorted(".".join(parent.path) for parent in graph.get(key).parent_keys)),
            graph.get(key).code_version or "",
        )
        for level in graph.toposorted_asset_keys_by_level
        for key in level
        if key in graph.materializable_asset_keys
    ]


def recorded(instance: dg.DagsterInstance, assets: Sequence[Asset]) -> dict[str, Recorded]:
    """What production has on record of the assets that were made there."""
    found = {}
    for record in instance.get_asset_records([dg.AssetKey(asset.key.split(".")) for asset in assets]):
        latest = record.asset_entry.last_materialization_record
        if latest is not None:
            tags = (latest.asset_materialization.tags if latest.asset_materialization else None) or {}
            version = tags.get("dagster/data_version", "") if latest.partition_key is None else str(latest.storage_id)
            code = tags.get("dagster/code_version", "")
            found[".".join(record.asset_entry.asset_key.path)] = Recorded(code, version)
    return found


def with_unmade(
    assets: Sequence[Asset], production: Mapping[str, Recorded], among: Collection[str], tables: Collection[str]
) -> set[str]:
    """Those `among` that are `tables`, and what they read and production never made."""
    made_here = {asset.key for asset in assets} & set(tables)
    wanted = set(among) & made_here
    for asset in reversed(assets):
        if asset.key in wanted:
            wanted |= {one for one in asset.reads if one in made_here and one not in production}
    return wanted


def differing(assets: Sequence[Asset], production: Mapping[str, Recorded], among: Collection[str]) -> dict[str, str]:
    """Of the assets `among`, the reason why each that differs does, upstream first."""
    found: dict[str, str] = {}
    for asset in assets:
        if asset.key not in among:
            continue
        upstream = next((one for one in asset.reads if one in found), None)
        if asset.key not in production:
            found[asset.key] = "never made"
        elif production[asset.key].code_version != asset.code_version:
            found[asset.key] = "its code changed"
        elif upstream is not None:
            found[asset.key] = f"reads {upstream}"
    return found
