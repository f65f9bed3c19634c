"""Answers of Athena's as Parquet, by UNLOAD: exact in every type, and in bulk, but in files without an order.

So where a query is ordered, its rows are numbered by its own keys, and put in order by the number when they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.dialects import Trino

NUMBER, _KEY = "_tributary_number", "_tributary_key_"
_THREADS = 8
_AFTER_ORDER = (TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH)
_SORTED = re.compile(r"(?P<term>.+?)(?P<direction>(\s+(ASC|DESC))?(\s+NULLS\s+(FIRST|LAST))?)", re.I | re.S)


def numbered(sql: str) -> str:
    """The query, with the number of each row in its order as a last column, where it has an order.

    Its text stays as it is, but for keys that it does not give: they are put behind its columns.
    """
    # What sqlglot reads it may write otherwise, a DECIMAL literal without its digits: so it only finds the places.
    tokens = Trino().tokenize(sql)
    outer = [token for token, depth in _depths(tokens) if not depth]
    order = next((place for place, token in enumerate(outer) if token.token_type is TokenType.ORDER_BY), None)
    if order is None:
        return sql
    end = next((token.start for token in outer[order:] if token.token_type in _AFTER_ORDER), len(sql))
    tree = sqlglot.parse_one(sql, read="trino")
    outputs = tree.named_selects if isinstance(tree, exp.Query) else []
    keys: list[str] = []
    hidden: list[str] = []
    for key in _parted(sql, outer[order].end + 1, end, outer[order:]):
        found = _SORTED.fullmatch(key.strip())
        assert found is not None  # noqa: S101 - every text is a term with or without a direction
        term, name = found["term"], found["term"].strip('"')
        if term.isdecimal():
            name = outputs[int(term) - 1]
        elif name.lower() not in map(str.lower, outputs):
            name = f"{_KEY}{len(hidden)}"
            hidden.append(f", {term} AS {name}")
        keys.append(f'q."{name}"{found["direction"]}')
    place = next((token.start for token in outer if token.token_type is TokenType.FROM), outer[order].start)
    inner = f"{sql[:place]}{''.join(hidden)} {sql[place:]}" if hidden else sql
    return f"SELECT q.*, row_number() OVER (ORDER BY {', '.join(keys)}) AS {NUMBER} FROM ({inner}) AS q"


def _depths(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    """Each token, with how many parentheses it stands in."""
    depth = 0
    for token in tokens:
        depth -= token.token_type is TokenType.R_PAREN
        yield token, depth
        depth += token.token_type is TokenType.L_PAREN


def _parted(sql: str, start: int, end: int, outer: Sequence[Token]) -> Iterator[str]:
    """The texts between the commas of a clause that stands in no parentheses."""
    for token in outer:
        if start <= token.start < end and token.token_type is TokenType.COMMA:
            yield sql[start : token.start]
            start = token.end + 1
    yield sql[start:end]


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
