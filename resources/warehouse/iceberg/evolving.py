"""Gives an Iceberg table the columns that it is to have: by Iceberg's own changes of a schema, never by a new table.

A column that is added, dropped, or widened changes metadata alone. One of a type that Iceberg does not widen to is
another column of the same name, for which rows that stay are written again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pyiceberg.exceptions import ResolveError
from pyiceberg.schema import Schema, promote
from pyiceberg.table import Transaction

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.iceberg.types import has_columns, iceberg_type, sql_type
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Keys, Window

COMMENT = "comment"
"""The property of a table that is its comment to Trino and Athena."""


def evolve(transaction: Transaction, table: Table) -> Schema:
    """Give the table of a transaction its declared columns, in their order, and its documentation; its schema then."""
    had = transaction.table_metadata.schema()
    if transaction.table_metadata.properties.get(COMMENT, "") != table.comment:
        transaction.set_properties({COMMENT: table.comment})
    if has_columns(had, table):
        return _documented(transaction, table)
    present = {field.name: field for field in had.fields}
    # An older partition may hang on a column that goes, which it then must not.
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for name in present.keys() - set(table.column_names):
            update.delete_column(name)
        for column in table.columns:
            type_, field = iceberg_type(column.type), present.get(column.name)
            if field is not None and field.field_type == type_:
                continue
            if field is not None and _widens(field.field_type, type_):
                update.update_column(column.name, field_type=type_)
                continue
            if field is not None:
                update.delete_column(column.name)
            update.add_column(column.name, type_, doc=column.description or None)
    if not has_columns(transaction.table_metadata.schema(), table):
        with transaction.update_schema() as update:
            update.move_first(table.column_names[0])
            for before, name in pairwise(table.column_names):
                update.move_after(name, before)
    return _documented(transaction, table)


def _documented(transaction: Transaction, table: Table) -> Schema:
    """Give the columns their documentation, where they have another."""
    told = {field.name: field.doc or "" for field in transaction.table_metadata.schema().fields}
    others = [column for column in table.columns if told[column.name] != column.description]
    if others:
        with transaction.update_schema() as update:
            for column in others:
                update.update_column(column.name, doc=column.description)
    return transaction.table_metadata.schema()


def needs_rewriting(had: Schema, table: Table) -> bool:
    """Whether rows that stay must be written again, for a column to keep what it can of its values."""
    present = {field.name: field.field_type for field in had.fields}
    return any(
        column.name in present
        and present[column.name] != iceberg_type(column.type)
        and not _widens(present[column.name], iceberg_type(column.type))
        for column in table.columns
    )


def kept(table: Table, had: Schema) -> str:
    """What to select of rows that stay: values of a changed type where they are one of the new type, else null."""
    present = {field.name: field.field_type for field in had.fields}
    columns = []
    for column in table.columns:
        name, type_ = quoted(column.name), sql_type(column.type)
        if column.name not in present:
            columns.append(f"CAST(NULL AS {type_}) AS {name}")
        elif present[column.name] == iceberg_type(column.type):
            columns.append(name)
        else:
            columns.append(f"TRY_CAST(CAST({name} AS varchar) AS {type_}) AS {name}")
    return ", ".join(columns)


def told(table: Table, had: Schema) -> str:
    """What changed, as a sentence."""
    present = {field.name: field.field_type for field in had.fields}
    wanted = {column.name: column for column in table.columns}
    changes = [f"{name} is new" for name in wanted if name not in present]
    changes += [f"{name} is gone" for name in present if name not in wanted]
    changes += [
        f"{name} is {column.type}, was {present[name]}"
        for name, column in wanted.items()
        if name in present and present[name] != iceberg_type(column.type)
    ]
    return (
        f"{table.key} changed its columns ({'; '.join(changes) or 'their order'}): rows of other windows keep what "
        "they had, with nulls where they know nothing, until those windows are written again."
    )


def expect_owners(run: Callable[[str], list[dict[str, Any]]], table: Table, window: Window, had: Schema) -> None:
    """Rows that no window owns would stay for ever, beside those that are made again.

    Raises:
        WarehouseError: there are such rows.
    """
    if isinstance(window, Keys):
        return
    column, rows = quoted(window.column), table.sql_name
    if window.column in {field.name for field in had.fields}:
        rows = (
            f"(SELECT {kept(table, had)} FROM {table.sql_name} WHERE {column} IS NOT NULL) AS k WHERE {column} IS NULL"
        )
    lost = run(f"SELECT count(*) AS n FROM {rows}")[0]["n"]
    if lost:
        raise WarehouseError(
            f"{table.key} is now written by windows of {window.column}, which {lost:,} of its rows do not have: keep "
            f"the old column and its type, or drop the table and materialise all of its partitions "
            f"(`tributary materialize {table.key} --from … --to … --force`)."
        )


def _widens(old: object, new: object) -> bool:
    try:
        promote(old, new)  # type: ignore[arg-type]  # dispatched by its first argument's class
    except ResolveError:
        return False
    return True
