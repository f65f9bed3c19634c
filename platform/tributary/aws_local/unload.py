"""UNLOAD: a query's rows as Parquet files under a prefix. Trino lacks it: it is made of CREATE TABLE AS.

The files of that scratch table are copied to the prefix, which must be empty; the table is dropped.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import TokenType
from sqlglot.dialects import Trino

from tributary.aws_local.protocol import AwsError

SCHEMA = "athena_unload"
_TO = re.compile(r"\s*TO\s*'s3://(?P<bucket>[^/']+)/(?P<prefix>[^']*)'\s*WITH\s*\((?P<given>.*)\)\s*", re.I | re.S)


class UnloadError(Exception):
    """Athena would fail the statement with this reason."""


@dataclass(frozen=True)
class Unload:
    """The query, and the prefix that its files go to."""

    query: str
    bucket: str
    prefix: str


def read_unload(text: str) -> Unload:
    """What `UNLOAD (query) TO 's3://…' WITH (format = 'PARQUET')` says.

    Raises:
        AwsError: it is written otherwise, or wants another format.
    """
    depth = 0
    for token in Trino().tokenize(text):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type is TokenType.R_PAREN and not depth:
            break
    else:
        raise AwsError("InvalidRequestException", "line 1:1: expected UNLOAD (query) TO 's3://…' WITH (…)")
    found = _TO.fullmatch(text, token.end + 1)
    if found is None or not re.search(r"\bformat\s*=\s*'parquet'", found["given"], re.IGNORECASE):
        raise AwsError("InvalidRequestException", "line 1:1: expected TO 's3://…' WITH (format = 'PARQUET')")
    prefix = found["prefix"]
    return Unload(text[text.index("(") + 1 : token.start], found["bucket"], prefix.rstrip("/") + "/" if prefix else "")


def run_unload(unload: Unload, s3: Any, run: Callable[[str], list[list[Any]]]) -> list[str]:
    """Make the files, and give their URLs. `run` gives the rows of a statement of Trino's, `s3` is a client of boto3's.

    Raises:
        UnloadError: the prefix is not empty.
    """
    if s3.list_objects_v2(Bucket=unload.bucket, Prefix=unload.prefix, MaxKeys=1).get("KeyCount"):
        target = f"s3://{unload.bucket}/{unload.prefix}"
        raise UnloadError(f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{target}' already exists")
    name = uuid.uuid4().hex
    scratch = f'{SCHEMA}."{name}"'
    location = f"s3://{unload.bucket}/{SCHEMA}/{name}"
    run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} WITH (location = 's3://{unload.bucket}/{SCHEMA}')")
    run(f"CREATE TABLE {scratch} WITH (format = 'PARQUET', location = '{location}') AS {unload.query}")
    try:
        made = []
        for number, (path,) in enumerate(run(f'SELECT file_path FROM {SCHEMA}."{name}$files" ORDER BY 1')):
            bucket, _, key = str(path).removeprefix("s3://").partition("/")
            target = f"{unload.prefix}{name}_{number:05d}"
            s3.copy_object(CopySource={"Bucket": bucket, "Key": key}, Bucket=unload.bucket, Key=target)
            made.append(f"s3://{unload.bucket}/{target}")
        return made
    finally:
        run(f"DROP TABLE {scratch}")
