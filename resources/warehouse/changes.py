"""The feed of changes: which values of some columns differ between a table's rows before and after a windowed write.

It is recorded where the rows are published, and only of columns that a reader asked for. Each entry leads from one
version of the table to the next; where one is missing, as after a write of the whole, readers find a gap, and make
everything anew. What a reader makes of changed values is said by its plan, in `following`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from tributary.resources.warehouse.base import Note, Select
from tributary.resources.warehouse.checks import References, Sql
from tributary.resources.warehouse.engine import EngineSession
from tributary.resources.warehouse.following import MOST_KEYS, Follows, Lookup, Read, Values, worth_following
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Keys

CHANGES = "_parts.changes"
"""Texts `table_name`, `columns`, `previous`, `version`, `keys` (JSON), and `recorded_at`; a row a write and columns."""
READERS = "_parts.change_readers"
"""Texts `reader`, `table_name`, `columns`; one row a reader, table, and combination of columns that it follows."""

KEPT = 200
"""How many entries of a table and combination of columns are kept; a reader that is further behind finds a gap."""

_PLACE = re.compile(r"([\w.\"]+) = 'tributary:values:(\d+):(\d+)'")

Columns = tuple[str, ...]


def followed(session: EngineSession) -> list[Columns]:
    """The combinations of the table's columns whose changed values somebody follows."""
    rows = session.records(READERS, {"table_name": session.table.key}, ("columns",))
    found = [tuple(text.split(",")) if text else () for text in sorted({row["columns"] for row in rows})]
    return [columns for columns in found if set(columns) <= set(session.table.column_names)]


def follow(session: EngineSession, follows: Follows | None) -> None:
    """Make the table a reader of the changes that its plan and its checks need, and of no others."""
    reader = session.table.key
    plan = follows.plan if follows else None
    wanted = {(table, columns) for table, every in plan.tables.items() for columns in every} if plan else set()
    if follows:
        wanted |= {(read.table, read.columns) for _, read in references(session.table)}
    rows = [(reader, table, ",".join(columns)) for table, columns in sorted(wanted)]
    session.put(READERS, {"reader": reader}, ("reader", "table_name", "columns"), rows)


def differing(
    session: EngineSession, combinations: Collection[Columns], new: str, gone: str
) -> dict[Columns, list[list[str]]]:
    """The values of each combination in rows that only one of two relations holds; not where they are too many."""
    names = ", ".join(quoted(name) for name in session.table.column_names)
    come, went = (f"SELECT {names} FROM {relation} AS r" for relation in (new, gone))
    difference = f"({come} EXCEPT ALL {went}) UNION ALL ({went} EXCEPT ALL {come})"
    found = {}
    for columns in filter(None, combinations):
        rows = session.rows(f"{_distinct(columns, f'({difference}) AS d')} LIMIT {MOST_KEYS + 1}")
        if len(rows) <= MOST_KEYS:
            found[columns] = [list(row.values()) for row in rows]
    return found


def tell(session: EngineSession, previous: str | None, values: Mapping[Columns, list[list[str]]]) -> None:
    """Record which values differ between a version and the present one, which has been noted."""
    key = session.table.key
    version = session.versions([key])[key]
    if previous is None or version is None or version == previous:
        return
    fields = ("table_name", "columns", "previous", "version", "keys", "recorded_at")
    for columns, keys in values.items():
        owned = {"table_name": key, "columns": ",".join(columns)}
        entry = (*owned.values(), previous, version, json.dumps(keys), datetime.now(UTC))
        session.put(CHANGES, {**owned, "previous": previous}, fields, [entry])
        every = session.records(CHANGES, owned, ("version", "recorded_at"))
        old = [row["version"] for row in sorted(every, key=itemgetter("recorded_at"), reverse=True)[KEPT:]]
        if old:
            session.put(CHANGES, {**owned, "version": old}, fields, ())


def references(table: Table) -> list[tuple[str, Read]]:
    """The table's columns whose values must stand in other tables, and where these are looked for there."""
    checks = [check for check in table.checks if isinstance(check, References)]
    return [(check.column, Read(f"{check.schema}.{check.table}", (check.to,), 0)) for check in checks]


def referring(session: EngineSession, follows: Follows, note: Note) -> Sql | None:
    """The rows that refer to values which went from other tables since the note; None where that is not known."""
    if note.recipe != follows.recipe:
        return None
    conditions = ["false"]
    for column, read in references(session.table):
        found = _changes(session, read, note.inputs.get(read.table, ""), follows.versions[read.table])
        if found is None or not worth_following(found, note.rows):
            return None
        if gone := found - _look_up(session, Lookup(read.table, read.columns, read.columns, 0), found):
            conditions.append(session.is_any(quoted(column), {value for (value,) in gone}))
    return Sql(f"(SELECT * FROM {session.table.sql_name} AS t WHERE {' OR '.join(conditions)})".replace("%", "%%"))


def changed_keys(session: EngineSession, follows: Follows, note: Note) -> Values | None:
    """The keys whose rows may differ between the noted versions of the inputs and the present ones.

    None where that is not known, or where so many have changed that following them is not worth it.
    """
    if note.recipe != follows.recipe or follows.plan is None:
        return None
    changed: list[tuple[Read, Values]] = []
    for read in follows.plan.reads:
        found = _changes(session, read, note.inputs.get(read.table, ""), follows.versions[read.table])
        if found is None or not worth_following(found, note.rows):
            return None
        changed.append((read, found))
    try:
        keys = follows.plan.touched(changed, lambda lookup, values: _look_up(session, lookup, values, MOST_KEYS))
    except _TooManyError:
        return None
    return keys if worth_following(keys, note.rows) else None


def planned(session: EngineSession, select: Select, window: Keys) -> Select:
    """The SELECT with the values that its plan finds for the keys of the window in their places."""
    if select.plan is None:
        return select
    keys = frozenset(tuple(str(value) for value in key) for key in window.values)
    sets = select.plan.values(keys, lambda lookup, values: _look_up(session, lookup, values))

    def values(found: re.Match[str]) -> str:
        column, number, place = found[1], int(found[2]), int(found[3])
        return session.is_any(column, {value[place] for value in sets[number]})

    return Select(_PLACE.sub(values, select.sql))


def _changes(session: EngineSession, read: Read, then: str, now: str) -> Values | None:
    if then == now:
        return frozenset()
    if not read.columns:
        return None
    of_these = {"table_name": read.table, "columns": ",".join(read.columns)}
    rows = session.records(CHANGES, of_these, ("version", "previous"))
    before = {row["version"]: row["previous"] for row in rows}
    way = []
    while now != then:
        if now not in before:
            return None
        way.append(now)
        now = before.pop(now)
    entries = session.records(CHANGES, {**of_these, "version": way}, ("keys",))
    return frozenset(tuple(key) for entry in entries for key in json.loads(entry["keys"]))


class _TooManyError(Exception):
    """More values than are worth following."""


def _look_up(session: EngineSession, lookup: Lookup, values: Values, most: int | None = None) -> Values:
    if not values:
        return frozenset()
    # Of several columns each by itself: more rows than asked for, which a plan allows.
    wanted = " AND ".join(
        session.is_any(quoted(name), {value[place] for value in values}) for place, name in enumerate(lookup.by)
    )
    schema, _, name = lookup.table.partition(".")
    query = _distinct(lookup.gives, f"{quoted(schema)}.{quoted(name)}", wanted)
    rows = session.rows(query if most is None else f"{query} LIMIT {most + 1}")
    if most is not None and len(rows) > most:
        raise _TooManyError
    return frozenset(tuple(row.values()) for row in rows)


def _distinct(columns: Sequence[str], relation: str, condition: str = "true") -> str:
    """A query of the values, as text, that columns have together; without nulls."""
    given = ", ".join(f"CAST({quoted(name)} AS varchar) AS c{place}" for place, name in enumerate(columns))
    known = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in columns)
    return f"SELECT DISTINCT {given} FROM {relation} WHERE {condition} AND {known}"
