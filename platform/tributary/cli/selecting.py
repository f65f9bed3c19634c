"""What commands that take a selection share: reading it, with what `state:modified` is measured against."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tributary.asset_graph import Asset, AssetGraph
from tributary.asset_store import get_graph
from tributary.modified import modified
from tributary.selection import selected

HEAD = "HEAD"


def meant(
    selections: Sequence[str], exclude: Sequence[str] = (), against: str = HEAD, graph: AssetGraph | None = None
) -> list[Asset]:
    """The assets that a command's selections mean, of a graph or of the definitions as they are now.

    Raises:
        SelectionError: one cannot be read, or none is left.
    """
    graph = graph or get_graph()
    return selected(graph, selections, exclude, {"modified": partial(modified, graph, against)})
