"""Loads the sales by pandas into Postgres, `to_sql` with COPY as its method: `load_pandas.py ADDRESS FILE`.

Its documentation shows such a method; without, it inserts. Tells what it took as one line of JSON.
"""

import csv
import io
import json
import sys
import time
from typing import Any

import pandas as pd
from sqlalchemy import create_engine

ROWS = 250_000


def by_copy(table: Any, connection: Any, keys: list[str], rows: Any) -> None:
    """Insert rows by COPY."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    text.seek(0)
    names = ", ".join(f'"{key}"' for key in keys)
    with connection.connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.schema}.{table.name} ({names}) FROM STDIN WITH CSV", text)


def main(address: str, path: str) -> None:
    """Load, and tell of it."""
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg2:"))
    wall, cpu = time.perf_counter(), time.process_time()
    with engine.begin() as connection:
        for number, part in enumerate(pd.read_csv(path, chunksize=ROWS)):
            part.columns = part.columns.str.lower()
            if not number:
                part.head(0).to_sql("sales", connection, schema="staged", if_exists="replace", index=False)
            part.to_sql("sales", connection, schema="staged", if_exists="append", index=False, method=by_copy)
    taken = time.perf_counter() - wall
    print(json.dumps({"wall": taken, "before": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
