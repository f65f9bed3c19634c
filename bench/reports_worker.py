"""Streams a million rows into an extract, and tells what it took: `python -m bench.reports_worker URL FOLDER`.

A process of its own, so that its peak memory is that of the extract alone. The result is one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.clock import peak_megabytes
from tributary.assets.reporting.extract import Extracts
from tributary.resources.lake.folder import FolderLake
from tributary.resources.warehouse.arrow import arrow_schema
from tributary.resources.warehouse.checks import Sql, Unique
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

ROWS = 1_000_000
TYPES = {
    "bill": "bigint",
    "branch": "text",
    "pledged_on": "date",
    "code": "text",
    "items": "integer",
    "gross_g": "decimal(10,3)",
    "net_g": "decimal(10,3)",
    "value": "decimal(14,2)",
    "share": "double",
}
MADE = f"""
DROP TABLE IF EXISTS bills;
CREATE TABLE bills AS SELECT n::bigint AS bill, 'branch ' || n % 50 AS branch,
    DATE '2024-01-01' + n % 700 AS pledged_on, 'b' || n % 7 AS code, n % 9 AS items,
    (n % 100000 / 7.0)::numeric(10,3) AS gross_g, (n % 90000 / 7.0)::numeric(10,3) AS net_g,
    (n * 1.37)::numeric(14,2) AS value, n / 3.0::double precision AS share
FROM generate_series(1, {ROWS}) AS s(n);
ANALYZE bills;
"""
QUERY = "SELECT * FROM bills WHERE bill > CAST({} AS bigint)"


def main(url: str, folder: str) -> None:
    """Make the extract, and write the measurement to standard output."""
    table = Table("reports", "bills", tuple(Column(name, kind, name) for name, kind in TYPES.items()))
    extracts, warehouse = Extracts(FolderLake(Path(folder))), PostgresWarehouse(lambda: url)
    began = time.perf_counter()
    with warehouse.extract(table, Sql(QUERY.format("%s"), (0,)), seconds=600) as found:
        written = extracts.write("reports/bills/k/r/", "m", arrow_schema(table), found.batches, ROWS)
    wall, peak = time.perf_counter() - began, peak_megabytes()
    checked = Table(table.schema, table.name, table.columns, checks=(Unique(("bill",)),))
    began = time.perf_counter()
    with warehouse.extract(checked, Sql(QUERY.format("%s"), (0,)), seconds=600):
        pass
    told = {
        "check": time.perf_counter() - began,
        "csv": written.csv.bytes / 1e6,
        "parquet": written.parquet.bytes / 1e6,
    }
    print(json.dumps({"wall": wall, "peak_mb": peak, "rows": written.rows, **told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
