"""Makes a table's record of what a model's header declares."""

from __future__ import annotations

from assets.factory.errors import ModelError, together
from assets.factory.header import CheckEntry, DeduplicateEntry, HeaderSource
from resources.warehouse.checks import AcceptedValues, Check, Expression, NotNull, References, Unique
from resources.warehouse.errors import ContractError
from resources.warehouse.table import Column, Deduplication, Table


def declared_table(source: HeaderSource, layer: str, name: str) -> Table:
    """The table that a header declares.

    Raises:
        ModelError: a name or type cannot be used, or a part names a column that is none.
    """
    header = source.header
    columns, refused = [], []
    for column, entry in header.columns.items():
        try:
            columns.append(Column(column, entry.type, entry.description, tuple(entry.tags)))
        except ContractError as error:
            refused.append(ModelError(source.path, source.line("columns", column), str(error)))
    if refused:
        raise together(refused)
    try:
        return Table(
            schema=layer,
            name=name,
            columns=tuple(columns),
            description=header.description,
            grain=header.grain,
            checks=tuple(_check(entry) for entry in header.checks),
            kind=header.kind,
            partition_by=header.window.column if header.window else None,
            deduplicate=_deduplication(header.deduplicate),
        )
    except ContractError as error:
        part = "window" if header.window and header.window.column not in header.columns else "checks"
        named = {*header.deduplicate.key, *header.deduplicate.order} if header.deduplicate else set()
        part = "deduplicate" if named - set(header.columns) else part
        raise ModelError(source.path, source.line(part), str(error)) from None


def _deduplication(entry: DeduplicateEntry | None) -> Deduplication | None:
    return None if entry is None else Deduplication(tuple(entry.key), tuple(entry.order))


def _check(entry: CheckEntry) -> Check:
    title = "" if entry.name == "unnamed" else entry.name
    if entry.unique is not None:
        return Unique(tuple(entry.unique), severity=entry.severity, title=title)
    if entry.not_null is not None:
        return NotNull(tuple(entry.not_null), severity=entry.severity, title=title)
    if entry.accepted_values is not None:
        values = entry.accepted_values
        return AcceptedValues(values.column, tuple(values.values), severity=entry.severity, title=title)
    if entry.references is not None:
        schema, table, to = entry.references.to.split(".")
        return References(entry.references.column, schema, table, to, severity=entry.severity, title=title)
    return Expression(entry.expression or "", severity=entry.severity, title=title)
