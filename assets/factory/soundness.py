"""What is wrong with a model that could be read: beside its own header, beside other tables, and beside the lint."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sqlglot import exp

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.expressions import chart_problems, condition_problems
from tributary.assets.factory.lint.check import lint
from tributary.assets.factory.lint.finding import line_of
from tributary.assets.factory.parameters.parameter import REQUEST
from tributary.resources.errors import nearest
from tributary.resources.warehouse.checks import Expression, NotNull, References

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel

Schema = Mapping[str, Mapping[str, str]]
"""Portable column types by column, by `schema.table`."""


def problems(
    model: SqlModel, schema: Schema, unread: Collection[str] = (), views: Collection[str] = ()
) -> Iterator[ModelError]:
    """All that is wrong; `unread` are tables whose files are refused, so that nobody knows their columns."""
    yield from _reads(model, schema, unread)
    asked = model.asked
    known = {**schema, **asked.relations} if asked else schema
    for finding in lint(model.select, model.body, known, asked.scalars if asked else {}):
        yield model.refuse(finding.line, f"{finding.message} [{finding.rule}]")
    yield from _asked(model, schema, unread)
    yield from _columns(model)
    yield from _window(model)
    yield from _incremental(model, schema, views)
    yield from _expressions(model)


def circles(models: Mapping[str, SqlModel]) -> dict[str, ModelError]:
    """By `schema.table`, a refusal of each model that cannot be made before the others, since it waits for itself."""
    reads = {
        key: {read for read in (*model.reads, *model.references) if read in models and read != key}
        for key, model in models.items()
    }
    found: dict[str, ModelError] = {}
    while True:
        try:
            TopologicalSorter(reads).prepare()
        except CycleError as error:
            circle = error.args[1][:0:-1]  # each reads the next
            for place, key in enumerate(circle):
                following = [*circle[place + 1 :], *circle[: place + 1]]
                problem = (
                    f"reads {', which reads '.join(following)}: tables cannot be made of each other; cut the circle."
                )
                found[key] = ModelError(models[key].path, _line_of_reading(models[key], following[0]), problem)
                reads.pop(key)
        else:
            return found


def _line_of_reading(model: SqlModel, key: str) -> int:
    """The file's line on which the SELECT, or else a check, names a table first."""
    if key in model.reads:
        return model.file.body_line + _table_line(model, key) - 1
    checks = enumerate(model.table.checks)
    index = next(place for place, one in checks if isinstance(one, References) and f"{one.schema}.{one.table}" == key)
    return model.file.line("checks", index)


def _table_line(model: SqlModel, key: str) -> int:
    """The line of the SQL on which a table is named first."""
    for table in model.select.find_all(exp.Table):
        if f"{table.db}.{table.name}" == key:
            return line_of(table)
    return 1


def _columns(model: SqlModel) -> Iterator[ModelError]:
    returned, declared = model.select.named_selects, model.rows.column_names
    for column in declared:
        if column not in returned:
            line = model.file.line("columns", column)
            yield ModelError(model.path, line, f"column {column} is described, but the SELECT does not return it.")
    for position, column in enumerate(returned):
        if column not in declared and column != "*":
            line = line_of(model.select.selects[position])
            yield model.refuse(line, f"column {column} is returned, but the header does not describe it.")


def _asked(model: SqlModel, schema: Schema, unread: Collection[str]) -> Iterator[ModelError]:
    """What a report asks is used, and what it reads of it, is asked; choices come from columns that are there."""
    if model.asked is None:
        return
    named = {node.name for node in model.select.find_all(exp.Placeholder)}
    tables = list(model.select.find_all(exp.Table))
    read = {table.name for table in tables if table.db == REQUEST}
    for name in model.asked.parameters:
        is_value = name in model.asked.scalars
        if name not in (named if is_value else read):
            written = f":{name}" if is_value else f"{REQUEST}.{name}"
            line = model.file.line("parameters", name)
            yield ModelError(model.path, line, f"{name} is asked, but the SELECT does not use it; write {written}.")
    for table in tables:
        if table.db == REQUEST and f"{REQUEST}.{table.name}" not in model.asked.relations:
            hint = nearest(table.name, model.asked.parameters)
            problem = f"{REQUEST}.{table.name} is no group of parameters, nor one that takes many values{hint}"
            yield model.refuse(line_of(table), problem)
    for path, choices in model.asked.choices:
        name, _, part = path.partition(".")
        line = model.file.line("parameters", name, *(("fields", part) if part else ()), "choices")
        if not choices.table or choices.table in unread:
            continue
        for column in filter(None, (choices.column, choices.label)):
            if column not in schema.get(choices.table, ()):
                every = [f"{key}.{one}" for key, columns in schema.items() for one in columns]
                hint = nearest(f"{choices.table}.{column}", every)
                yield ModelError(
                    model.path, line, f"choices come from {choices.table}.{column}, which no asset makes{hint}"
                )


def _window(model: SqlModel) -> Iterator[ModelError]:
    window, line = model.window, model.file.line("window")
    if window is None:
        return
    if model.table.kind == "view":
        yield ModelError(model.path, line, "a view has no window; leave window out, or make it a table.")


def _incremental(model: SqlModel, schema: Schema, views: Collection[str]) -> Iterator[ModelError]:
    """Rows can follow changes by keys only where the SELECT says of each input whose rows it touches."""
    if not model.keys:
        return

    def refused(problem: str) -> ModelError:
        return ModelError(model.path, model.file.line("incremental"), f"incremental: {problem}")

    table = model.table
    if strange := [name for name in model.keys if name not in table.column_names]:
        yield refused(f"{strange[0]} is not one of the table's columns{nearest(strange[0], table.column_names)}")
        return
    if table.kind == "view" or table.partition_by or table.deduplicate:
        yield refused("it goes with no view, window or deduplicate; leave one of them out.")
    never_null = {
        name
        for check in table.checks
        if isinstance(check, NotNull) and check.severity == "error"
        for name in check.names
    }
    if empty := [name for name in model.keys if name not in never_null]:
        yield refused(f"{empty[0]} may be null; name it in a not_null check.")
    if read := [key for key in model.reads if key in views]:
        yield refused(f"{read[0]} is a view, of which no changes are known; read the tables behind it.")
    elif all(key in schema for key in model.reads):
        from tributary.assets.factory.keyed import by_keys
        from tributary.assets.factory.keyed_select import NotByKeysError

        try:
            keys = {name: table.column(name).type for name in model.keys}
            by_keys(model.select, {key: schema[key] for key in model.reads}, keys)
        except NotByKeysError as error:
            yield refused(f"the rows of a key cannot be made by themselves: {error}.")


def _expressions(model: SqlModel) -> Iterator[ModelError]:
    """Conditions in checks and charts are SQL too, over the table's own columns."""
    for index, check in enumerate(model.table.checks):
        if isinstance(check, Expression):
            line = model.file.text_line("checks", index, "expression")
            for found in condition_problems(model.rows, check.sql):
                yield ModelError(model.path, line + found.line, found.problem)
    if model.chart is not None:
        for found in chart_problems(model.rows, model.chart):
            yield ModelError(model.path, model.file.line("chart"), f"chart: {found.problem}")


def _reads(model: SqlModel, schema: Schema, unread: Collection[str]) -> Iterator[ModelError]:
    for key in model.reads:
        if key == model.key:
            yield model.refuse(_table_line(model, key), "reads the table that it makes.")
        elif key not in schema and key not in unread:
            hint = nearest(key, [*schema, *unread])
            yield model.refuse(_table_line(model, key), f"reads {key}, which no asset makes{hint}")
    for index, check in enumerate(model.table.checks):
        if not isinstance(check, References):
            continue
        key = f"{check.schema}.{check.table}"
        if key not in unread and check.to not in schema.get(key, ()):
            every = [f"{name}.{column}" for name, columns in schema.items() for column in columns]
            hint = nearest(f"{key}.{check.to}", every)
            line = model.file.line("checks", index)
            yield ModelError(model.path, line, f"references {key}.{check.to}, which no asset makes{hint}")
