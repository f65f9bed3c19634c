"""Answers of Athena's as Parquet, by UNLOAD: exact in every type, and in bulk, but in files without an order.

So where a query is ordered, its rows are numbered by its own keys, and put in order by the number when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

NUMBER, _KEY = "_tributary_number", "_tributary_key_"
_THREADS = 8


def numbered(sql: str) -> str:
    """The query, with the number of each row in its order as a last column, where it has an order."""
    tree = sqlglot.parse_one(sql, read="trino")
    order = tree.args.get("order")
    if not isinstance(order, exp.Order) or not isinstance(tree, exp.Query):
        return sql
    outputs = {name.lower() for name in tree.named_selects}
    keys, hidden = [], []
    for place, ordered in enumerate(order.expressions):
        key = ordered.this
        if isinstance(key, exp.Literal) and not key.is_string:
            name = tree.named_selects[int(key.name) - 1]
        elif isinstance(key, exp.Column) and not key.table and key.name.lower() in outputs:
            name = key.name
        else:
            name = f"{_KEY}{place}"
            hidden.append(exp.alias_(key.copy(), name))
        column = exp.column(exp.to_identifier(name, quoted=True), table="q")
        keys.append(
            exp.Ordered(this=column, desc=ordered.args.get("desc"), nulls_first=ordered.args.get("nulls_first"))
        )
    by = ", ".join(key.sql("trino") for key in keys)
    inner = sql
    if hidden:
        wider = tree.copy()
        wider.set("expressions", [*wider.expressions, *hidden])
        inner = wider.sql("trino")
    return f"SELECT q.*, row_number() OVER (ORDER BY {by}) AS {NUMBER} FROM ({inner}) AS q"


def read(s3: Any, target: str) -> pa.Table | None:
    """The rows of all files below a URL, in the order of their number if they have one; None where there is no file.

    Args:
        s3: S3's client, of boto3.
        target: the prefix, as a URL.
    """
    bucket, keys = _found(s3, target)

    def table(key: str) -> pa.Table:
        return pq.read_table(pa.BufferReader(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))

    with ThreadPoolExecutor(_THREADS) as pool:
        parts = list(pool.map(table, keys))
    if not parts:
        return None
    whole = pa.concat_tables([part.replace_schema_metadata(None) for part in parts])
    if NUMBER not in whole.column_names:
        return whole
    hidden = [name for name in whole.column_names if name == NUMBER or name.startswith(_KEY)]
    return whole.sort_by(NUMBER).drop_columns(hidden)


def rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows, with each value as Python has it."""
    for batch in table.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def remove(s3: Any, target: str) -> None:
    """Remove the files below a URL."""
    bucket, keys = _found(s3, target)
    for start in range(0, len(keys), 1000):
        some = [{"Key": key} for key in keys[start : start + 1000]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})


def _found(s3: Any, target: str) -> tuple[str, list[str]]:
    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return bucket, [each["Key"] for page in listed for each in page.get("Contents", ())]
