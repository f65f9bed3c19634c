"""Reads the YAML header of a model file: its shape, and the line of each thing that is wrong with it.

What the header's words mean for a table is decided in `model`.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from assets.factory.errors import ModelError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_HEADER = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnEntry(_Strict):
    """A column's portable type and meaning; `tags` mark it for people and policies (`pii`, for one)."""

    type: Text
    description: Text
    tags: list[Text] = []


class ValuesEntry(_Strict):
    """The values that a column may hold."""

    column: Text
    values: list[str | int | bool] = Field(min_length=1)


class ReferenceEntry(_Strict):
    """The column of another table, as `schema.table.column`, that a column's values must stand in."""

    column: Text
    to: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")]


class CheckEntry(_Strict):
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


class ChartEntry(_Strict):
    """A picture of the table for its metadata: an aggregate `y` for each `x`."""

    title: Text
    x: Text
    y: Text
    kind: Literal["bar", "line"] = "bar"


class WindowEntry(_Strict):
    """The partitions by which the table is replaced: ranges of a date or timestamp column, from `start` on, in UTC."""

    column: Text
    every: Literal["hour", "day", "month"]
    start: date


class DeduplicateEntry(_Strict):
    """Of rows that share `key`, the first by `order` is kept, over all windows; `order` tells any two of them apart."""

    key: list[Text] = Field(min_length=1)
    order: list[Text] = Field(min_length=1)


class Header(_Strict):
    """Everything that a model file says of itself beside its SELECT."""

    description: Text
    grain: Text
    kind: Literal["table", "view"] = "table"
    window: WindowEntry | None = None
    deduplicate: DeduplicateEntry | None = None
    columns: dict[str, ColumnEntry] = Field(min_length=1)
    checks: list[CheckEntry] = []
    chart: ChartEntry | None = None
    tags: dict[str, str] = {}


class HeaderSource:
    """A parsed header that still knows where each of its parts stands in the file."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        match = _HEADER.match(text)
        if match is None:
            raise ModelError(path, 1, "the file must begin with a comment /* … */ that holds its YAML header.")
        self.first_line = text.count("\n", 0, match.start(1)) + 1
        self.body = text[match.end() :]
        self.body_line = text.count("\n", 0, match.end()) + 1
        self._node = self._compose(match[1])
        self.header = self._validate()

    def line(self, *location: str | int) -> int:
        """The file's line on which the part at `location` (keys and list positions) begins."""
        node: yaml.Node = self._node
        line = node.start_mark.line
        for step in location:
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == step:
                        node, line = value, key.start_mark.line
                        break
                else:
                    break
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line
            else:
                break
        return self.first_line + line

    def _compose(self, text: str) -> yaml.Node:
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line if error.problem_mark else 0
            raise ModelError(
                self.path, self.first_line + line, f"the header is not valid YAML: {error.problem}."
            ) from None
        if not isinstance(node, yaml.MappingNode):
            raise ModelError(
                self.path, self.first_line, "the header must be a YAML mapping that begins with description."
            )
        self._refuse_repeated_keys(node)
        return node

    def _refuse_repeated_keys(self, node: yaml.Node) -> None:
        """YAML keeps the last of two equal keys in silence, which would lose a column or a check."""
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._refuse_repeated_keys(item)
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise ModelError(
                        self.path, self.first_line + key.start_mark.line, f"{key.value} is given twice; keep one."
                    )
                seen.add(key.value)
                self._refuse_repeated_keys(value)

    def _validate(self) -> Header:
        data: Any = _Constructor().construct(self._node)
        try:
            return Header.model_validate(data)
        except ValidationError as error:
            # A misspelt key is also a missing one; the misspelling is what the person must see.
            first: Any = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
            location = tuple(first["loc"])
            raise ModelError(self.path, self.line(*location), _sentence(location, first)) from None


class _Constructor(yaml.constructor.SafeConstructor):
    """Builds plain values from nodes that were composed for their line numbers."""

    def construct(self, node: yaml.Node) -> Any:
        return self.construct_document(node)


def _sentence(location: tuple[str | int, ...], error: Any) -> str:
    where = ".".join(str(step) for step in location)
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; look the known ones up in docs/sql-models.md."
    if error["type"] == "missing":
        parent = ".".join(str(step) for step in location[:-1])
        return f"{location[-1]} is missing{f' from {parent}' if parent else ''}."
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}."
