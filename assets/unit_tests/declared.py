"""Reads the unit tests of a model, which stand beside its file: `<table>.test.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, RootModel

from tributary.assets.factory.bound import Relation
from tributary.assets.factory.declared_yaml import DeclaredYaml, Strict
from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import read_text
from tributary.assets.factory.parameters.values import Value
from tributary.assets.factory.seeds import Seed
from tributary.assets.source import SourceColumn
from tributary.assets.unit_tests.rows import Records, RowProblem, typed
from tributary.resources.errors import nearest
from tributary.resources.warehouse.table import Table

SUFFIX = ".test.yaml"


class Entry(Strict):
    """Rows of tables that the model reads, by `schema.table`, and the rows that it must make of them.

    A table of which nothing is said is empty, but for a seed. `answers` are what a report is asked.
    """

    given: dict[str, Records] = Field(default={})
    answers: dict[str, Any] = Field(default={})
    expect: Records


class _File(RootModel[Annotated[dict[str, Entry], Field(min_length=1)]]):
    pass


@dataclass(frozen=True)
class UnitTest:
    """A test of a model.

    Attributes:
        name: what the model must do.
        line: of the test in its file.
        given: what each table that the model reads holds, by `schema.table`.
        expected: the rows that it must make, in any order, of the columns that the test names.
        columns: these columns.
        answers: what a report is asked, as its form or the API would give it.
        silent: columns that decide which rows there are, and that the test leaves out, so that they are null.
    """

    model: SqlModel
    name: str
    line: int
    given: Mapping[str, Relation]
    expected: Sequence[Mapping[str, Value | None]]
    columns: tuple[str, ...]
    answers: Mapping[str, object]
    silent: tuple[SourceColumn, ...]


def beside(model: SqlModel) -> Path:
    """Where the tests of a model stand."""
    return model.path.with_name(model.path.stem + SUFFIX)


def read_tests(
    model: SqlModel, tables: Mapping[str, Table], lineage: ModelLineage, seeds: Mapping[str, Seed] | None = None
) -> list[UnitTest]:
    """The tests of a model, in the order of its file; none where there is no file.

    A seed of which a test says nothing holds what its file does.

    Raises:
        ModelError: the file is no such YAML, or names a table or column that is not there, or a value of another type.
    """
    path = beside(model)
    if not path.exists():
        return []
    file = DeclaredYaml(path, read_text(path), _File)
    deciding = sorted({column for step in lineage.flow(model).conditions for column in step.sources})
    held = {key: seeds[key].rows() for key in model.reads if seeds is not None and key in seeds}
    return [_test(file, model, name, entry, tables, deciding, held) for name, entry in file.value.root.items()]


def _test(
    file: DeclaredYaml[_File],
    model: SqlModel,
    name: str,
    entry: Entry,
    tables: Mapping[str, Table],
    deciding: Sequence[SourceColumn],
    held: Mapping[str, Sequence[Mapping[str, Value | None]]],
) -> UnitTest:
    unknown = next((key for key in entry.given if key not in model.reads), None)
    if unknown is not None:
        hint = nearest(unknown, model.reads, f"; it reads {', '.join(model.reads)}.")
        raise ModelError(file.path, file.line(name, "given", unknown), f"{model.key} does not read {unknown}{hint}")
    if entry.answers and model.asked is None:
        raise ModelError(file.path, file.line(name, "answers"), "only a report is asked something; leave answers out.")
    given = {}
    for key in model.reads:
        columns = {column.name: column.type for column in tables[key].columns}
        own = key in held and key not in entry.given
        rows = held[key] if own else _typed(file, (name, "given", key), entry.given.get(key, []), columns)
        given[key] = Relation(columns, rows)
    columns = {column.name: column.type for column in model.rows.columns}
    expected = _typed(file, (name, "expect"), entry.expect, columns)
    named = tuple(expected[0]) if expected else tuple(columns)
    other = next((number for number, row in enumerate(expected) if set(row) != set(named)), None)
    if other is not None:
        line = file.line(name, "expect", other)
        raise ModelError(file.path, line, f"each row that is expected must name the same columns: {', '.join(named)}.")
    said = {SourceColumn(key, column) for key, rows in entry.given.items() for row in rows for column in row}
    silent = tuple(one for one in deciding if entry.given.get(one.table) and one not in said)
    return UnitTest(model, name, file.line(name), given, expected, named, entry.answers, silent)


def _typed(
    file: DeclaredYaml[_File], place: tuple[str, ...], records: Records, columns: Mapping[str, str]
) -> list[dict[str, Value | None]]:
    try:
        return typed(records, columns)
    except RowProblem as error:
        line = file.line(*place, error.row, error.column)
        where = f"{'.'.join(place[1:])}, row {error.row + 1}"
        raise ModelError(file.path, line, f"{where}: {error.problem}") from None
