"""The values of Athena's GetQueryResults, which gives each as a text; types are named as Trino names them.

Of a timestamp it gives three digits of the second, and of nested values a text that cannot be taken apart: such columns
are not exact here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tributary.resources.warehouse.iceberg.transport import ResultColumn

_NUMBERS = ("tinyint", "smallint", "integer", "bigint")
_READ: Mapping[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    **dict.fromkeys(_NUMBERS, int),
    "real": float,
    "double": float,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "varbinary": bytes.fromhex,
    **dict.fromkeys(("varchar", "char", "json", "unknown"), str),
}
_NAMES = {"float": "real", "int": "integer", "string": "varchar"}


def pages(client: Any, name: str, *, worded: bool) -> tuple[Mapping[str, Any], Iterator[tuple[Any, ...]]]:
    """The first page of a query's answer, and the rows of all pages, without the first, which is the columns' names.

    Args:
        client: Athena's, of boto3.
        name: the execution's.
        worded: give each value as its text.
    """
    first: Mapping[str, Any] = client.get_query_results(QueryExecutionId=name)

    def rows() -> Iterator[tuple[Any, ...]]:
        columns = columns_of(first)
        readers = [str if worded else _READ.get(_bare(column.type), str) for column in columns]
        page, start = first, 1
        while True:
            for row in page["ResultSet"]["Rows"][start:]:
                yield tuple(map(_value, row["Data"], readers))
            if "NextToken" not in page:
                return
            page, start = client.get_query_results(QueryExecutionId=name, NextToken=page["NextToken"]), 0

    return first, rows()


def columns_of(page: Mapping[str, Any]) -> tuple[ResultColumn, ...]:
    """The columns of an answer."""
    described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    return tuple(ResultColumn(column["Name"], _type(column)) for column in described)


def is_exact(columns: Sequence[ResultColumn]) -> bool:
    """Whether the texts tell the values of all columns."""
    return all(_bare(column.type) in _READ for column in columns)


def _type(column: Mapping[str, Any]) -> str:
    name = _NAMES.get(column["Type"], column["Type"])
    if name == "decimal":
        return f"decimal({column['Precision']},{column['Scale']})"
    return "timestamp(6)" if name == "timestamp" else str(name)


def _bare(name: str) -> str:
    return name.partition("(")[0]


def _value(cell: Mapping[str, str], read: Callable[[str], Any]) -> Any:
    text = cell.get("VarCharValue")
    return None if text is None else read(text)
