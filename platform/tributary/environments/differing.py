"""Which tables differ from production's, and why: their code does, or they read one that does.

Production is what its Dagster has on record. That its data has moved on since a table was made there is no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tributary.asset_graph import AssetGraph
from tributary.assets.factory.made import DATA, Made
from tributary.freshness import Why


def with_unmade(
    graph: AssetGraph, production: Collection[str], among: Collection[str], tables: Collection[str]
) -> set[str]:
    """Those `among` that are `tables`, and what they read and production never made."""
    made_here = graph.by_key.keys() & set(tables)
    wanted = set(among) & made_here
    for asset in reversed(graph.assets):
        if asset.key in wanted:
            wanted |= {one for one in asset.reads if one in made_here and one not in production}
    return wanted


def lacking(
    graph: AssetGraph, production: Collection[str], among: Collection[str], tables: Collection[str]
) -> list[str]:
    """Those `among` that cannot be made: production never made them, nor what of the lake they are made from."""
    found: dict[str, None] = {}
    for asset in graph.assets:
        unread = {one for one in asset.reads if one in graph.by_key and one not in tables and one not in production}
        if asset.key in among and asset.key not in production and (unread or not found.keys().isdisjoint(asset.reads)):
            found[asset.key] = None
    return list(found)


def differing(graph: AssetGraph, production: Mapping[str, Made], among: Collection[str]) -> dict[str, Why]:
    """Of the assets `among`, the reason why each that differs does, upstream first."""
    found: dict[str, Why] = {}
    for asset in graph.assets:
        if asset.key not in among:
            continue
        upstream = next((one for one in asset.reads if one in found), None)
        if asset.key not in production:
            found[asset.key] = Why("never made")
        elif (production[asset.key].code_version or "") != asset.code_version:
            found[asset.key] = Why("code")
        elif upstream is not None:
            found[asset.key] = Why("differs", upstream)
    return found


def version_of(made: Made | None, *, partitioned: bool) -> str:
    """What tells an asset's data from other data, as production has it on record; empty where it has none."""
    if made is None:
        return ""
    return str(made.storage_id) if partitioned else made.tags.get(DATA, "")
