"""A SQL model that was read: one file, one SELECT, one table, and what is known of it.

How it is read is `model_reading`'s matter, how it becomes an asset `sql_assets`'. What takes sqlglot, which is long to
load, is imported when it is asked for: of a model that is kept, Postgres is given the statement that is kept with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.header import ChartEntry, Header, HeaderSource, WindowEntry, split_header
from tributary.assets.factory.in_dialect import condition_in
from tributary.assets.factory.parameters.entries import ReportHeader
from tributary.assets.factory.parameters.parameter import Asked
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.following import KeyPlan
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class ByKeys:
    """What Postgres runs to make the rows of some keys of a model, and the plan that says what these follow from."""

    statement: str
    plan: KeyPlan


@dataclass(frozen=True, eq=False)
class SqlModel:
    """A model that has been read and found sound in itself; `reads` are the tables its SELECT names, by `schema.table`.

    `references` are the tables that its checks look into, which must be there first as well. `keys` are the columns by
    whose values it follows changes of what it reads; empty where it is made whole. `asked` is what it can be asked,
    where it is a report: then the SELECT gives the rows of one request, and `table` holds those of all. `refresh` is
    the pace at which it takes up changes; None where it follows at once. `digest` is another whenever the file would
    make other rows; of a report, whenever it says anything else. `postgres` is the SELECT as Postgres runs it,
    empty where it cannot be written for it. From the columns of what it reads follow, too, `by_keys`, how it is made
    for some keys, which is None where it has none, and `proven`, the names of the checks that its rows surely pass;
    where these columns are not known, there is neither.
    """

    path: Path
    source: str
    table: Table
    reads: tuple[str, ...]
    references: tuple[str, ...]
    chart: ChartEntry | None
    window: WindowEntry | None
    keys: tuple[str, ...]
    tags: Mapping[str, str]
    refresh: str | None
    digest: str
    text: str = field(repr=False)
    postgres: str = field(repr=False)
    asked: Asked | None = None
    by_keys: ByKeys | None = None
    proven: frozenset[str] | None = None

    @cached_property
    def file(self) -> HeaderSource[Header]:
        """The file's parts, and the lines on which they stand."""
        return HeaderSource(self.path, self.text, Header if self.asked is None else ReportHeader)

    @cached_property
    def select(self) -> exp.Query:
        """The SELECT, parsed."""
        from tributary.assets.factory.lint.parsing import parse

        return parse(self.body)

    @property
    def body(self) -> str:
        """The SELECT as it is written, with its comments."""
        return split_header(self.path, self.text).body

    def __getstate__(self) -> dict[str, Any]:
        """What is kept of a model: all but what its text is parsed into again in less time than it is read back."""
        return {name: value for name, value in vars(self).items() if name not in ("file", "select")}

    @property
    def key(self) -> str:
        """`schema.table`."""
        return self.table.key

    @property
    def rows(self) -> Table:
        """What the SELECT gives, as the header declares it: the table, or the rows of one request."""
        return self.table if self.asked is None else self.asked.rows

    def statement(self, dialect: Dialect) -> str:
        """The SELECT in an engine's dialect."""
        if dialect == "postgres" and self.postgres:
            return self.postgres
        from tributary.assets.factory.dialects import statement

        return statement(self.select, dialect)

    def refuse(self, line: int, problem: str) -> ModelError:
        """A refusal of this file, at a line of its SQL counted from the SQL's own first line."""
        return ModelError(self.path, self.file.body_line + line - 1, problem)

    def table_in(self, dialect: Dialect) -> Table:
        """The table with its checks as an engine can make them."""
        if dialect == "postgres":
            return self.table
        return replace(self.table, checks=tuple(condition_in(check, dialect) for check in self.table.checks))


def digest_of(text: str) -> str:
    """A digest as code versions have it: of what decides in a model's file, or of a report's whole text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
