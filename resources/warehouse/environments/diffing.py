"""How an environment's table differs from production's: columns, and rows by their key or as multisets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tributary.resources.warehouse.checks import Sql, Unique
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.rows import ColumnChange, Row, Sides, as_multisets, by_key
from tributary.resources.warehouse.postgres.notes import read_note
from tributary.resources.warehouse.postgres.relations import find
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted


@dataclass(frozen=True)
class Difference:
    """How an environment's table differs from production's.

    Attributes:
        table: production's `schema.table`.
        is_new: whether production has none.
        columns_added, columns_gone: Postgres' types by name.
        types_changed: by name, the type there was and the one there is.
        key: the columns by which rows are told apart; none where rows were compared as multisets.
        rows_before, rows_after: how many rows production's and the environment's table have.
        added, gone, changed: rows; of multisets none is changed.
        by_column: how many rows have another value, by column; only columns with some.
        added_rows, gone_rows: a few of them; personal data is hidden.
        changes: by column a changed value, of the first key.
    """

    table: str
    is_new: bool = False
    columns_added: Mapping[str, str] = field(default_factory=dict)
    columns_gone: Mapping[str, str] = field(default_factory=dict)
    types_changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    key: Sequence[str] = ()
    rows_before: int = 0
    rows_after: int = 0
    added: int = 0
    gone: int = 0
    changed: int = 0
    by_column: Mapping[str, int] = field(default_factory=dict)
    added_rows: Sequence[Row] = ()
    gone_rows: Sequence[Row] = ()
    changes: Mapping[str, ColumnChange] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return self.is_new or self.columns_differ or bool(self.added or self.gone or self.changed)

    @property
    def columns_differ(self) -> bool:
        """Whether columns or types do."""
        return bool(self.columns_added or self.columns_gone or self.types_changed)


def compare(session: Session, environment: Environment, table: Table, only: Sql | None = None) -> Difference | None:
    """How the environment's table differs from production's; None where the environment holds none.

    Args:
        session: one that reads.
        table: as it is declared now, which says by what rows are told apart and what is personal.
        only: a condition on production's rows that says which the environment's are to be compared with; default: all.
    """
    own = environment.table(table)
    after, before = find(session, own), find(session, table)
    if after is None:
        return None
    if before is None:
        counted = session.row(f"SELECT count(*) AS n FROM {own.sql_name}")["n"]
        return Difference(table.key, is_new=True, columns_added=after.columns, rows_after=counted, added=counted)
    sides = Sides(table, before, after, own.sql_name, only or Sql("true"))
    key = _key(session, sides)
    found = by_key(session, sides, key) if key else as_multisets(session, sides)
    types = {name: (before.columns[name], after.columns[name]) for name in sides.common}
    return Difference(
        table.key,
        columns_added={name: kind for name, kind in after.columns.items() if name not in before.columns},
        columns_gone={name: kind for name, kind in before.columns.items() if name not in after.columns},
        types_changed={name: (was, now) for name, (was, now) in types.items() if was != now},
        key=key,
        **found,
    )


def _key(session: Session, sides: Sides) -> tuple[str, ...]:
    """The columns of a check for uniqueness that holds on both sides; none where there is no such check."""
    note = read_note(session, sides.table)
    for check in sides.table.checks:
        if not isinstance(check, Unique) or not sides.can_join(check.names):
            continue
        # A check that does not block, or that production's rows were not held against, may not hold.
        asked: list[tuple[str, Sequence[Any]]] = [] if check.severity == "error" else [(sides.own, ())]
        if note is None or check.title or (note.checks or {}).get(check.name) != 0:
            asked.append((sides.production, sides.only.params))
        names = ", ".join(map(quoted, check.names))
        twice = f"GROUP BY {names} HAVING count(*) > 1 LIMIT 1"
        if not any(session.rows(f"SELECT {names} FROM {side} AS t {twice}", values) for side, values in asked):
            return check.names
    return ()
