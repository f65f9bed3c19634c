"""Reads YAML so that each part knows its line, and refuses what YAML would take in silence for something else.

What the header's words mean is `header`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

_TEXT = "tag:yaml.org,2002:str"
_MOST_NESTED = 200
_NESTING = ("[", "{", "- ", "? ")


class YamlProblem(NamedTuple):
    """What is wrong with the YAML; `line` counts from 0."""

    line: int
    problem: str


class YamlError(Exception):
    """The text is no YAML mapping that can be read; `problems` has at least one."""

    def __init__(self, problems: list[YamlProblem]) -> None:
        super().__init__(problems)
        self.problems = problems


def compose(text: str) -> yaml.MappingNode:
    """The mapping that a text holds, as nodes that know their lines.

    Raises:
        YamlError: it holds none, or one that would lose something.
    """
    tab = re.search(r"^ *\t", text, re.MULTILINE)
    if tab is not None:
        line = text.count("\n", 0, tab.start())
        raise YamlError([YamlProblem(line, "the line is indented with a tab, which YAML forbids; use blanks.")])
    try:
        _refuse_deep(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise YamlError([_marked(error)]) from None
    except yaml.YAMLError as error:
        reason = str(error).partition("\n")[0]
        raise YamlError([YamlProblem(0, f"the header is not valid YAML: {reason}.")]) from None
    if not isinstance(node, yaml.MappingNode):
        raise YamlError([YamlProblem(0, "the header must be a YAML mapping that begins with description.")])
    problems = list(_problems(node, text, set()))
    if problems:
        raise YamlError(problems)
    return node


def values(node: yaml.MappingNode) -> Any:
    """The plain values of nodes that `compose` gave.

    Raises:
        YamlError: a value is none, such as the 31st of June.
    """
    try:
        return _Constructor().construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise YamlError([_marked(error)]) from None
    except ValueError as error:
        line = next((one.start_mark.line for one in _scalars(node) if not _is_value(one)), 0)
        raise YamlError([YamlProblem(line, f"a value cannot be: {error}.")]) from None


class _Constructor(yaml.constructor.SafeConstructor):
    """Builds plain values from nodes that were composed for their line numbers."""


def _marked(error: yaml.MarkedYAMLError) -> YamlProblem:
    return YamlProblem(
        error.problem_mark.line if error.problem_mark else 0, f"the header is not valid YAML: {error.problem}."
    )


def _refuse_deep(text: str) -> None:
    """Refuse nesting that would be too much for composing, which recurses in C; events come without recursion."""
    if sum(map(text.count, _NESTING)) <= _MOST_NESTED:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_NESTED:
            problem = f"lists and mappings are nested more than {_MOST_NESTED} deep; nothing in a header is."
            raise YamlError([YamlProblem(event.start_mark.line if event.start_mark else 0, problem)])


def _problems(node: yaml.Node, text: str, seen: set[int]) -> Iterator[YamlProblem]:
    if isinstance(node, yaml.ScalarNode):
        return
    if id(node) in seen:
        yield YamlProblem(node.start_mark.line, "an anchor is used twice; write out what it stands for.")
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _pairs(node, text, seen)
    else:
        for item in node.value:
            yield from _problems(item, text, seen)


def _pairs(node: yaml.MappingNode, text: str, seen: set[int]) -> Iterator[YamlProblem]:
    keys: set[str] = set()
    before: tuple[yaml.Node, yaml.Node] | None = None
    cut: dict[str, YamlProblem] = {}
    for key, value in node.value:
        line = key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            yield YamlProblem(line, "a key is no plain word; write one.")
            continue
        if before is not None and _is_cut_off(before[1], value, text):
            named, begun = before
            whole = " ".join(text[begun.start_mark.index : key.end_mark.index].split()).replace('"', "'")
            problem = f'is cut off at its comma, which YAML takes for its own: quote it, as in "{whole}".'
            cut[named.value] = YamlProblem(named.start_mark.line, f"{named.value} {problem}")
            continue
        before = key, value
        if key.tag != _TEXT:
            yield YamlProblem(line, f"{key.value} is no name to YAML, which reads it as a value; quote it.")
        if key.value in keys:
            # YAML keeps the last of two equal keys in silence, which would lose a column or a check.
            yield YamlProblem(line, f"{key.value} is given twice; keep one.")
        keys.add(key.value)
        yield from _problems(value, text, seen)
    yield from cut.values()


def _is_cut_off(before: yaml.Node, value: yaml.Node, text: str) -> bool:
    """Whether a key without a colon, which `{…}` allows, follows a plain text, whose rest it must be."""
    has_value = value.start_mark.index < value.end_mark.index or text[: value.start_mark.index].rstrip()[-1:] == ":"
    return not has_value and isinstance(before, yaml.ScalarNode) and before.value != "" and not before.style


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key)
            yield from _scalars(value)
    else:
        for item in node.value:
            yield from _scalars(item)


def _is_value(node: yaml.ScalarNode) -> bool:
    try:
        _Constructor().construct_document(node)
    except (ValueError, yaml.YAMLError):
        return False
    return True
