"""What a delimited source file must look like, and how its columns become a table's.

The file's own names stand beside the table's. Values that the file does not hold but implies (a timestamp from a day
number and a clock time) are derived columns, computed by the engine while it loads. Their SQL is linted like a model's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.types import parse_type

SOURCE_LINE = "source_line"
DELIMITERS = (",", ";", "\t", "|")


class SourceFileError(TributaryError):
    """A file was refused as a whole; the old rows stay."""


@dataclass(frozen=True)
class FileColumn:
    """A column of the file: its name there, and the table column it fills; `required` values may not be empty."""

    source: str
    name: str
    type: str
    description: str
    required: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", parse_type(self.type))


@dataclass(frozen=True)
class DerivedColumn:
    """A table column computed from the file's columns by a portable SQL expression that is null for bad input.

    With `days_since`, the expression is the number of days from that day to the column's date.
    """

    name: str
    type: str
    description: str
    expression: str
    days_since: date | None = None


@dataclass(frozen=True)
class Rule:
    """A condition on one line's values, in portable SQL; a line that breaks it is rejected with `reason`."""

    name: str
    condition: str
    reason: str


@dataclass(frozen=True)
class FileContract:
    """A delimited file with a header line, in UTF-8; how its records are read is said in `records`.

    `key` names the table columns that identify a record: later ones that repeat a key are rejected, or are counted as
    duplicates where they say nothing else, and the table gets a `source_line` column. Files too large for that leave
    `key` empty. `delimiter` is one of `DELIMITERS`.
    """

    columns: tuple[FileColumn, ...]
    derived: tuple[DerivedColumn, ...] = ()
    rules: tuple[Rule, ...] = ()
    key: tuple[str, ...] = ()
    delimiter: str = ","

    def __post_init__(self) -> None:
        if self.delimiter not in DELIMITERS:
            raise ContractError(f"{self.delimiter!r} cannot separate fields; use a comma, a semicolon, a tab or a bar.")

    @property
    def undocumented(self) -> FileContract:
        """It without what it says to people alone."""
        columns = tuple(replace(column, description="") for column in self.columns)
        return replace(self, columns=columns, derived=tuple(replace(one, description="") for one in self.derived))

    def table_columns(self) -> list[tuple[str, str, str]]:
        """(name, type, description) of every column of the table, in order."""
        columns = [(column.name, column.type, column.description) for column in self.columns]
        columns += [(column.name, column.type, column.description) for column in self.derived]
        if self.key:
            columns.append(
                (SOURCE_LINE, "bigint", "Line of the source file where the record begins; the header is line 1.")
            )
        return columns
