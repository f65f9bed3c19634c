"""Reads YAML so that each part knows its line, and refuses what YAML would take in silence for something else.

What the header's words mean is `header`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

_CUT_DECIMAL = re.compile(r"(?:decimal|numeric)\(\s*\d+", re.IGNORECASE)


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
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise YamlError([_marked(error)]) from None
    except yaml.YAMLError as error:
        reason = str(error).partition("\n")[0]
        raise YamlError([YamlProblem(0, f"the header is not valid YAML: {reason}.")]) from None
    if not isinstance(node, yaml.MappingNode):
        raise YamlError([YamlProblem(0, "the header must be a YAML mapping that begins with description.")])
    problems = list(_problems(node, set()))
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


def _problems(node: yaml.Node, seen: set[int]) -> Iterator[YamlProblem]:
    if isinstance(node, yaml.ScalarNode):
        return
    if id(node) in seen:
        yield YamlProblem(node.start_mark.line, "an anchor is used twice; write out what it stands for.")
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _pairs(node, seen)
    else:
        for item in node.value:
            yield from _problems(item, seen)


def _pairs(node: yaml.MappingNode, seen: set[int]) -> Iterator[YamlProblem]:
    keys: set[str] = set()
    cut = False
    for key, value in node.value:
        line = key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            yield YamlProblem(line, "a key is no plain word; write one.")
            continue
        if isinstance(value, yaml.ScalarNode) and _CUT_DECIMAL.fullmatch(value.value):
            cut = True
            yield YamlProblem(
                line,
                f'{key.value} is cut off at its comma, which YAML takes for its own: quote it, as in "decimal(10,2)".',
            )
        elif cut and key.value.endswith(")"):
            cut = False  # what the comma cut off
        elif key.value in keys:
            # YAML keeps the last of two equal keys in silence, which would lose a column or a check.
            yield YamlProblem(line, f"{key.value} is given twice; keep one.")
        keys.add(key.value)
        yield from _problems(value, seen)


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
