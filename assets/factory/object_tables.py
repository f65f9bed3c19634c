"""Declares a table that is made from source objects; a declaration loads without Dagster.

It says where the objects are and how one is read; ledger, force, replay, quarantine, checks, metadata and the counts of
partitions follow, as `object_loading` and `object_assets` make them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tributary.assets.factory.fields import path_of, read_json_lines
from tributary.assets.factory.objects import Objects, SourceObject
from tributary.assets.factory.reading import Content, Reader
from tributary.assets.source import Lineage, SourceColumn
from tributary.resources.warehouse.counting import CountCheck, NoRejects, Reconcile
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, FileContract
from tributary.resources.warehouse.delimited.records import READING
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    import dagster as dg

SOURCE_OBJECT = "source_object"
"""The usual column of the object that a row is from."""


@dataclass(frozen=True, kw_only=True)
class ObjectTable:
    """A table made from source objects.

    Args:
        table: the table; that all records are accounted for is checked in any case.
        source: the name of its source.
        upstream: the asset of the objects, as `schema.name`; what does not fit is in quarantine under this name.
        objects: where they are.
        read: the reader of one object, or the contract of a delimited file; by default JSON lines, by the columns.
        code_version: to be raised whenever `read` would give other rows; a file contract's digest by default.
        defined_in: the `__file__` of the defining module.
        kinds: what the objects are, for the UI.
        whole: whether the table holds nothing but the objects as they are now. Else each write replaces the rows of the
            objects that are new or have changed, which the column `source_column` tells.
        source_column: the column of the object's name; rows are given it.
        rejects: whether it puts what does not fit into quarantine, as one of several tables of the same objects does.
        fields: where columns come from in the object, as paths; those that are not named have their own name there.
        of: the asset of which these are paths, where it is another than `upstream`.
        mend: a sentence that says what puts a damaged object right.
        follows: whether it is made whenever `upstream` was; else a sensor or schedule asks for it.
        metadata: what else its asset tells.
    """

    table: Table
    source: str
    upstream: str
    objects: Objects
    read: Reader | FileContract | None = None
    code_version: str = ""
    defined_in: str
    kinds: Sequence[str] = ("json",)
    whole: bool = False
    source_column: str = SOURCE_OBJECT
    rejects: bool = True
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    of: str = ""
    mend: str = ""
    follows: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counted = [check for check in self.table.checks if not isinstance(check, CountCheck)]
        checks = (*counted, Reconcile(), *([NoRejects()] if self.rejects else []))
        object.__setattr__(self, "table", replace(self.table, checks=checks))
        if isinstance(self.read, FileContract):
            digest = hashlib.sha256(f"{READING} {self.read.undocumented!r}".encode()).hexdigest()[:16]
            object.__setattr__(self, "code_version", digest)
        if not self.mend:
            object.__setattr__(self, "mend", f"Materialise {self.upstream} for it again, which replaces it.")

    @property
    def lineage(self) -> Lineage:
        """Where each column comes from in the objects."""
        own = {column.name: (path_of(column),) for column in self.table.columns}
        fields = {**own, self.source_column: (), **self.fields}
        if isinstance(self.read, FileContract):
            fields |= _columns_of_file(self.read)
        return {name: tuple(SourceColumn(self.of or self.upstream, path) for path in fields[name]) for name in own}

    def content(self, one: SourceObject, data: bytes) -> Content:
        """What an object holds; of a delimited file, which is loaded as it is, it is not asked for.

        Raises:
            NotWhole: it is not what was put there.
        """
        assert not isinstance(self.read, FileContract)  # noqa: S101 - as said
        if self.read is not None:
            return self.read(one.name, data)
        return read_json_lines([column for column in self.table.columns if column.name != self.source_column], data)

    def version(self, one: SourceObject) -> str:
        """What tells the rows of an object, as this code makes them, from others."""
        return f"{self.code_version} {one.version}"

    def fingerprint(self, one: SourceObject, rows: int) -> str:
        """What the ledger notes of an object of which so many rows were read."""
        return f"{self.version(one)}:{rows}" if one.key else ""

    def is_loaded(self, one: SourceObject, noted: str | None) -> bool:
        """Whether the ledger's note of an object is of what lies there now; one without a key need not be noted."""
        if not one.key:
            return not noted
        return noted is not None and noted.rpartition(":")[0] == self.version(one)

    def asset(self) -> dg.AssetsDefinition:
        """The asset that makes the table."""
        from tributary.assets.factory.object_assets import object_asset

        return object_asset(self)


def _columns_of_file(contract: FileContract) -> Mapping[str, Sequence[str]]:
    """The columns of a file that each column of its table comes from."""
    names = {column.name: column.source for column in contract.columns}
    found: dict[str, Sequence[str]] = {name: (source,) for name, source in names.items()}
    for derived in contract.derived:
        found[derived.name] = [names[name] for name in names if re.search(rf"\b{name}\b", derived.expression)]
    return {**found, **({SOURCE_LINE: ()} if contract.key else {})}
