"""A text of YAML that is held to a shape, and knows on which line of its file each part of it stands.

What the words of a shape mean belongs to who declares it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tributary.assets.factory.errors import ModelError, together
from tributary.assets.factory.header_yaml import YamlError, compose, values
from tributary.resources.errors import nearest

_SHAPES = {
    "dict_type": "a mapping, {name: value, …}, or a line each",
    "model_type": "a mapping, {name: value, …}, or a line each",
    "list_type": "a list: [one, two], or a line each that begins with a dash",
    "string_type": "text; quote what YAML takes for something else",
}


class Strict(BaseModel):
    """A part of a header, which has no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=BaseModel, covariant=True)


class DeclaredYaml(Generic[S]):
    """What a text of YAML says, as `value`, and where each part of it stands in the file.

    Args:
        path: the file, for sentences about it.
        text: the YAML, a mapping.
        shape: what it may say.
        first_line: the file's line on which the YAML begins.

    Raises:
        ModelError: it is no such YAML; the error tells of all that is wrong.
    """

    def __init__(self, path: Path, text: str, shape: type[S], first_line: int = 1) -> None:
        self.path, self.first_line, self._shape = path, first_line, shape
        try:
            self._node = compose(text)
            self.value: S = self._validate(values(self._node))
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

    def _validate(self, data: Any) -> S:
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
