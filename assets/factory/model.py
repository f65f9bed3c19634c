"""A SQL model: one file, one SELECT, one table. Everything that the platform knows of it is derived here.

The file's path gives domain, layer and name (`sql/<domain>/<layer>/<table>.sql`); its header gives meaning, types and
checks; its SELECT gives the tables it reads. How it becomes an asset is `sql_assets`' matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from sqlglot import exp

from assets.factory.dialects import statement
from assets.factory.errors import ModelError
from assets.factory.header import ChartEntry, CheckEntry, DeduplicateEntry, HeaderSource, WindowEntry
from assets.factory.lint import SqlSyntaxError, lint, parse
from assets.factory.lint.finding import line_of
from resources.warehouse.checks import AcceptedValues, Check, Expression, NotNull, References, Unique
from resources.warehouse.errors import ContractError
from resources.warehouse.table import LAYERS, Column, Deduplication, Table

Dialect: TypeAlias = Literal["postgres", "athena"]


@dataclass(frozen=True, eq=False)
class SqlModel:
    """A model that has been read and found sound in itself; `reads` are the tables its SELECT names, by `schema.table`.

    `references` are the tables that its checks look into, which must be there first as well.
    """

    path: Path
    domain: str
    table: Table
    select: exp.Query
    reads: tuple[str, ...]
    references: tuple[str, ...]
    chart: ChartEntry | None
    window: WindowEntry | None
    tags: Mapping[str, str]
    digest: str
    source: HeaderSource = field(repr=False)

    @property
    def key(self) -> str:
        """`schema.table`."""
        return self.table.key

    def statement(self, dialect: Dialect) -> str:
        """The SELECT in an engine's dialect."""
        return statement(self.select, dialect)

    def refuse(self, line: int, problem: str) -> ModelError:
        """A refusal of this file, at a line of its SQL counted from the SQL's own first line."""
        return ModelError(self.path, self.source.body_line + line - 1, problem)

    def table_line(self, key: str) -> int:
        """The line of the SQL on which a table is named first."""
        for table in self.select.find_all(exp.Table):
            if f"{table.db}.{table.name}" == key:
                return line_of(table)
        return 1


def read_model(path: Path, root: Path) -> SqlModel:
    """Read one file under `root`.

    Raises:
        ModelError: the path, the header or the SELECT is wrong in a way that shows without knowing other tables.
    """
    domain, layer, name = _place(path, root)
    text = path.read_text(encoding="utf-8")
    source = HeaderSource(path, text)
    try:
        select = parse(source.body)
    except SqlSyntaxError as error:
        raise ModelError(path, source.body_line + error.line - 1, error.problem) from None
    table = _table(source, layer, name)
    return SqlModel(
        path=path,
        domain=domain,
        table=table,
        select=select,
        reads=_reads(source, select),
        references=tuple(
            dict.fromkeys(f"{check.schema}.{check.table}" for check in table.checks if isinstance(check, References))
        ),
        chart=source.header.chart,
        window=source.header.window,
        tags=source.header.tags,
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        source=source,
    )


def load_models(root: Path, tables: Iterable[Table]) -> dict[str, SqlModel]:
    """Read every model under `root`, by `schema.table`; `tables` are those that Python assets make.

    Raises:
        ModelError: a file is wrong, makes a table that another makes, or reads a table that nothing makes.
    """
    known = {table.key: table for table in tables}
    models: dict[str, SqlModel] = {}
    for path in sorted(root.rglob("*.sql")):
        model = read_model(path, root)
        if model.key in known or model.key in models:
            raise ModelError(path, 1, f"{model.key} is made twice; rename this file or the other.")
        models[model.key] = model
    every = [*known.values(), *(model.table for model in models.values())]
    schema = {table.key: {column.name: column.type for column in table.columns} for table in every}
    for model in models.values():
        for finding in lint(model.select, model.source.body, schema):
            raise model.refuse(finding.line, f"{finding.message} [{finding.rule}]")
        _match_columns(model.source, model.table, model.select)
        _check_window(model)
        _check_expressions(model)
        _check_reads(model, schema)
    return models


def _place(path: Path, root: Path) -> tuple[str, str, str]:
    parts = path.relative_to(root).with_suffix("").parts
    if len(parts) != 3 or parts[1] not in LAYERS[1:]:
        raise ModelError(path, 1, "a model stands at sql/<domain>/<staged, core or gold>/<table>.sql.")
    return parts[0], parts[1], parts[2]


def _table(source: HeaderSource, layer: str, name: str) -> Table:
    header = source.header
    columns = []
    for column, entry in header.columns.items():
        try:
            columns.append(Column(column, entry.type, entry.description, tuple(entry.tags)))
        except ContractError as error:
            raise ModelError(source.path, source.line("columns", column), str(error)) from None
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


def _match_columns(source: HeaderSource, table: Table, select: exp.Query) -> None:
    returned = select.named_selects
    for column in table.column_names:
        if column not in returned:
            line = source.line("columns", column)
            raise ModelError(source.path, line, f"column {column} is described, but the SELECT does not return it.")
    for position, column in enumerate(returned):
        if column not in table.column_names:
            line = source.body_line + line_of(select.selects[position]) - 1
            raise ModelError(source.path, line, f"column {column} is returned, but the header does not describe it.")


def _check_window(model: SqlModel) -> None:
    window, line = model.window, model.source.line("window")
    if window is None:
        return
    if model.table.kind == "view":
        raise ModelError(model.path, line, "a view has no window; leave window out, or make it a table.")
    if model.table.column(window.column).type not in ("date", "timestamp"):
        raise ModelError(model.path, line, f"window column {window.column} must be a date or a timestamp.")


def _check_expressions(model: SqlModel) -> None:
    """Conditions in checks and charts are SQL too, over the table's own columns."""
    for index, check in enumerate(model.table.checks):
        if isinstance(check, Expression):
            _check_expression(model, check.sql, model.source.line("checks", index))
    if model.chart is not None:
        for part in (model.chart.x, model.chart.y):
            _check_expression(model, part, model.source.line("chart"))


def _check_expression(model: SqlModel, text: str, line: int) -> None:
    try:
        select = parse(f"SELECT {text} AS value FROM {model.key} AS t")
    except SqlSyntaxError as error:
        raise ModelError(model.path, line, f"{text!r} is no SQL expression: {error.problem}") from None
    for column in select.find_all(exp.Column):
        if column.name not in model.table.column_names:
            raise ModelError(model.path, line, f"{text!r} names {column.name}, which is not one of its columns.")


def _reads(source: HeaderSource, select: exp.Query) -> tuple[str, ...]:
    found: dict[str, None] = {}
    ctes = {cte.alias for cte in select.find_all(exp.CTE)}
    for table in select.find_all(exp.Table):
        if not table.db:
            if table.name not in ctes:
                line = source.body_line + line_of(table) - 1
                raise ModelError(source.path, line, f"table {table.name} needs its schema, as in staged.{table.name}.")
            continue
        found[f"{table.db}.{table.name}"] = None
    return tuple(found)


def _check_reads(model: SqlModel, columns: Mapping[str, Mapping[str, str]]) -> None:
    for key in model.reads:
        if key not in columns:
            raise model.refuse(model.table_line(key), f"reads {key}, which no asset makes.")
        if key == model.key:
            raise model.refuse(model.table_line(key), "reads the table that it makes.")
    for index, check in enumerate(model.table.checks):
        if isinstance(check, References) and check.to not in columns.get(f"{check.schema}.{check.table}", ()):
            line = model.source.line("checks", index)
            raise ModelError(
                model.path, line, f"references {check.schema}.{check.table}.{check.to}, which no asset makes."
            )
