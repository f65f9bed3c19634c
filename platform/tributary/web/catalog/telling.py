"""What a table's page tells of how the table is and was: rows, checks and runs, and a few of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from anyio import from_thread

from tributary.assets.source import SQL
from tributary.catalogue import ColumnEntry, TableEntry
from tributary.dagster_client.asking import Asking
from tributary.dagster_client.history import Checked, Made, check_history, materialisations
from tributary.resources.errors import TributaryError
from tributary.resources.look import drawing
from tributary.resources.serving import Serving, ServingError
from tributary.resources.warehouse.table import PII, quoted
from tributary.resources.wording import cell
from tributary.web.api.questions import base_tables
from tributary.web.api.rows import not_here

ROWS = 20
"""Rows of a preview."""

HIDDEN = "hidden"
"""What stands for a personal value."""

_MADE, _CHECKED = 60, 12
"""Materialisations and evaluations of each check that are looked at."""

_LONGEST = 200
_NUMBERS = ("integer", "bigint", "double", "decimal")


@dataclass(frozen=True)
class Standing:
    """What is noted of a table's present rows: when they last changed, and on how many each check failed."""

    updated_at: datetime
    rows: int
    failures: Mapping[str, int]


@dataclass(frozen=True)
class Preview:
    """Some rows as texts, in the order in which they come; `sentence` says why there are none."""

    columns: Sequence[ColumnEntry] = ()
    rows: Sequence[Sequence[str]] = ()
    sentence: str = ""
    is_hidden: bool = False

    @staticmethod
    def is_number(column: ColumnEntry) -> bool:
        """Whether a column's values are numbers."""
        return column.type.startswith(_NUMBERS)


@dataclass(frozen=True)
class History:
    """What Dagster knows of a table; `sentence` says why it is not known."""

    made: Sequence[Made] = ()
    checks: Mapping[str, Sequence[Checked]] = field(default_factory=dict)
    sentence: str = ""

    @property
    def sizes(self) -> list[tuple[datetime, int]]:
        """Rows over time, as often as they were told, oldest first; moments are apart."""
        told = {one.at: one.rows for one in reversed(self.made) if one.rows is not None}
        return sorted(told.items())

    @property
    def sizes_told(self) -> list[tuple[str, str]]:
        """The same as texts, newest first."""
        return [(f"{at:%Y-%m-%d %H:%M}", f"{rows:,}") for at, rows in reversed(self.sizes)]

    @property
    def chart(self) -> drawing.Line | None:
        """Rows over time; None before there are two moments."""
        found = drawing.line(self.sizes)
        if found is None:
            return None
        first, last = self.sizes[0][0], self.sizes[-1][0]
        form = "%H:%M" if first.date() == last.date() else "%-d %b %Y"
        ends = [
            drawing.Tick(found.x[0].at, f"{first:{form}}"),
            drawing.Tick(drawing.WIDTH - drawing.RIGHT, f"{last:{form}}"),
        ]
        return replace(found, x=ends)


def standings(serving: Serving) -> Mapping[str, Standing]:
    """What is noted of all tables.

    Raises:
        ServingError: the warehouse's database does not tell.
    """
    sql = "SELECT table_name, updated_at, rows, checks FROM _published.tables"
    return {key: Standing(at, rows, checks or {}) for key, at, rows, checks in from_thread.run(serving.plain, sql)}


def preview(serving: Serving, table: TableEntry, tables: Mapping[str, TableEntry], *, pii: bool) -> Preview:
    """Some rows; personal values are not even asked for where `pii` is false."""
    hidden = {one.name for one in table.columns if PII in one.tags and not pii}
    names = ", ".join("NULL" if one.name in hidden else quoted(one.name) for one in table.columns)
    relation = ".".join(map(quoted, table.key.split(".", 1)))
    sql = f"SELECT {names} FROM {relation} LIMIT {ROWS}"
    if not table.columns:
        return Preview(sentence="Its columns are not known.")
    if serving.copy_of and not table.served:
        return Preview(sentence=not_here(table, serving.copy_of))
    bases = base_tables(table.key, tables, copied=bool(serving.copy_of))
    try:
        _, rows = from_thread.run(serving.rows, bases, sql)
    except ServingError as error:
        return Preview(sentence=str(error))
    shown = [
        [HIDDEN if column.name in hidden else _cut(value) for column, value in zip(table.columns, row, strict=True)]
        for row in rows
    ]
    return Preview(table.columns, shown, "" if rows else "It has no rows.", bool(hidden))


def history(dagster: Asking, table: TableEntry) -> History:
    """What Dagster knows of a table, or why it does not tell."""
    try:
        made = materialisations(dagster, table.key, _MADE)
        return History(made, check_history(dagster, table.key, [one.name for one in table.checks], _CHECKED))
    except TributaryError as error:
        return History(sentence=str(error))


def file_of(table: TableEntry) -> str:
    """A model's file as one finds it: below the project's folder, or from that of its source's models on."""
    path = Path(table.file)
    return str(path.relative_to(SQL.parent) if path.is_relative_to(SQL.parent) else Path(*path.parts[-3:]))


def _cut(value: Any) -> str:
    text = cell(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
