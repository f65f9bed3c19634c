"""What a table is: its name, columns, meaning and checks, in one record.

DDL, the schema shown in the UI, the checks in a write and the docs all come from this record; nothing else declares a
column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tributary.resources.warehouse.checks import Check
from tributary.resources.warehouse.delimited.contract import FileContract
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.types import parse_type

PII = "pii"
"""The tag of columns that hold personal data: their values are shown nowhere but in the warehouse."""

HIDDEN = "(hidden)"
LAYERS = ("raw", "staged", "core", "gold")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,47}")


def identifier(name: str) -> str:
    """Return `name` when it may be used as an identifier (lower case, at most 48 characters).

    Raises:
        ContractError: it may not.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise ContractError(f"{name!r} cannot name a table or column; use lower case letters, digits and underscores.")
    return name


def quoted(name: str) -> str:
    """`name`, checked and double-quoted, for use in SQL of any engine."""
    return f'"{identifier(name)}"'


@dataclass(frozen=True)
class Column:
    """A column: its portable type, and what it means."""

    name: str
    type: str
    description: str
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        identifier(self.name)
        object.__setattr__(self, "type", parse_type(self.type))


@dataclass(frozen=True)
class Deduplication:
    """Of the rows that share `key`, the table keeps the first by `order`, over all windows that were ever written.

    `order` must tell any two rows apart, so that the outcome does not hang on the sequence of the writes. A row that
    another displaced is gone: where a window written again no longer holds the row that stood in its place, writing the
    windows that do hold one of its key brings that back.
    """

    key: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table or view of the warehouse; `schema` is its layer, `kind` is `table` or `view`.

    `partition_by` names the column whose ranges own rows, when the table is written by windows.
    `deduplicate` says which of several rows of one identity it keeps. `file` is the contract of the delimited file that
    it is loaded from, where it is. `indexes` are combinations of columns by which readers look up few of many rows.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    description: str = ""
    grain: str = ""
    checks: tuple[Check, ...] = ()
    kind: str = "table"
    partition_by: str | None = None
    deduplicate: Deduplication | None = None
    file: FileContract | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    column_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        identifier(self.schema)
        identifier(self.name)
        names = tuple(column.name for column in self.columns)
        object.__setattr__(self, "column_names", names)
        if not names:
            raise ContractError(f"{self.key} declares no column.")
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ContractError(f"{self.key} declares {', '.join(sorted(twice))} more than once.")
        for check in self.checks:
            for name in check.columns:
                if name not in names:
                    raise ContractError(
                        f"{self.key}: check {check.name} names {name}, which is not one of its columns."
                    )
        titles = [check.name for check in self.checks]
        for title in titles:
            if titles.count(title) > 1:
                raise ContractError(f"{self.key} has two checks named {title}; give one of them another name.")
        for name in (*self.deduplicate.key, *self.deduplicate.order) if self.deduplicate else ():
            if name not in names:
                raise ContractError(f"{self.key}: deduplication names {name}, which is not one of its columns.")
        for name in (name for index in self.indexes for name in index):
            if name not in names:
                raise ContractError(f"{self.key}: an index names {name}, which is not one of its columns.")
        if self.indexes and self.kind == "view":
            raise ContractError(f"{self.key} is a view, which has no indexes.")
        if self.partition_by is not None and self.partition_by not in names:
            raise ContractError(f"{self.key}: partition column {self.partition_by} is not one of its columns.")

    @property
    def key(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"

    @property
    def comment(self) -> str:
        """What is said of it beside it, where it stands: what it is, and what one row is."""
        grain = f"Grain: {self.grain}." if self.grain else ""
        return f"{self.description} {grain}".strip()

    @property
    def undocumented(self) -> tuple[Column, ...]:
        """The columns without what is said of them to people."""
        return tuple(replace(column, description="") for column in self.columns)

    @cached_property
    def definition(self) -> str:
        """All that its rows may follow from, as text: everything that it declares but its documentation."""
        file = self.file.undocumented if self.file is not None else None
        return repr(replace(self, columns=self.undocumented, description="", grain="", file=file))

    @property
    def sql_name(self) -> str:
        """The quoted, schema-qualified name."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def is_private(self) -> bool:
        """Whether some column holds personal data."""
        return any(PII in column.tags for column in self.columns)

    def masked(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as it may be shown outside the warehouse: personal data hidden, nulls seen."""
        private = {column.name for column in self.columns if PII in column.tags}
        return {name: HIDDEN if name in private and value is not None else value for name, value in row.items()}

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
