"""`tributary init model` and `init report`: write a SQL model of tables that are there, with its unit test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template

from tributary.assets.factory.model_files import REPORTS
from tributary.assets.sources import get_sources
from tributary.catalogue import ColumnEntry, TableEntry, get_catalogue
from tributary.cli.templating import TEMPLATES, Home, check_name, here, put_all, told
from tributary.resources.errors import UsageError, nearest
from tributary.resources.warehouse.table import LAYERS

_LAYERS = LAYERS[1:]
_LONGEST_TABLE, _LONGEST_REPORT = 48, 41
_DATED = ("date", "timestamp")
_VALUES = {"boolean": "true", "text": "a", "date": "2026-01-01", "timestamp": "2026-01-01 12:00:00"}


def model(name: str, read: Sequence[str], source: str) -> int:
    """Write a model that has all columns of the tables that it reads, for its author to take from.

    Raises:
        UsageError: a name cannot be, a table is not there or cannot be joined, or there is such a file already.
    """
    layer, _, table = name.partition(".")
    if layer not in _LAYERS:
        raise UsageError(f"{name} begins with no layer of models; write {', '.join(f'{one}.NAME' for one in _LAYERS)}.")
    check_name(table, "a table", _LONGEST_TABLE)
    home = here()
    source, tables = _read(home, source, read, before=layer)
    columns = _columns(tables)
    keys = [f"  - {kind}: [{', '.join(key)}]" for key in tables[0].keys for kind in ("unique", "not_null")]
    texts = {
        ".sql": _template("model.sql").substitute(
            _filled(table, tables, columns), checks="\n".join(dict.fromkeys(keys)) or "  []"
        ),
        ".test.yaml": _test(tables, columns),
    }
    path = _put(home, source, f"{layer}/{table}", texts)
    told(
        f"{name} is in {path}, with a unit test beside it.",
        f"Look at it: tributary check && tributary test {name}",
        f"Make it: tributary materialize '+{name}' && tributary query 'SELECT * FROM {name}'",
        "Make it yours: the SELECT, then the header, which the check compares with it",
    )
    return 0


def report(name: str, read: Sequence[str], source: str) -> int:
    """Write a report on a table, asked by its days where it has any, else by its first column.

    Raises:
        UsageError: as `model` says.
    """
    check_name(name, "a report", _LONGEST_REPORT)
    home = here()
    source, tables = _read(home, source, read)
    columns = _columns(tables)
    asked = next((pair for pair in columns if pair[1].type in _DATED), columns[0])
    value = f"{_alias(asked[0])}.{asked[1].name}"
    type_ = "date" if asked[1].type in _DATED else asked[1].type
    label = asked[1].name.replace("_", " ").capitalize()
    if type_ == "date":
        lines = [("first", f"{label} from"), ("last", f"{label} to")]
        day = f"cast({value} as date)" if asked[1].type == "timestamp" else value
        condition = f"    (:first is null or {day} >= :first)\n    and (:last is null or {day} <= :last)"
    else:
        lines = [("wanted", label)]
        condition = f"    :wanted is null or {value} = :wanted"
    parameters = [f'  {one}: {{type: "{type_}", label: {_text(text)}, required: false}}' for one, text in lines]
    filled = _filled(name, tables, columns)
    texts = {
        ".sql": _template("report.sql").substitute(
            filled,
            title=_text(name.replace("_", " ").capitalize()),
            parameters="\n".join(parameters),
            condition=condition,
        ),
        ".test.yaml": _test(tables, columns),
    }
    path = _put(home, source, f"{REPORTS}/{name}", texts)
    told(
        f"The report {name} is in {path}, with a unit test beside it.",
        f"Look at it: tributary check && tributary test {source} && tributary report show {name}",
        f"Ask it: tributary report run {name} --output {name}.csv",
        "Make it yours: the SELECT, its parameters, and what the header says of them",
    )
    return 0


def _read(home: Home, source: str, read: Sequence[str], before: str = "") -> tuple[str, list[TableEntry]]:
    """The source whose the file is to be, and the tables that it reads; by default one of the source's own.

    Raises:
        UsageError: one is not there, or not to be told.
    """
    known = get_catalogue().by_key
    for key in read:
        if key not in known:
            raise UsageError(f"There is no table {key}{nearest(key, known)}")
    own = [one.name for one in get_sources() if one.models_folder.resolve().is_relative_to(home.root)]
    wanted = source or next((known[key].source for key in read if known[key].source in own), "")
    wanted = wanted or (own[0] if len(own) == 1 else "")
    if wanted not in own:
        raise UsageError(f"Say whose it is, by --source; in this project there are {', '.join(own) or 'no sources'}.")
    layers = LAYERS[: LAYERS.index(before)] if before else LAYERS
    mine = [one for one in known.values() if one.source == wanted and one.layer in layers and not one.refused]
    found = [known[key] for key in read] or sorted(mine, key=lambda one: -LAYERS.index(one.layer))[:1]
    if not found:
        raise UsageError(f"The source {wanted} has no table that this could read; name one by --from.")
    return wanted, found


def _columns(tables: Sequence[TableEntry]) -> list[tuple[TableEntry, ColumnEntry]]:
    """The columns of the tables, each name once."""
    found: dict[str, tuple[TableEntry, ColumnEntry]] = {}
    for table in tables:
        for column in table.columns:
            found.setdefault(column.name, (table, column))
    return list(found.values())


def _filled(
    name: str, tables: Sequence[TableEntry], columns: Sequence[tuple[TableEntry, ColumnEntry]]
) -> dict[str, str]:
    """What a template is filled with of the tables that are read."""
    described = [
        f'  {column.name}: {{type: "{column.type}", description: {_text(column.description)}}}' for _, column in columns
    ]
    return {
        "description": _text(f"What {name.replace('_', ' ')} is."),
        "grain": _text(tables[0].grain or "one row a row of what it reads"),
        "columns": "\n".join(described),
        "select": ",\n".join(f"    {_alias(table)}.{column.name}" for table, column in columns),
        "read": "\n".join(_joined(tables)),
    }


def _joined(tables: Sequence[TableEntry]) -> Iterator[str]:
    """The tables, each joined to the first by its key.

    Raises:
        UsageError: one has no key whose columns the first has.
    """
    first, names = tables[0], {column.name for column in tables[0].columns}
    yield f"{first.key} as {_alias(first)}"
    for other in tables[1:]:
        key = next((one for one in other.keys if names.issuperset(one)), None)
        if key is None:
            raise UsageError(f"{first.key} has no columns of a key of {other.key}: leave it out, and join it by hand.")
        pairs = " and ".join(f"{_alias(other)}.{name} = {_alias(first)}.{name}" for name in key)
        yield f"left join {other.key} as {_alias(other)} on {pairs}"


def _test(tables: Sequence[TableEntry], columns: Sequence[tuple[TableEntry, ColumnEntry]]) -> str:
    given = [
        line for table in tables for line in (f"    {table.key}: |", *_rows([(table, one) for one in table.columns], 6))
    ]
    return _template("model.test.yaml").substitute(given="\n".join(given), expect="\n".join(_rows(columns, 4)))


def _rows(columns: Sequence[tuple[TableEntry, ColumnEntry]], indent: int) -> list[str]:
    """A row of CSV with its header, each value the same wherever a column has that name and type."""
    names = ",".join(column.name for _, column in columns)
    values = ",".join(_VALUES.get(column.type, "0") for _, column in columns)
    return [" " * indent + names, " " * indent + values]


def _alias(table: TableEntry) -> str:
    return table.key.rpartition(".")[2]


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _template(name: str) -> Template:
    return Template((TEMPLATES / "model" / name).read_text(encoding="utf-8"))


def _put(home: Home, source: str, name: str, texts: Mapping[str, str]) -> Path:
    folder = next(one.models_folder for one in get_sources() if one.name == source).resolve()
    put_all({folder / f"{name}{suffix}": text for suffix, text in texts.items()})
    return (folder / f"{name}.sql").relative_to(home.root)
