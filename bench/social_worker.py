"""Transforms all event objects of a folder once: `python -m bench.social_worker WAY LAKE OUT`.

A process of its own, so that its processor time and memory are that of one way alone. What is measured begins after the
imports and ends when the last file is written. The result is one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.clock import peak_megabytes
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import ObjectInfo

RAW = "web-data/raw/"
Way = Callable[[FolderLake, Sequence[ObjectInfo], Path], int]


def ours() -> Way:
    """Objects to the bytes of Parquet files, written as plain files, as the baselines do."""
    from tributary.assets.social.events.parquet import parquet_bytes
    from tributary.assets.social.events.transform import transform_many

    def run(lake: FolderLake, objects: Sequence[ObjectInfo], out: Path) -> int:
        rows = 0
        for info, transformed in transform_many(lake, objects):
            name = info.key.rpartition("/")[2]
            for key, table in transformed.tables.items():
                path = out / key / f"{name}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(parquet_bytes(table))
            rows += transformed.rows
        return rows

    return run


def ours_read() -> Way:
    """Objects to rows in memory."""
    from tributary.assets.social.events.transform import transform_many

    return lambda lake, objects, _: sum(transformed.rows for _, transformed in transform_many(lake, objects))


def ours_lake() -> Way:
    """Objects to Parquet and receipts in the lake."""
    from tributary.assets.social.events.transform import transform_many
    from tributary.assets.social.events.writing import write_many

    def run(lake: FolderLake, objects: Sequence[ObjectInfo], out: Path) -> int:
        written = write_many(FolderLake(out), transform_many(lake, objects))
        return sum(entry.rows for _, receipt in written for entry in receipt.tables.values())

    return run


def pandas() -> Way:
    """Objects to Parquet files by pandas."""
    from bench.social_pandas import tables, write

    def run(lake: FolderLake, objects: Sequence[ObjectInfo], out: Path) -> int:
        rows = 0
        for key, data in lake.get_many([info.key for info in objects]):
            parts = tables(key, data)
            write(out, key, parts)
            rows += sum(len(part) for part in parts.values())
        return rows

    return run


def pandas_read() -> Way:
    """Objects to rows in memory by pandas."""
    from bench.social_pandas import tables

    def run(lake: FolderLake, objects: Sequence[ObjectInfo], out: Path) -> int:  # noqa: ARG001 - as all ways
        many = lake.get_many([info.key for info in objects])
        return sum(len(part) for key, data in many for part in tables(key, data).values())

    return run


def dlt() -> Way:
    """Objects to Parquet files by dlt."""
    import dlt as _  # noqa: F401 - its import is not to be measured

    from bench.social_dlt import run as run_dlt

    return lambda lake, objects, out: run_dlt(lake, [info.key for info in objects], out)


WAYS = {way.__name__: way for way in (ours, ours_read, ours_lake, pandas, pandas_read, dlt)}


def main(way: str, folder: str, out: str) -> None:
    """Transform, and write the measurement to standard output."""
    run = WAYS[way]()
    lake = FolderLake(Path(folder))
    wall, cpu = time.perf_counter(), _cpu()
    rows = run(lake, list(lake.list(RAW)), Path(out))
    measured = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}
    print(json.dumps({**measured, "peak_mb": peak_megabytes(), "rows": rows}))


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main(*sys.argv[1:])
