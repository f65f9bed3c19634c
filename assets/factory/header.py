"""Reads the YAML header of a model file: its shape, and the line of each thing that is wrong with it.

What the header's words mean for a table is decided in `model`.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from tributary.assets.factory.declared_yaml import DeclaredYaml, Strict
from tributary.assets.factory.errors import ModelError

Refresh = Literal["hourly", "daily", "weekly"]
"""How often a table is made that does not follow its inputs at once."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_HEADER = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)


class ColumnEntry(Strict):
    """A column's portable type and meaning; `tags` mark it for people and policies (`pii`, for one)."""

    type: Text
    description: Text
    tags: list[Text] = Field(default=[])


class ValuesEntry(Strict):
    """The values that a column may hold."""

    column: Text
    values: list[str | int | bool] = Field(min_length=1)


class ReferenceEntry(Strict):
    """The column of another table, as `schema.table.column`, that a column's values must stand in."""

    column: Text
    to: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")]


class CheckEntry(Strict):
    """One check: exactly one of the kinds, with an optional name and severity."""

    unique: list[Text] | None = None
    not_null: list[Text] | None = None
    accepted_values: ValuesEntry | None = None
    references: ReferenceEntry | None = None
    expression: Text | None = None
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")] = "unnamed"
    severity: Literal["error", "warn"] = "error"

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.unique, self.not_null, self.accepted_values, self.references, self.expression]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("a check is exactly one of unique, not_null, accepted_values, references and expression")
        return self


class ChartEntry(Strict):
    """A picture of the table for its metadata: an aggregate `y` for each `x`."""

    title: Text
    x: Text
    y: Text
    kind: Literal["bar", "line"] = "bar"


class WindowEntry(Strict):
    """The partitions by which the table is replaced: ranges of a date or timestamp column, from `start` on, in UTC."""

    column: Text
    every: Literal["hour", "day", "month"]
    start: date


class DeduplicateEntry(Strict):
    """Of rows that share `key`, the first by `order` is kept, over all windows; `order` tells any two of them apart."""

    key: list[Text] = Field(min_length=1)
    order: list[Text] = Field(min_length=1)


class IncrementalEntry(Strict):
    """The columns by whose values the table follows changes of its inputs, instead of being written whole."""

    keys: list[Text] = Field(min_length=1)


class Header(Strict):
    """Everything that a model file says of itself beside its SELECT."""

    description: Text
    grain: Text
    kind: Literal["table", "view"] = "table"
    window: WindowEntry | None = None
    deduplicate: DeduplicateEntry | None = None
    incremental: IncrementalEntry | None = None
    indexes: list[Annotated[list[Text], Field(min_length=1)]] = Field(default=[])
    refresh: Refresh | None = None
    columns: dict[str, ColumnEntry] = Field(min_length=1)
    checks: list[CheckEntry] = Field(default=[])
    chart: ChartEntry | None = None
    tags: dict[str, str] = Field(default={})


H = TypeVar("H", bound=Header, covariant=True)


class HeaderSource(DeclaredYaml[H], Generic[H]):
    """A parsed header that still knows where each of its parts stands in the file; `shape` is what it may say."""

    def __init__(self, path: Path, text: str, shape: type[H]) -> None:
        split = split_header(path, text)
        self.body, self.body_line = split.body, split.body_line
        super().__init__(path, split.header, shape, split.first_line)

    @property
    def header(self) -> H:
        """What the header says."""
        return self.value


class SplitFile(NamedTuple):
    """A model file's header and SELECT, as text, and the lines on which each begins."""

    header: str
    first_line: int
    body: str
    body_line: int


def split_header(path: Path, text: str) -> SplitFile:
    """The parts of a model file.

    Raises:
        ModelError: it does not begin with a header.
    """
    match = _HEADER.match(text)
    if match is None:
        begun = text.lstrip().startswith("/*")
        problem = (
            "the header's comment is not closed; close it with */."
            if begun
            else "the file must begin with a comment /* … */ that holds its YAML header."
        )
        raise ModelError(path, 1, problem)
    return SplitFile(
        match[1], text.count("\n", 0, match.start(1)) + 1, text[match.end() :], text.count("\n", 0, match.end()) + 1
    )
