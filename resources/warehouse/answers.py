"""A query's answer, walked once in bounded memory: as the server words it, or as the rows of a declared table.

The former is for people and files that want what the server says: every value is the server's own text, and no column
is lost. Code that computes asks for rows or Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tributary.resources.warehouse.checks import CheckResult

if TYPE_CHECKING:
    import pyarrow as pa

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


@dataclass(frozen=True)
class Extracted:
    """The rows of a query in batches of a table's columns and types, and what is known of these very rows.

    `checks` is what the table's checks found. `summary` gives the rows of `SELECT <columns> FROM <the rows> <rest>`, of
    SQL in the engine's dialect; ask it before the batches are walked.
    """

    batches: Iterator[pa.RecordBatch]
    checks: Sequence[CheckResult]
    summary: Callable[[str, str], Sequence[Mapping[str, Any]]]
