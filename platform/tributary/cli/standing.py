"""What the warehouse holds at the moment, for commands that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tributary.resources.warehouse.table import LAYERS
from tributary.resources.warehouse.warehouse import Warehouse

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Standing(NamedTuple):
    """A table's rows, by the engine's last estimate, and its size as text."""

    rows: int
    size: str


def standing(warehouse: Warehouse) -> Mapping[str, Standing]:
    """The tables that stand, by `layer.name`, in the order of the layers; views are none."""
    found = warehouse.sizes()
    keys = sorted(found, key=lambda key: (LAYERS.index(key.partition(".")[0]), key))
    return {key: Standing(found[key].rows, _shown(found[key].bytes)) for key in keys}


def _shown(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < 10_240:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.0f} {_UNITS[-1]}"
