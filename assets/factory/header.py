"""Reads the YAML header of a model file: its shape, and the line of each thing that is wrong with it.

What the header's words mean for a table is decided in `model`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tributary.assets.factory.errors import ModelError, together
from tributary.assets.factory.header_yaml import YamlError, compose, values
from tributary.resources.errors import nearest

Refresh = Literal["hourly", "daily", "weekly"]
"""How often a table is made that does not follow its inputs at once."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SHAPES = {
    "dict_type": "a mapping, {name: value, …}, or a line each",
    "model_type": "a mapping, {name: value, …}, or a line each",
    "list_type": "a list: [one, two], or a line each that begins with a dash",
    "string_type": "text; quote what YAML takes for something else",
}
_HEADER = re.compile(r"\s*/\*(.*?)\*/", re.DOTALL)


class Strict(BaseModel):
    """A part of a header, which has no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnEntry(Strict):
    """A column's portable type and meaning; `tags` mark it for people and policies (`pii`, for one)."""

    type: Text
    description: Text
    tags: list[Text] = []


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
    indexes: list[Annotated[list[Text], Field(min_length=1)]] = []
    refresh: Refresh | None = None
    columns: dict[str, ColumnEntry] = Field(min_length=1)
    checks: list[CheckEntry] = []
    chart: ChartEntry | None = None
    tags: dict[str, str] = {}


H = TypeVar("H", bound=Header, covariant=True)


class HeaderSource(Generic[H]):
    """A parsed header that still knows where each of its parts stands in the file; `shape` is what it may say."""

    def __init__(self, path: Path, text: str, shape: type[H]) -> None:
        self.path, self._shape = path, shape
        split = split_header(path, text)
        self.first_line, self.body, self.body_line = split.first_line, split.body, split.body_line
        try:
            self._node = compose(split.header)
            self.header: H = self._validate(values(self._node))
        except YamlError as error:
            raise together([self._refusal(found.line, found.problem) for found in error.problems]) from None

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

    def text_line(self, *location: str | int) -> int:
        """The file's line on which the text of a value begins: behind its key, or below where it is a block."""
        node: yaml.Node = self._node
        for step in location:
            pairs = node.value if isinstance(node, yaml.MappingNode) else enumerate(node.value)
            node = next((value for key, value in pairs if getattr(key, "value", key) == step), node)
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return self.first_line + node.start_mark.line + is_block

    def _refusal(self, line: int, problem: str) -> ModelError:
        return ModelError(self.path, self.first_line + line, problem)

    def _validate(self, data: Any) -> H:
        try:
            return self._shape.model_validate(data)
        except ValidationError as error:
            found: list[Any] = [{**one, "loc": _place(one["loc"])} for one in error.errors(include_url=False)]
            unknown = [one for one in found if one["type"] == "extra_forbidden"]
            # A misspelt key is also a missing one; the misspelling is what the person must see.
            meant = {(*one["loc"][:-1], _meant(one, found)) for one in unknown}
            told = [*unknown, *(one for one in found if one not in unknown and one["loc"] not in meant)]
            raise together(
                [ModelError(self.path, self.line(*one["loc"]), _sentence(one["loc"], one, found)) for one in told]
            ) from None


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


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where in the file something is wrong, without the words by which one of several shapes was chosen."""
    return tuple(step for step in location if not str(step).startswith("<"))


def _meant(unknown: Any, found: list[Any]) -> str:
    """The missing key that an unknown one beside it is probably meant for; empty where there is none."""
    *parent, name = unknown["loc"]
    missing = [str(one["loc"][-1]) for one in found if one["type"] == "missing" and one["loc"][:-1] == tuple(parent)]
    return next(iter(difflib.get_close_matches(str(name), missing, n=1)), "")


def _known_keys() -> set[str]:
    return {field.alias or key for part in _parts(Strict) for key, field in part.model_fields.items()}


def _parts(part: type[Strict]) -> Iterator[type[Strict]]:
    yield part
    for one in part.__subclasses__():
        yield from _parts(one)


def _sentence(location: tuple[str | int, ...], error: Any, found: list[Any]) -> str:
    where = ".".join(str(step) for step in location)
    if error["type"] == "extra_forbidden":
        meant = _meant(error, found)
        hint = f"; did you mean {meant}?" if meant else nearest(str(location[-1]), _known_keys())
        return f"unknown key {where}{hint if hint != '.' else '; look the known ones up in docs/sql-models.md.'}"
    if error["type"] == "missing":
        parent = ".".join(str(step) for step in location[:-1])
        return f"{location[-1]} is missing{f' from {parent}' if parent else ''}."
    if error["type"] in _SHAPES:
        return f"{where} must be {_SHAPES[error['type']]}."
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}."
