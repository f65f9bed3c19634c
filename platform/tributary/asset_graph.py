"""What assets there are, as a value: who reads whom, of which kind, source and code each is; without Dagster.

It follows from Dagster's own graph of the definitions; `asset_store` keeps it in the home. What was made of an asset,
and when, is `asset_records`' matter; what a table means is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from tributary.resources.dagster_internals.assets import BaseAssetGraph

FILE = "assets.json"
REFUSED = "refused"
"""The tag of assets that are not made for now, as `assets.factory.specs` gives it."""

_VIEW, _SQL, _REPORTS = "view", "sql", "reports"


class TimePartitions(msgspec.Struct, frozen=True):
    """Partitions of time: seconds since 1970 at which the first begins and, where they end, the last does.

    `format` is how their keys are written (of `strftime`), `cron` when one begins, in UTC.
    """

    start: float
    end: float | None
    format: str
    cron: str


class Asset(msgspec.Struct, frozen=True):
    """An asset.

    Attributes:
        key: `layer.name`; of one without a layer its name.
        kind: for people: `model`, `view`, `report`, `staged load`, `raw`, `transformed` or `python`.
        reads: the keys of what it depends on, assets that nobody makes among them.
        code_version: another text where it is made by other code.
        tags: kinds among them, as Dagster has them: `dagster/kind/<kind>`.
        partitioned: whether it has partitions; `times` are None where these are keys in no order.
    """

    key: str
    source: str
    kind: str
    reads: tuple[str, ...] = ()
    code_version: str = ""
    tags: Mapping[str, str] = {}
    owners: tuple[str, ...] = ()
    partitioned: bool = False
    times: TimePartitions | None = None

    @property
    def layer(self) -> str:
        """The layer; empty where it has none."""
        return self.key.rpartition(".")[0]

    @property
    def refused(self) -> bool:
        """Whether it is not made for now, as its file is wrong, or that of something that it reads."""
        return REFUSED in self.tags


class AssetGraph(msgspec.Struct, frozen=True, dict=True):
    """The assets that somebody makes, what is read before what reads it.

    Attributes:
        digest: tells of what it was made.
        resources: the names of all resources; None where that is not all that Dagster knows of one, or is not known.
        job: by what Dagster knows the job of all assets, its snapshot; empty where that is not known.
    """

    digest: str
    assets: tuple[Asset, ...]
    resources: tuple[str, ...] | None = None
    job: str = ""

    @cached_property
    def by_key(self) -> Mapping[str, Asset]:
        """The assets by key, in the same order."""
        return {one.key: one for one in self.assets}

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """By each key the assets that read it."""
        found: dict[str, list[str]] = {one.key: [] for one in self.assets}
        for one in self.assets:
            for read in one.reads:
                found.setdefault(read, []).append(one.key)
        return {key: tuple(names) for key, names in found.items()}

    def around(self, keys: Iterable[str], *, down: bool, depth: int | None = None) -> set[str]:
        """Some assets with those that they read, or that read them, so many steps far; None for all the way."""
        found = level = set(keys)
        while level and depth != 0:
            level = {other for key in level for other in self._next(key, down=down)} - found
            found = found | level
            depth = None if depth is None else depth - 1
        return found

    def sources_behind(self, keys: Iterable[str]) -> set[str]:
        """The sources of some assets, those that assets of these sources read, and so on all the way."""
        found = level = {self.by_key[key].source for key in keys}
        while level:
            own = [one.key for one in self.assets if one.source in level]
            level = {self.by_key[key].source for key in self.around(own, down=False) if key in self.by_key} - found
            found = found | level
        return found

    def _next(self, key: str, *, down: bool) -> Collection[str]:
        if down:
            return self.readers.get(key, ())
        return [read for read in self.by_key[key].reads if read in self.by_key] if key in self.by_key else ()


def kept_graph(home: Path) -> AssetGraph | None:
    """The assets that were kept in a home last, as they were then; None where none were."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=AssetGraph)
    except (OSError, msgspec.MsgspecError):
        return None


def graph_of(graph: BaseAssetGraph[Any], digest: str = "", resources: Mapping[str, object] | None = None) -> AssetGraph:
    """The same of Dagster's graph, and of the resources of its definitions."""
    made = graph.materializable_asset_keys
    order = [key for level in graph.toposorted_asset_keys_by_level for key in sorted(level) if key in made]
    return AssetGraph(digest, tuple(_asset(graph.get(key)) for key in order), _names_of(resources))


def _names_of(resources: Mapping[str, object] | None) -> tuple[str, ...] | None:
    # Of a class of Dagster's, or derived from one, it knows what may be configured; of all else nothing but the name.
    kinds = [kind for one in (resources or {}).values() for kind in type(one).__mro__]
    known = any(kind.__module__.partition(".")[0] == "dagster" for kind in kinds)
    return None if resources is None or known else tuple(sorted(resources))


def _asset(node: Any) -> Asset:
    partitions = node.partitions_def
    return Asset(
        key=".".join(node.key.path),
        source=node.group_name or "",
        kind=_kind(".".join(node.key.path).rpartition(".")[0], node.kinds),
        reads=tuple(sorted(".".join(key.path) for key in node.parent_keys)),
        code_version=node.code_version or "",
        tags=dict(node.tags),
        owners=tuple(node.owners),
        partitioned=partitions is not None,
        times=_times(partitions),
    )


def _kind(layer: str, kinds: Collection[str]) -> str:
    if layer == _REPORTS:
        return "report"
    if _SQL in kinds:
        return "view" if _VIEW in kinds else "model"
    return {"raw": "raw", "transformed": "transformed", "staged": "staged load"}.get(layer, "python")


def _times(partitions: Any) -> TimePartitions | None:
    import dagster as dg

    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        return None
    end = partitions.end.timestamp() if partitions.end is not None else None
    return TimePartitions(partitions.start.timestamp(), end, partitions.fmt, partitions.cron_schedule)
