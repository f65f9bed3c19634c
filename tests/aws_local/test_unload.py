"""UNLOAD: exact values in Parquet, which the CSV of a result has not."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.running_aws import BUCKET, RunningAws

pytestmark = pytest.mark.xdist_group("aws")

ROWS = [
    {
        "at": dt.datetime.fromisoformat("1900-01-01T00:00:00.000001"),
        "text": "",
        "n": Decimal("0.10"),
        "x": 0.1 + 0.2,
        "day": None,
    },
    {
        "at": dt.datetime.fromisoformat("9999-12-31T23:59:59.999999"),
        "text": None,
        "n": None,
        "x": -0.0,
        "day": dt.date.min,
    },
    {
        "at": dt.datetime.fromisoformat("2020-02-03T04:05:06.123456"),
        "text": "é\\\n'",
        "n": Decimal(-1),
        "x": 5e-324,
        "day": None,
    },
]


def test_rows_are_exact_and_the_prefix_must_be_empty(aws: RunningAws) -> None:
    from pyiceberg.catalog.glue import GlueCatalog

    database, prefix = aws.database(), f"unloaded/{uuid.uuid4().hex}/"
    types = {"at": pa.timestamp("us"), "text": pa.string(), "n": pa.decimal128(12, 2), "x": pa.float64()}
    rows = pa.Table.from_pylist(ROWS, pa.schema({**types, "day": pa.date32()}))
    catalogue = GlueCatalog("glue", **{"glue.region": "us-east-1", "s3.endpoint": aws.server.url})
    catalogue.create_table(f"{database}.t", rows.schema).append(rows)
    sql = f"UNLOAD (SELECT * FROM t WHERE x <> ?) TO 's3://{BUCKET}/{prefix}' WITH (format = 'PARQUET')"
    given = {"QueryExecutionContext": {"Database": database}, "ExecutionParameters": ["1e0"]}
    found = aws.ended(aws.start(sql, **given))
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    s3 = aws.client("s3")
    bucket, _, key = found["Statistics"]["DataManifestLocation"].removeprefix("s3://").partition("/")
    files = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().split()
    there = [f"s3://{BUCKET}/{each['Key']}" for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    assert files == there
    read = [
        pq.read_table(pa.BufferReader(s3.get_object(Bucket=BUCKET, Key=url.split("/", 3)[3])["Body"].read()))
        for url in files
    ]
    unloaded = pa.concat_tables(read).cast(rows.schema).sort_by("at")
    assert unloaded == rows.sort_by("at")
    assert "HIVE_PATH_ALREADY_EXISTS" in aws.fails(sql, **given)
