"""What a write was asked for, and what does not go together in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tributary.resources.warehouse.base import Batches, Delimited, Origin, Select, Source
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Sources, Window


@dataclass(frozen=True)
class Task:
    """What `Warehouse.replace` was asked for."""

    table: Table
    source: Source
    window: Window | None
    origin: Origin
    fingerprint: str
    fingerprints: Mapping[str, str]

    def refuse_misfits(self) -> None:
        """Refuse what does not go together.

        Raises:
            WarehouseError: it does not.
        """
        key, window = self.table.key, self.window
        if self.table.kind == "view" and (not isinstance(self.source, Select) or window is not None):
            raise WarehouseError(f"{key} is a view, which only a SELECT of the whole can make.")
        counted = isinstance(self.source, Delimited) or (isinstance(self.source, Batches) and self.source.reckon)
        if not counted and any(isinstance(check, CountCheck) for check in self.table.checks):
            raise WarehouseError(f"{key} has checks on counts, for which its source must tell what was read.")
        if self.fingerprint and window is not None:
            raise WarehouseError(f"{key}: a fingerprint of all rows was given for a window; give `fingerprints`.")
        if not self.fingerprints:
            return
        if not isinstance(window, Sources) or isinstance(self.source, Delimited):
            raise WarehouseError(f"{key}: fingerprints of sources need a window of sources, and rows or a SELECT.")
        strange = sorted(self.fingerprints.keys() - set(window.names))
        if strange:
            raise WarehouseError(f"{key}: {strange[0]} has a fingerprint but is not in the window; add it there.")
