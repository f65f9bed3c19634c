"""Checks on a table's rows, written once as portable SQL and run by every engine on the rows built aside.

A check answers one question: which rows break it? Row checks are conditions on a single row, so that an engine counts
all of them in one scan; set checks are queries of their own.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warn"]
SAMPLE_ROWS = 5


def _q(name: str) -> str:
    return f'"{name}"'


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]


def _listed(names: Sequence[str]) -> str:
    return "_".join(names) if len(names) <= 3 else f"{names[0]}_and_{len(names) - 1}_more"


class Sql(NamedTuple):
    """SQL text with `%s` placeholders, and the values bound to them."""

    text: str
    params: Sequence[Any] = ()


@dataclass(frozen=True)
class Check(ABC):
    """One statement about a table's rows; with severity `error` a failure keeps the rows from being published."""

    severity: Severity = field(default="error", kw_only=True)
    title: str = field(default="", kw_only=True)

    @property
    def name(self) -> str:
        """The check's name, unique within its table."""
        return self.title or self.default_name

    @property
    @abstractmethod
    def default_name(self) -> str:
        """The name where the declaration gives none."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What holds when the check passes, as a sentence."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the check names."""
        return ()


@dataclass(frozen=True)
class RowCheck(Check):
    """A check that each row passes or fails by itself."""

    @abstractmethod
    def broken(self) -> Sql:
        """A condition that is true for the rows that break the check."""


@dataclass(frozen=True)
class SetCheck(Check):
    """A check that needs more than one row, or another table."""

    @abstractmethod
    def offenders(self, relation: str) -> Sql:
        """A query of the offending groups in `relation` (a quoted name or a subquery); no row means passed."""


@dataclass(frozen=True)
class NotNull(RowCheck):
    """Some columns hold a value in every row."""

    names: tuple[str, ...]

    @property
    def default_name(self) -> str:
        return _slug("not_null_" + _listed(self.names))

    @property
    def description(self) -> str:
        return f"{', '.join(self.names)} never null."

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    def broken(self) -> Sql:
        return Sql(" OR ".join(f"{_q(name)} IS NULL" for name in self.names))


@dataclass(frozen=True)
class AcceptedValues(RowCheck):
    """A column holds only listed values, or null."""

    column: str
    values: tuple[Any, ...]

    @property
    def default_name(self) -> str:
        return _slug(f"accepted_values_{self.column}")

    @property
    def description(self) -> str:
        return f"{self.column} is one of {', '.join(str(value) for value in self.values)}."

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def broken(self) -> Sql:
        places = ", ".join(["%s"] * len(self.values))
        return Sql(f"{_q(self.column)} NOT IN ({places})", self.values)


@dataclass(frozen=True)
class Expression(RowCheck):
    """A portable SQL condition holds for every row; null counts as held, as in a SQL constraint."""

    sql: str

    @property
    def default_name(self) -> str:
        return _slug(self.sql)

    @property
    def description(self) -> str:
        return f"{self.sql}."

    def broken(self) -> Sql:
        # A comment in the text ends with its line.
        return Sql(f"NOT (\n{self.sql.replace('%', '%%')}\n)")


@dataclass(frozen=True)
class Unique(SetCheck):
    """No two rows share the values of some columns."""

    names: tuple[str, ...]

    @property
    def default_name(self) -> str:
        return _slug("unique_" + _listed(self.names))

    @property
    def description(self) -> str:
        return f"No two rows share {', '.join(self.names)}."

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    def offenders(self, relation: str) -> Sql:
        names = ", ".join(_q(name) for name in self.names)
        return Sql(f"SELECT {names}, count(*) AS copies FROM {relation} AS b GROUP BY {names} HAVING count(*) > 1")


@dataclass(frozen=True)
class References(SetCheck):
    """Every value of a column, unless null, stands in a column of another table."""

    column: str
    schema: str
    table: str
    to: str

    @property
    def default_name(self) -> str:
        return _slug(f"references_{self.column}_{self.table}")

    @property
    def description(self) -> str:
        return f"Every {self.column} stands in {self.schema}.{self.table}.{self.to}."

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def offenders(self, relation: str) -> Sql:
        column, to = _q(self.column), _q(self.to)
        other = f"{_q(self.schema)}.{_q(self.table)}"
        return Sql(
            f"SELECT {column}, count(*) AS rows FROM {relation} AS b WHERE {column} IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM {other} AS r WHERE r.{to} = b.{column}) GROUP BY {column}"
        )


@dataclass(frozen=True)
class CheckResult:
    """What a check found: `failures` counts offending rows (row checks) or groups (set checks); `sample` shows some.

    `counts` are the numbers, by name, that a check on counts looked at. `proven` says that the rows were not looked at,
    since the check holds of all that the SELECT can give.
    """

    check: Check
    failures: int
    sample: Sequence[Mapping[str, Any]] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    proven: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing broke the check."""
        return self.failures == 0

    @property
    def blocks(self) -> bool:
        """Whether the failure keeps the rows from being published."""
        return not self.passed and self.check.severity == "error"

    @property
    def sentence(self) -> str:
        """What was found, with an offending row where there is one."""
        if self.passed:
            return f"{self.check.name} passed"
        shown = "; ".join(_shown(row) for row in ([self.counts] if self.counts else self.sample[:2]))
        return f"{self.check.name} failed for {self.failures:,} ({shown})"


def _shown(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={'null' if value is None else value}" for name, value in row.items())
