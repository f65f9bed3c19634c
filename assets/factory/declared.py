"""Makes a table's record of what a model's header declares."""

from __future__ import annotations

from collections.abc import Iterator

from tributary.assets.factory.declared_yaml import DeclaredYaml
from tributary.assets.factory.errors import ModelError, together
from tributary.assets.factory.header import CheckEntry, DeduplicateEntry, Header, WindowEntry
from tributary.resources.errors import nearest
from tributary.resources.warehouse.checks import AcceptedValues, Check, Expression, NotNull, References, Unique
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.table import Column, Deduplication, Table


def declared_table(source: DeclaredYaml[Header], layer: str, name: str) -> Table:
    """The table that a header declares.

    Raises:
        ModelError: a name or type cannot be used, or a part names a column that is none.
    """
    header = source.value
    columns: list[Column] = []
    refused: list[ModelError] = []
    for column, entry in header.columns.items():
        try:
            columns.append(Column(column, entry.type, entry.description, tuple(entry.tags)))
        except ContractError as error:
            refused.append(ModelError(source.path, source.line("columns", column), str(error)))
    checks = tuple(_check(entry) for entry in header.checks)
    for index, check in enumerate(checks):
        line = source.line("checks", index)
        for column in check.columns:
            if column not in header.columns:
                hint = nearest(column, header.columns)
                problem = f"check {check.name} names {column}, which is not one of its columns{hint}"
                refused.append(ModelError(source.path, line, problem))
        if isinstance(check, AcceptedValues) and check.column in header.columns:
            refused += _of_other_type(source, index, check)
    if header.window is not None:
        refused += _no_window(source, header.window)
    if refused:
        raise together(refused)
    try:
        return Table(
            schema=layer,
            name=name,
            columns=tuple(columns),
            description=header.description,
            grain=header.grain,
            checks=checks,
            kind=header.kind,
            partition_by=header.window.column if header.window else None,
            deduplicate=_deduplication(header.deduplicate),
            indexes=tuple(map(tuple, header.indexes)),
        )
    except ContractError as error:
        named = {*header.deduplicate.key, *header.deduplicate.order} if header.deduplicate else set()
        part = "deduplicate" if named - set(header.columns) else "indexes" if "index" in str(error) else "checks"
        raise ModelError(source.path, source.line(part), str(error)) from None


_KINDS = {"boolean": bool, "integer": int, "bigint": int, "text": str}


def _of_other_type(source: DeclaredYaml[Header], index: int, check: AcceptedValues) -> Iterator[ModelError]:
    """Values that no row of the column can hold, by YAML's reading of them."""
    kind = source.value.columns[check.column].type
    for value in check.values:
        if kind in _KINDS and type(value) is not _KINDS[kind]:
            wanted = "quote it" if kind == "text" else f"write it as {kind}, without quotes"
            problem = f"{value!r} is no value of the {kind} column {check.column}; {wanted}."
            yield ModelError(source.path, source.line("checks", index), problem)


def _no_window(source: DeclaredYaml[Header], window: WindowEntry) -> Iterator[ModelError]:
    """What keeps partitions from holding every row from the window's start on."""
    line = source.line("window")
    column = source.value.columns.get(window.column)
    if column is None:
        hint = nearest(window.column, source.value.columns)
        yield ModelError(source.path, line, f"window column {window.column} is not one of its columns{hint}")
    elif column.type not in ("date", "timestamp"):
        yield ModelError(source.path, line, f"window column {window.column} must be a date or a timestamp.")
    elif window.every == "hour" and column.type == "date":
        yield ModelError(
            source.path, line, f"{window.column} is a date, which has no hours; let every be day or month."
        )
    if window.every == "month" and window.start.day != 1:
        yield ModelError(source.path, line, f"months begin on their first day; let start be {window.start:%Y-%m}-01.")


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
