"""The statements that find which rows of two tables differ: by a key, or as multisets.

One statement finds and counts them, of one state of both; only counts and a few rows leave the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from tributary.resources.warehouse.checks import NotNull, Sql
from tributary.resources.warehouse.postgres.relations import Found
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import HIDDEN, PII, Table, quoted

SAMPLES = 5
_ALIKE = ({"integer", "bigint", "numeric", "double precision"}, {"date", "timestamp without time zone"})
"""Types whose values compare with one another as they are."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ColumnChange:
    """A changed value: the row's key, and what stood and stands there."""

    key: Row
    before: Any
    after: Any


@dataclass(frozen=True)
class Sides:
    """What is compared: production's rows, of which only some, and the environment's."""

    table: Table
    before: Found
    after: Found
    own: str
    only: Sql

    @property
    def common(self) -> list[str]:
        """The columns of both, in the environment's order."""
        return [name for name in self.after.columns if name in self.before.columns]

    @property
    def production(self) -> str:
        """Production's rows as a subquery; `only`'s values stand in it."""
        return f"(SELECT * FROM {self.table.sql_name} WHERE {self.only.text})"

    @property
    def never_null(self) -> set[str]:
        """The columns that are declared to hold a value in every row."""
        return {name for check in self.table.checks if isinstance(check, NotNull) for name in check.names}

    def can_join(self, names: Sequence[str]) -> bool:
        """Whether rows can be joined by these columns: both sides have them, of one type where they may be null."""
        same = {name for name in self.common if self.before.columns[name] == self.after.columns[name]}
        return set(names) <= (set(self.common) & self.never_null) | same

    def pair(self, name: str, one: str, other: str) -> tuple[str, str]:
        """Expressions of a common column on both sides, fit to be compared."""
        was, now = (side.columns[name].partition("(")[0] for side in (self.before, self.after))
        alike = was == now or any({was, now} <= kinds for kinds in _ALIKE)
        cast = "" if alike else "::text"
        return f"{one}{quoted(name)}{cast}", f"{other}{quoted(name)}{cast}"

    def shown(self, name: str, value: Any) -> Any:
        """A value as it may be shown: of a table with personal data, what is not declared to be none."""
        known = {column.name: PII in column.tags for column in self.table.columns}
        return HIDDEN if value is not None and self.table.is_private and known.get(name, True) else value


def by_key(session: Session, sides: Sides, key: Sequence[str]) -> dict[str, Any]:
    """Fields of a `Difference` of rows that are told apart by `key`, in which no two rows of a side are the same."""
    common = [name for name in sides.common if name not in key]
    joined = " AND ".join(chain.from_iterable(_equal(sides, name) for name in key))
    pairs = {name: sides.pair(name, "o.", "n.") for name in common}
    other = " OR ".join(f"{was} IS DISTINCT FROM {now}" for was, now in pairs.values()) or "false"
    keys = [f"coalesce({', '.join(reversed(sides.pair(name, 'o.', 'n.')))}) AS k{at}" for at, name in enumerate(key)]
    old, new = (
        {name: f"{mark}{at}" for at, name in enumerate(name for name in side.columns if name not in key)}
        for mark, side in (("o", sides.before), ("n", sides.after))
    )
    columns = [*keys, *(f"o.{quoted(name)} AS {to}" for name, to in old.items())]
    columns += [f"n.{quoted(name)} AS {to}" for name, to in new.items()]
    kind = "CASE WHEN o.there_ IS NULL THEN 'added' WHEN n.there_ IS NULL THEN 'gone' ELSE 'changed' END"
    counts, changes = [], {}
    at_key = [f"k{at}" for at in range(len(key))]
    for at, name in enumerate(common):
        was, now = (
            pairs[name][0].replace(f"o.{quoted(name)}", old[name]),
            pairs[name][1].replace(f"n.{quoted(name)}", new[name]),
        )
        changed = f"FILTER (WHERE kind = 'changed' AND {was} IS DISTINCT FROM {now})"
        one = f"jsonb_build_array({', '.join([*at_key, old[name], new[name]])})"
        counts.append(f"count(*) {changed} AS c{at}")
        counts.append(f'min({one}::text COLLATE "C") {changed} AS s{at}')
        changes[name] = at
    sql = f"""
    WITH d AS MATERIALIZED (
        SELECT {kind} AS kind, {", ".join(columns)}
        FROM (SELECT true AS there_, p.* FROM {sides.production} AS p) AS o
        FULL JOIN (SELECT true AS there_, e.* FROM {sides.own} AS e) AS n ON {joined}
        WHERE o.there_ IS NULL OR n.there_ IS NULL OR {other}
    )
    SELECT (SELECT count(*) FROM {sides.production} AS p) AS rows_before,
        (SELECT count(*) FROM {sides.own}) AS rows_after,
        count(*) FILTER (WHERE kind = 'added') AS added, count(*) FILTER (WHERE kind = 'gone') AS gone,
        count(*) FILTER (WHERE kind = 'changed') AS changed,
        {_some("added", key, new)} AS added_rows, {_some("gone", key, old)} AS gone_rows{_listed(counts)}
    FROM d
    """
    row = session.row(sql, [*sides.only.params, *sides.only.params])
    found: dict[str, ColumnChange] = {}
    for name, at in changes.items():
        if row[f"c{at}"]:
            *values, was, now = _read(row[f"s{at}"])
            shown = {one: sides.shown(one, value) for one, value in zip(key, values, strict=True)}
            found[name] = ColumnChange(shown, sides.shown(name, was), sides.shown(name, now))
    return {
        **{name: row[name] for name in ("rows_before", "rows_after", "added", "gone", "changed")},
        "added_rows": _rows(sides, row["added_rows"]),
        "gone_rows": _rows(sides, row["gone_rows"]),
        "by_column": {name: row[f"c{at}"] for name, at in changes.items() if row[f"c{at}"]},
        "changes": found,
    }


def _equal(sides: Sides, name: str) -> list[str]:
    """Conditions by which a hash can join; a null is equal to a null."""
    was, now = sides.pair(name, "o.", "n.")
    if name in sides.never_null:
        return [f"{was} = {now}"]
    return [f"coalesce({was}::text, '') = coalesce({now}::text, '')", f"({was} IS NULL) = ({now} IS NULL)"]


def _some(kind: str, key: Sequence[str], columns: Mapping[str, str]) -> str:
    """A few rows of a kind, as text of JSON; in the order of their keys."""
    names = [f"k{at} AS {quoted(name)}" for at, name in enumerate(key)]
    names += [f"{to} AS {quoted(name)}" for name, to in columns.items()]
    order = ", ".join(f"k{at}" for at in range(len(key)))
    query = f"SELECT {', '.join(names)} FROM d WHERE kind = '{kind}' ORDER BY {order} LIMIT {SAMPLES}"
    return f"(SELECT json_agg(s)::text FROM ({query}) AS s)"


def as_multisets(session: Session, sides: Sides) -> dict[str, Any]:
    """Fields of a `Difference` of rows without a key, by the columns of both sides."""
    common = sides.common
    was, now = zip(*(sides.pair(name, "p.", "e.") for name in common), strict=True) if common else ((), ())
    names = [f"c{at}" for at in range(len(common))]
    old, new = (", ".join(f"{text} AS {name}" for text, name in zip(side, names, strict=True)) for side in (was, now))
    shown = ", ".join(f"{at} AS {quoted(name)}" for at, name in zip(names, common, strict=True))

    def some(sign: str) -> str:
        order = f"ORDER BY {', '.join(names)}" if names else ""
        query = f"SELECT {shown} FROM d WHERE copies {sign} 0 {order} LIMIT {SAMPLES}"
        return f"(SELECT json_agg(s)::text FROM ({query}) AS s)"

    sql = f"""
    WITH d AS MATERIALIZED (
        SELECT {", ".join([*names, "sum(side) AS copies"])} FROM (
            SELECT {new}{_listed(["1 AS side"]) if new else "1 AS side"} FROM {sides.own} AS e
            UNION ALL SELECT {old}{_listed(["-1"]) if old else "-1"} FROM {sides.production} AS p
        ) AS u {f"GROUP BY {', '.join(names)}" if names else ""} HAVING sum(side) <> 0
    )
    SELECT (SELECT count(*) FROM {sides.production} AS p) AS rows_before,
        (SELECT count(*) FROM {sides.own}) AS rows_after,
        coalesce(sum(copies) FILTER (WHERE copies > 0), 0)::bigint AS added,
        coalesce(-sum(copies) FILTER (WHERE copies < 0), 0)::bigint AS gone,
        {some(">")} AS added_rows, {some("<")} AS gone_rows
    FROM d
    """
    row = session.row(sql, [*sides.only.params, *sides.only.params])
    return {
        **{name: row[name] for name in ("rows_before", "rows_after", "added", "gone")},
        "added_rows": _rows(sides, row["added_rows"]),
        "gone_rows": _rows(sides, row["gone_rows"]),
    }


def _listed(words: Sequence[str]) -> str:
    return "".join(f", {word}" for word in words)


def _read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _rows(sides: Sides, text: str | None) -> list[Row]:
    found = [] if text is None else _read(text)
    return [{name: sides.shown(name, value) for name, value in row.items()} for row in found]
