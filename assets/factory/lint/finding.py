"""What a rule reports, and the table in which rules are registered by the kind of node that they look at.

The rules themselves are in the modules that use `rule`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from sqlglot import ErrorLevel, exp

from tributary.assets.factory.lint.families import Families

R = TypeVar("R")


_NAMED = re.compile(r"%\((\w+)\)s")


class Finding(NamedTuple):
    """One thing in a model that is refused: the 1-based line of its SQL, the rule's name, and what to write instead."""

    line: int
    rule: str
    message: str


Problem = tuple[str, str]
"""A rule's name and its message."""

Rule = Callable[[Any], Iterator[Problem]]
TypedRule = Callable[[Any, Families], Iterator[Problem]]

RULES: dict[type[exp.Expr], list[Rule]] = {}
"""Rules that need to see a node alone, by the exact class of the nodes they look at."""

TYPED_RULES: dict[type[exp.Expr], list[TypedRule]] = {}
"""Rules that need to know types, by the same."""


def rule(*kinds: type[exp.Expr]) -> Callable[[Rule], Rule]:
    """Register a function that yields the problems of one node of these kinds."""
    return lambda function: _registered(RULES, kinds, function)


def typed_rule(*kinds: type[exp.Expr]) -> Callable[[TypedRule], TypedRule]:
    """Register a function that yields the problems of one node of these kinds, given what is known of types."""
    return lambda function: _registered(TYPED_RULES, kinds, function)


def _registered(rules: dict[type[exp.Expr], list[R]], kinds: tuple[type[exp.Expr], ...], function: R) -> R:
    for kind in kinds:
        rules.setdefault(kind, []).append(function)
    return function


def line_of(node: exp.Expr) -> int:
    """The first line that a node covers; that of what encloses it where sqlglot kept no place for it."""
    found: exp.Expr | None = node
    while found is not None:
        lines = [int(part.meta["line"]) for part in found.walk() if "line" in part.meta]
        if lines:
            return min(lines)
        found = found.parent
    return 1


def shown(node: exp.Expr) -> str:
    """A node as short text for a message."""
    text = node.sql(dialect="postgres", comments=False, unsupported_level=ErrorLevel.IGNORE)
    text = _NAMED.sub(r":\1", text)  # as it was written, not as psycopg takes it
    return text if len(text) <= 60 else f"{text[:57]}..."
