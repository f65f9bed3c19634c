"""What the quarantine holds, for assets that reckon up what they read."""

from __future__ import annotations

from collections.abc import Iterable

from tributary.resources.warehouse.warehouse import Warehouse


def quarantined(warehouse: Warehouse, name: str, sources: Iterable[str]) -> int:
    """How many records of some sources the quarantine holds under `name`."""
    wanted = set(sources)
    return sum(found.count for found in warehouse.rejected(name) if found.source in wanted)
