"""Views of the engine, the versions of tables and views, and the record of what was published when.

A view is made anew in one statement. Its note is written behind it, with the definition that the engine then has: where
a crash comes between, or somebody defines it otherwise, nothing is known of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any

import sqlglot
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo
from sqlglot import exp

from tributary.resources.warehouse.base import Note, Update
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.iceberg import notes, records, tables
from tributary.resources.warehouse.iceberg.access import Access
from tributary.resources.warehouse.iceberg.notes import Noted
from tributary.resources.warehouse.iceberg.types import sql_type
from tributary.resources.warehouse.iceberg.values import quote
from tributary.resources.warehouse.table import Table, quoted

PUBLICATIONS = """
SELECT split_part(p.table_name, '.', 1) AS schema_name, split_part(p.table_name, '.', 2) AS table_name,
    p.changed_at AS updated_at, p.rows
FROM _parts.publications AS p
JOIN information_schema.tables AS t
    ON t.table_schema = split_part(p.table_name, '.', 1) AND t.table_name = split_part(p.table_name, '.', 2)
WHERE p.kind = 'table'
"""
"""When each table's rows last changed; `Engine.publications`."""

_FIELDS = ("table_name", "kind", "changed_at", "rows", "note", "definition", "reads")


def exists(access: Access, name: str) -> bool:
    """Whether there is a view `schema.name`."""
    return _definition(access, name) is not None


def has_columns(access: Access, table: Table) -> bool:
    """Whether the view has the columns that the table declares."""
    found = access.rows(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "ORDER BY ordinal_position",
        (table.schema, table.name),
    )
    wanted = [(column.name, sql_type(column.type)) for column in table.columns]
    return [(row["column_name"], row["data_type"]) for row in found] == wanted and exists(access, table.key)


def publish(access: Access, table: Table, select: str, note: Note) -> None:
    """Make the view that of the SELECT, at once."""
    # Said by pyiceberg, since a table that is in the way is an error in Trino's words only.
    if tables.find(access.catalogue, table.key) is not None:
        raise WarehouseError(f"{table.key} is a table in the warehouse, and is to be a view: drop the table.")
    access.rows(f"CREATE OR REPLACE VIEW {table.sql_name} AS {select}")
    describe(access, table)
    reads = json.dumps(sorted(_reads(select)))
    _record(access, table.key, notes.new_note(note), _definition(access, table.key) or "", reads)


def describe(access: Access, table: Table) -> None:
    """Give a view the documentation that the table declares, where it has another and the engine can hold any."""
    if not access.transport.comments:
        return
    place = f"table_schema = {quote(table.schema)} AND table_name = {quote(table.name)}"
    columns = access.rows(f"SELECT column_name, comment FROM information_schema.columns WHERE {place}")
    place = place.replace("table_schema", "schema_name")
    said = access.rows(
        f"SELECT comment FROM system.metadata.table_comments WHERE catalog_name = current_catalog AND {place}"
    )
    if not said:
        return
    if (said[0]["comment"] or "") != table.comment:
        access.rows(f"COMMENT ON VIEW {table.sql_name} IS {quote(table.comment)}")
    told = {row["column_name"]: row["comment"] or "" for row in columns}
    for column in table.columns:
        if told.get(column.name, column.description) != column.description:
            access.rows(f"COMMENT ON COLUMN {table.sql_name}.{quoted(column.name)} IS {quote(column.description)}")


def renew(access: Access, table: Table, note: Note) -> None:
    """Note other things of a view that is the same."""
    row = _recorded(access, table.key)
    if row is not None:
        _record(access, table.key, notes.read(row["note"]).renewed(note), row["definition"], row["reads"])


def noted(access: Access, name: str) -> Noted | None:
    """What was noted of a view; None where nothing was, or it was defined otherwise since."""
    row = _recorded(access, name)
    return None if row is None else notes.read(row["note"])


def record_publication(access: Access, table: Table, found: Noted) -> None:
    """Record when a table's rows were published, for `publications`; its note is in its snapshot."""
    _put(access, table.key, ("table", found, "", "", ""))


def published(catalogue: Catalog) -> dict[str, Update]:
    """What is recorded as published, by name; asked of the catalogue alone."""
    found = tables.find(catalogue, records.PUBLICATIONS)
    if found is None or found.current_snapshot() is None:
        return {}
    rows = found.scan(selected_fields=("table_name", "rows", "changed_at")).to_arrow().to_pylist()
    return {row["table_name"]: Update(row["rows"], row["changed_at"].replace(tzinfo=UTC)) for row in rows}


def versions(access: Access, names: Collection[str]) -> dict[str, str | None]:
    """The version of each table or view by `schema.name`: of a view, of its definition and of all that it reads."""
    known: dict[str, str | None] = {}

    def of(name: str, above: frozenset[str] = frozenset()) -> str | None:
        if name not in known:
            known[name] = _version(access, name, above, of)
        return known[name]

    return {name: of(name) for name in names}


def _version(access: Access, name: str, above: frozenset[str], of: Any) -> str | None:
    table = tables.find(access.catalogue, name)
    if table is not None:
        found = notes.noted(table)
        return None if found is None else f"{name}@{found.version}"
    row = None if name in above else _recorded(access, name)
    if row is None:
        return None
    parts = [of(read, above | {name}) for read in json.loads(row["reads"])]
    own = f"{name}@{notes.read(row['note']).version}"
    return None if None in parts else " ".join(sorted([own, *filter(None, parts)]))


def _record(access: Access, name: str, found: Noted, definition: str, reads: str) -> None:
    _put(access, name, ("view", found, found.text(), definition, reads))


def _put(access: Access, name: str, said: tuple[str, Noted, str, str, str]) -> None:
    kind, found, note, definition, reads = said
    at = found.changed_at.astimezone(UTC).replace(tzinfo=None)
    row = (name, kind, at, found.note.rows, note, definition, reads)
    records.put(access.catalogue, records.PUBLICATIONS, {"table_name": name}, _FIELDS, [row])


def _recorded(access: Access, name: str) -> Mapping[str, Any] | None:
    """The record of a view that is as it was recorded."""
    table = tables.find(access.catalogue, records.PUBLICATIONS)
    if table is None or table.current_snapshot() is None:
        return None
    rows = table.scan(EqualTo(term="table_name", value=name)).to_arrow().to_pylist()
    if not rows or rows[0]["kind"] != "view" or rows[0]["definition"] != _definition(access, name):
        return None
    found: Mapping[str, Any] = rows[0]
    return found


def _definition(access: Access, name: str) -> str | None:
    schema, _, view = name.partition(".")
    query = "SELECT view_definition FROM information_schema.views WHERE table_schema = %s AND table_name = %s"
    rows = access.rows(query, (schema, view))
    return str(rows[0]["view_definition"]) if rows else None


def _reads(select: str) -> set[str]:
    """The tables that a SELECT reads, but for those that tell of the catalogue itself."""
    tree = sqlglot.parse_one(select, dialect="trino")
    found = {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}
    return {name for name in found if not name.startswith("information_schema.")}
