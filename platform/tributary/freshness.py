"""Tells which assets are out of date, and why: never made, made by other code, or made from other inputs.

The one notion of it: what `up` makes, what `plan` and `ls` tell, and how an environment differs, go by it. Sources that
change outside the platform are the sensors' matter, not looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from tributary.asset_graph import AssetGraph, graph_of
from tributary.assets.factory.made import Made, OtherPartitions, changed

if TYPE_CHECKING:
    import dagster as dg


class Why(NamedTuple):
    """Why an asset is out of date.

    `how` is `never made`, `code` (it is made by other code now), `input` (`of` holds other data than when it was made)
    or `upstream` (`of` is out of date itself). A plan knows more: `forced`, `failed` (last time), `partitions` (these
    are to be made) and `made before` (`of` is, in the same plan); an environment that `of` `differs`.
    """

    how: Literal["never made", "code", "input", "upstream", "forced", "failed", "partitions", "made before", "differs"]
    of: str = ""

    def __str__(self) -> str:
        words = {
            "code": "its code changed",
            "input": f"{self.of} changed",
            "upstream": f"{self.of} is out of date",
            "failed": "it failed last time",
            "made before": f"{self.of} is made before it",
            "differs": f"it reads {self.of}, which differs",
            "partitions": f"partitions {self.of}",
        }
        return words.get(self.how, self.how)


def why_stale(graph: AssetGraph, made: Mapping[str, Made], other: OtherPartitions) -> dict[str, tuple[Why, ...]]:
    """Of each asset that is out of date, the reasons; what is read before what reads it.

    Of partitioned assets only that none was made, or the newest by other code: which of their partitions are due is
    their sources' matter, and nothing that reads them is out of date for that. What is refused for now is none of them,
    and neither is what only reads it: it reads the rows that stand.

    Args:
        made: the latest materialisations, by `layer.name`.
        other: looks at the partitions of an input, by `layer/name`.
    """
    found: dict[str, tuple[Why, ...]] = {}
    for asset in graph.assets:
        if asset.refused:
            continue
        own = made.get(asset.key)
        if own is None:
            found[asset.key] = (Why("never made"),)
            continue
        reasons = [Why("code")] if (own.code_version or "") != asset.code_version else []
        if not asset.partitioned:
            upstream = [one for one in asset.reads if one in found and not graph.by_key[one].partitioned]
            inputs = {one.replace(".", "/"): made[one] for one in asset.reads if one in made}
            partitions: dict[str, tuple[str, ...]] = {
                one.replace(".", "/"): ()
                for one in asset.reads
                if one in graph.by_key and graph.by_key[one].partitioned
            }
            others = [name.replace("/", ".") for name in changed(own, inputs, partitions, other)]
            reasons += [Why("input", one) for one in others]
            reasons += [Why("upstream", one) for one in upstream if one not in others]
        if reasons:
            found[asset.key] = tuple(reasons)
    return found


def out_of_date(defs: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    """The assets to materialise, as `layer/name`, upstream first; what hangs on one of them is one of them.

    Partitioned assets are never among them: which of their partitions are due is their sources' matter.
    """
    graph = graph_of(defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph)
    made, other = records_of(graph, instance)
    return [key.replace(".", "/") for key in why_stale(graph, made, other) if not graph.by_key[key].partitioned]


def records_of(graph: AssetGraph, instance: dg.DagsterInstance) -> tuple[Mapping[str, Made], OtherPartitions]:
    """The latest materialisations of the assets on an instance, and what looks at partitions there."""
    from dagster import AssetKey

    from tributary.assets.factory.following import other_partitions, record_of

    records = instance.get_asset_records([AssetKey(key.split(".")) for key in graph.by_key])
    made = {
        ".".join(record.asset_entry.asset_key.path): record_of(latest)
        for record in records
        if (latest := record.asset_entry.last_materialization_record) is not None
    }
    return made, lambda name, among, read: other_partitions(instance, AssetKey(name.split("/")), among, read)
