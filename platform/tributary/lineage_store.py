"""Keeps the column lineage of models in the home, so that no process derives again what another has derived.

It is kept under digests of all that it follows from; what cannot be read or written is derived anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import msgspec

from tributary.assets.factory.flow import Flow, ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.resources.home import put_whole
from tributary.resources.places import PACKAGE
from tributary.resources.warehouse.table import Table

_MOST = 2_000
"""Models of the past whose lineage is kept beside those of now."""

_Kept = dict[str, Flow]


class KeptLineage(ModelLineage):
    """The lineage of models: what is kept in the file at `path`, else derived; `keep` writes what was derived."""

    def __init__(self, tables: Mapping[str, Table], path: Path) -> None:
        super().__init__(tables)
        self._path = path
        self._kept = _load(path)
        self._new: _Kept = {}

    def flow(self, model: SqlModel) -> Flow:
        """How a model's columns and rows come about."""
        digest = self._digest(model)
        found = self._kept.get(digest)
        if found is None:
            found = self._kept[digest] = self._new[digest] = super().flow(model)
        return found

    def keep(self) -> None:
        """Write what was derived since this was made, if anything was."""
        if not self._new:
            return
        kept = dict([*self._new.items(), *_load(self._path).items()][:_MOST])
        with suppress(OSError):  # it is only a help: without it the lineage is derived again
            put_whole(self._path, msgspec.json.encode(kept))
        self._new = {}

    def _digest(self, model: SqlModel) -> str:
        return hashlib.sha256(f"{_RULES} {model.key} {model.digest} {self.schema(model)}".encode()).hexdigest()


_DERIVING = [PACKAGE / "assets" / "factory" / name for name in ("flow.py", "lineage.py")]
_RULES = " ".join([version("sqlglot"), *(hashlib.sha256(path.read_bytes()).hexdigest() for path in _DERIVING)])


def _load(path: Path) -> _Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return {}
