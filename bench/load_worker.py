"""Loads one file once, in one of three ways, and tells what it took: `python -m bench.load_worker WAY TABLE FILE`.

A process of its own, so that its peak memory is that of this load alone. The result is one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.clock import metered, peak_megabytes
from tributary.assets.retail.files import JOURNEY_FILES, SourceFile
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import Delimited, Origin
from tributary.resources.warehouse.delimited.contract import FileContract
from tributary.resources.warehouse.delimited.scan import Scanner
from tributary.resources.warehouse.postgres.load import create_part
from tributary.resources.warehouse.postgres.relations import PARTS, ensure_schema, part_sql
from tributary.resources.warehouse.postgres.session import Session, open_session
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import postgres_type

CHUNK = 1 << 20
PART = "bench_baseline"


def chunks(path: Path) -> Iterator[bytes]:
    """The file in chunks of a megabyte."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def replace(databases: Databases, source: SourceFile, file: Delimited) -> Mapping[str, float]:
    """The platform's way."""
    warehouse = PostgresWarehouse(lambda: databases.url("warehouse"))
    return warehouse.replace(source.table, file, origin=Origin(asset=source.table.key)).phases


def copy_with_rules(databases: Databases, source: SourceFile, file: Delimited) -> Mapping[str, float]:
    """One COPY into the relation as the loader makes it: derived columns generated, rules as constraints."""
    return _copy(databases, source, file, lambda session: create_part(session, source.contract, PART))


def copy_plain(databases: Databases, source: SourceFile, file: Delimited) -> Mapping[str, float]:
    """One COPY into a table with the file's columns and nothing else."""
    return _copy(databases, source, file, lambda session: session.execute(_bare_table(source.contract)))


def _copy(
    databases: Databases, source: SourceFile, file: Delimited, create: Callable[[Session], object]
) -> Mapping[str, float]:
    header = Scanner(source.contract, source.file, file.open()).header
    names = ", ".join(quoted(name) for name in header)
    with open_session(databases.url("warehouse"), Origin(asset="bench")) as session, session.transaction():
        create(session)
        statement = f"COPY {part_sql(PART)} ({names}) FROM STDIN WITH (FORMAT csv, HEADER true)"
        with session.copy_in(statement) as copy:
            for chunk in file.open():
                copy.write(chunk)
    return {}


def _bare_table(contract: FileContract) -> str:
    columns = ", ".join(f"{quoted(column.name)} {postgres_type(column.type)}" for column in contract.columns)
    return f"CREATE TABLE {part_sql(PART)} ({columns})"


WAYS = {"replace": replace, "copy_with_rules": copy_with_rules, "copy_plain": copy_plain}


def main(way: str, table: str, file: str) -> None:
    """Load, and write the measurement to standard output."""
    settings = get_settings()
    source = next(source for source in JOURNEY_FILES if source.name == table)
    # In the platform they are counted when the file enters the lake.
    lines = sum(chunk.count(b"\n") for chunk in chunks(Path(file)))
    delimited = Delimited(source.contract, source.file, lambda: chunks(Path(file)), lines=lines)
    with connect(settings) as databases:
        with open_session(databases.url("warehouse"), Origin(asset="bench")) as session:
            ensure_schema(session, PARTS)
            session.execute(f"DROP TABLE IF EXISTS {part_sql(PART)}")
            session.execute("CHECKPOINT")
        with metered(settings.postgres_data) as reading:
            phases = WAYS[way](databases, source, delimited)
        peak = peak_megabytes()
        with open_session(databases.url("warehouse"), Origin(asset="bench")) as session:
            session.execute(f"DROP TABLE IF EXISTS {part_sql(PART)}")
    print(json.dumps({"wall": reading.wall, "cpu": reading.cpu, "peak_mb": peak, "phases": dict(phases)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
