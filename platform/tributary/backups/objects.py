"""Copies a lake that is written to meanwhile, so that all that a copied object names is copied too.

Writers put what they name before they name it, and delete it long after nobody names it. So a look that follows a copy
finds all that the copied objects name: looks are repeated until one finds no key that is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tributary.backups.store import BackupError, Copied, Store
from tributary.resources.lake.errors import ObjectChangedError, ObjectNotFoundError
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.lake.parallel import in_order

_THREADS = 8
_LOOKS = 20


@dataclass
class LakeCopy:
    """The copy of a lake as it grows.

    Args:
        lake: what is copied, as it lies there.
        store: where to.
        known: the objects of the backup before, by key, which need not be read again where they are the same.
    """

    lake: Lake
    store: Store
    known: dict[str, Copied]
    copied: dict[str, Copied] = field(default_factory=dict)

    def follow(self, prefix: str = "") -> None:
        """Copy what is new or has changed, then what is new, until nothing is.

        Raises:
            BackupError: something new is found without end.
        """
        self._copy([info for info in self.lake.list(prefix) if not self._has(info)])
        for _ in range(_LOOKS):
            new = [info for info in self.lake.list(prefix) if info.key not in self.copied]
            if not self._copy(new):
                return
        raise BackupError("The lake is written to faster than it is copied: make the backup at a quieter time.")

    def _has(self, info: ObjectInfo) -> bool:
        copied = self.copied.get(info.key)
        return copied is not None and info.etag is not None and copied.etag == info.etag

    def _copy(self, infos: Sequence[ObjectInfo]) -> int:
        found = [one for one in in_order(self._one, infos, threads=_THREADS, ahead=2 * _THREADS) if one is not None]
        self.copied |= {one.key: one for one in found}
        return len(found)

    def _one(self, info: ObjectInfo) -> Copied | None:
        """The copy of one object; None where it was deleted since it was listed."""
        before = self.known.get(info.key)
        if before and info.etag and before.etag == info.etag and self.store.holds(before.held):
            return before
        while True:
            try:
                held = self.store.put(self.lake.open(info.key))
            except ObjectNotFoundError:
                return None
            except ObjectChangedError:
                continue
            now = self.lake.head(info.key)
            return Copied(info.key, held, info.etag if now is not None and now.etag == info.etag else None)
