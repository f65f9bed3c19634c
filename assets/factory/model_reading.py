"""Reads the files of SQL models: everything that the platform knows of a model is derived here.

The file's path gives source, layer and name (`sql/<source>/<layer>/<table>.sql`); its header gives meaning, types and
checks; its SELECT gives the tables it reads. What was read is a `model.SqlModel`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp

from tributary.assets.factory.declared import declared_table
from tributary.assets.factory.dialects import DialectError, statement
from tributary.assets.factory.errors import ModelError, together
from tributary.assets.factory.header import Header, HeaderSource, split_header
from tributary.assets.factory.keyed import by_keys
from tributary.assets.factory.lint.errors import SqlSyntaxError
from tributary.assets.factory.lint.parsing import parse, tokens_of
from tributary.assets.factory.model import ByKeys, SqlModel, digest_of
from tributary.assets.factory.model_files import (
    REPORTS,
    ModelFolders,
    key_of,
    model_files,
    place_of,
    read_text,
    template_in,
)  # fmt: skip
from tributary.assets.factory.parameters.declared import declared_asked, report_table
from tributary.assets.factory.parameters.entries import ReportHeader
from tributary.assets.factory.parameters.parameter import REQUEST, Asked
from tributary.assets.factory.proven import proven
from tributary.assets.factory.soundness import circles, problems
from tributary.resources.warehouse.checks import References
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.table import Table


def read_model(path: Path, folders: ModelFolders, text: str | None = None) -> SqlModel:
    """Read one file, or `text` in its place.

    Raises:
        ModelError: the path, the header or the SELECT is wrong in a way that shows without knowing other tables.
    """
    source, layer, name = place_of(path, folders)
    text = read_text(path) if text is None else text
    split = split_header(path, text)
    errors: list[ModelError] = []
    try:
        file, table, asked = _declared(path, text, layer, name)
    except ModelError as error:
        errors.append(error)
    template = template_in(split.body)
    try:
        if template is not None:
            raise template
        select = parse(split.body)
    except SqlSyntaxError as error:
        errors.append(ModelError(path, split.body_line + error.line - 1, error.problem))
    if errors:
        raise together(errors)
    model = SqlModel(
        path=path,
        source=source,
        table=table,
        reads=_reads(select, asked),
        references=tuple(dict.fromkeys(_references(table, asked))),
        chart=file.header.chart,
        window=file.header.window,
        keys=tuple(file.header.incremental.keys) if file.header.incremental else (),
        tags=file.header.tags,
        refresh=file.header.refresh,
        digest=digest_of(text if asked is not None else _deciding(file, split.body)),
        text=text,
        postgres=_postgres(select),
        asked=asked,
    )
    vars(model).update(file=file, select=select)
    return model


def _deciding(file: HeaderSource[Header], body: str) -> str:
    """What of a model's file its rows, their checks and their pictures follow from: all but what it says to people.

    Descriptions, comments and how the text is laid out may change without a row being made again.
    """
    told = file.header.model_dump(mode="json", exclude_defaults=True, exclude={"description", "grain"})
    told["columns"] = [[name, {**one, "description": ""}] for name, one in told["columns"].items()]
    return json.dumps([told, [body[token.start : token.end + 1] for token in tokens_of(body)]])


def _declared(path: Path, text: str, layer: str, name: str) -> tuple[HeaderSource[Header], Table, Asked | None]:
    """What a header says: of a table, or of a report."""
    if layer != REPORTS:
        file = HeaderSource(path, text, Header)
        return file, declared_table(file, layer, name), None
    report = HeaderSource(path, text, ReportHeader)
    rows = declared_table(report, layer, name)
    try:
        return report, report_table(rows), declared_asked(report, rows)
    except ContractError as error:
        raise ModelError(path, 1, str(error)) from None


@dataclass(frozen=True)
class Reading:
    """The models that are sound, by `schema.table`, and what is wrong with each of the other files."""

    models: Mapping[str, SqlModel]
    refused: Mapping[Path, ModelError]


def read_models(
    folders: ModelFolders,
    files: Mapping[Path, str | ModelError],
    tables: Iterable[Table],
    unread: Collection[str] = (),
    unchanged: Collection[Path] = (),
    before: Mapping[Path, SqlModel] | None = None,
) -> Reading:
    """Read the texts of all model files; `tables` are those that Python assets make.

    A file that is wrong is refused, and stops no other; `unread` are tables whose columns nobody knows. Of `unchanged`
    files, which were found sound together, only those are looked through again that read what has changed. `before` are
    models read before, which are not read again where their text is the same.
    """
    known_models = {path: model for path, model in (before or {}).items() if files.get(path) == model.text}
    known = {table.key: table for table in tables}
    models: dict[str, SqlModel] = {}
    refused: dict[Path, ModelError] = {}
    for path, text in files.items():
        try:
            if isinstance(text, ModelError):
                raise text
            model = known_models.get(path) or read_model(path, folders, text)
            if model.key in known:
                raise ModelError(path, 1, f"{model.key} is made by Python code already; rename this file.")
            if model.key in models:
                other = folders.name_of(models[model.key].path)
                raise ModelError(path, 1, f"{model.key} is made twice; rename this file or {other}.")
        except ModelError as error:
            refused[path] = error
        else:
            models[model.key] = model
    nobody_knows = {*unread, *(key for key in (key_of(path, folders) for path in refused) if key is not None)}
    every = [*known.values(), *(model.table for model in models.values())]
    schema = {table.key: {column.name: column.type for column in table.columns} for table in every}
    settled = {*known, *unread, *(key for key, model in models.items() if model.path in unchanged)}
    changed = [
        model for model in models.values() if not settled.issuperset((model.key, *model.reads, *model.references))
    ]
    views = {table.key for table in every if table.kind == "view"}
    in_circles = circles(models) if changed else {}
    for model in changed:
        errors = list(problems(model, schema, nobody_knows - set(schema), views))
        errors += [in_circles[model.key]] if model.key in in_circles else []
        if errors:
            refused[model.path] = together(errors)
    anew = {model.key for model in changed}
    sound = {
        key: with_schema(model, schema) if key in anew or model.proven is None else model
        for key, model in models.items()
        if model.path not in refused
    }
    return Reading(sound, {path: refused[path] for path in files if path in refused})


def with_schema(model: SqlModel, schema: Mapping[str, Mapping[str, str]]) -> SqlModel:
    """A sound model with what follows from the columns of all that it reads, where these are known.

    `schema` has the portable types of columns by `schema.table`.
    """
    if not all(key in schema for key in model.reads):
        return model if model.proven is None else replace(model, by_keys=None, proven=None)
    read = {key: schema[key] for key in model.reads}
    # What somebody asked is of no table that could be proven from.
    holding = proven(model.table, model.select, read) if model.asked is None else frozenset()
    kept = replace(model, by_keys=_by_keys(model, read), proven=holding)
    vars(kept).update(select=model.select)
    return kept


def _by_keys(model: SqlModel, read: Mapping[str, Mapping[str, str]]) -> ByKeys | None:
    if not model.keys:
        return None
    found = by_keys(model.select, read, {name: model.table.column(name).type for name in model.keys})
    return ByKeys(statement(found.select, "postgres"), found.plan)


def load_models(root: Path, tables: Iterable[Table]) -> dict[str, SqlModel]:
    """Read every model under `root`, a folder a source, by `schema.table`; `tables` are those that Python assets make.

    Raises:
        ModelError: a file is wrong, makes a table that another makes, or reads a table that nothing makes; it knows
            everything else that is wrong.
    """
    folders = ModelFolders.under(root)
    reading = read_models(folders, model_files(folders), tables)
    if reading.refused:
        raise together(list(reading.refused.values()))
    return dict(reading.models)


def _postgres(select: exp.Query) -> str:
    try:
        return statement(select, "postgres")
    except DialectError:
        return ""  # the lint tells it, or else whoever asks for the statement


def _reads(select: exp.Query, asked: Asked | None) -> tuple[str, ...]:
    named = (f"{table.db}.{table.name}" for table in select.find_all(exp.Table) if table.db)
    return tuple(dict.fromkeys(key for key in named if asked is None or not key.startswith(f"{REQUEST}.")))


def _references(table: Table, asked: Asked | None) -> Iterator[str]:
    yield from (f"{check.schema}.{check.table}" for check in table.checks if isinstance(check, References))
    yield from (choices.table for _, choices in (asked.choices if asked else ()) if choices.table)
