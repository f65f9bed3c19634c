"""A query's answer as the server words it: every value is the server's own text, and no column is lost.

For people and files that want what the server says; code that computes asks for rows or Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["boolean", "integer", "double", "decimal", "number", "json", "text"]
"""What a value's text is; `number` are numbers of other kinds, such as money."""


@dataclass(frozen=True)
class AnswerColumn:
    """A column of an answer; several may share a name."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Answer:
    """The columns of an answer, and its rows, which can be walked once; a null is None."""

    columns: tuple[AnswerColumn, ...]
    rows: Iterator[tuple[str | None, ...]]
