"""Loads the sales by dlt into Postgres: `load_dlt.py ADDRESS FILE HOW`; tells what it took as one line of JSON.

HOW is `file`: the file handed over as it is, which the destination copies in (`with_file_import`), the quickest way
that dlt has; or `arrow`: read as Arrow tables, which dlt normalises and writes as CSV to copy from.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import dlt
import pyarrow.csv as pc

TYPES = {
    "household_key": "bigint", "BASKET_ID": "bigint", "DAY": "bigint", "PRODUCT_ID": "bigint", "QUANTITY": "bigint",
    "SALES_VALUE": "decimal", "STORE_ID": "bigint", "RETAIL_DISC": "decimal", "TRANS_TIME": "text", "WEEK_NO": "bigint",
    "COUPON_DISC": "decimal", "COUPON_MATCH_DISC": "decimal",
}  # fmt: skip


def column(name: str, kind: str) -> Any:
    """A column of the table: its type, and of money its digits."""
    return {"name": name.lower(), "data_type": kind} | ({"precision": 12, "scale": 2} if kind == "decimal" else {})


COLUMNS = [column(name, kind) for name, kind in TYPES.items()]


@dlt.resource(name="sales", write_disposition="replace", columns=COLUMNS)
def as_file(path: str) -> Iterator[Any]:
    """The file itself, whose header tells the columns."""
    yield dlt.mark.with_file_import(path, "csv")


@dlt.resource(name="sales", write_disposition="replace")
def as_arrow(path: str) -> Iterator[Any]:
    """The rows of the file in Arrow batches."""
    import pyarrow as pa

    kinds = {"bigint": pa.int64(), "text": pa.string(), "decimal": pa.float64()}
    options = pc.ConvertOptions(column_types={name: kinds[kind] for name, kind in TYPES.items()})
    for batch in pc.open_csv(path, pc.ReadOptions(block_size=16 << 20), convert_options=options):
        yield pa.Table.from_batches([batch])


def main(address: str, path: str, how: str) -> None:
    """Load, and tell of it."""
    # dlt wants host and password in their places; the socket's folder, named by the query, is what libpq goes by.
    complete = address.replace("@/", ":none@localhost/")
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "bench_load",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(credentials=complete, create_indexes=False),
            dataset_name="staged",
        )
        wall, cpu = time.perf_counter(), time.process_time()
        rows = as_file(path) if how == "file" else as_arrow(path)
        pipeline.run(rows, loader_file_format="csv").raise_on_failed_jobs()
        taken = time.perf_counter() - wall

    print(json.dumps({"wall": taken, "before": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
