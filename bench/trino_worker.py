"""Writes to Trino without end, until it is killed: `python -m bench.trino_worker HOME POSTGRES_PORT TRINO_PORT SEED`.

Every write leaves the same number of rows, those of a window all of a version of their own, so that whoever reads can
tell a state that was written from one that was not. Each commit is a line on standard output.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from tributary.resources.errors import TributaryError
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range, SourceObjects, Window

ROWS = 10_000
PARTS = 10
"""Windows of a table; each holds as many of the rows."""

_FIRST = date(2024, 1, 1)
_COLUMNS = (
    Column("day", "date", "Day."),
    Column("id", "integer", "Id."),
    Column("part", "text", "Part."),
    Column("version", "bigint", "Version."),
)
WHOLE = Table("core", "whole", _COLUMNS)
DAYS = Table("core", "days", _COLUMNS, partition_by="day")
OBJECTS = Table("core", "objects", _COLUMNS)
TABLES = (WHOLE, DAYS, OBJECTS)


def settings_of(home: Path, postgres_port: int, trino_port: int) -> Settings:
    """The settings of a warehouse on Trino with a home and ports of its own."""
    ports = {"postgres_port": postgres_port, "trino_port": trino_port, "trino_memory": "1500M"}
    return Settings.model_validate({"home": home, "warehouse": "trino", **ports})


def rows(version: int, part: int | None = None) -> Select:
    """The rows of one window, or of all, in Trino's SQL."""
    size = ROWS // PARTS
    low, high = (0, ROWS) if part is None else (part * size, (part + 1) * size)
    return Select(
        f"SELECT date_add('day', g / {size}, DATE '{_FIRST}') AS day, g AS id, "
        f"'p' || CAST(g / {size} AS varchar) AS part, {version} AS version "
        f"FROM UNNEST(sequence({low}, {high - 1})) AS t (g)"
    )


def write(warehouse: Warehouse, table: Table, part: int, version: int) -> None:
    """Write all rows of `WHOLE`, or one window of another table."""
    if table is WHOLE:
        warehouse.replace(table, rows(version))
        return
    day = _FIRST + timedelta(days=part)
    window: Window = Range("day", day, day + timedelta(days=1))
    if table is OBJECTS:
        window = SourceObjects("part", (f"p{part}",))
    prints = {f"p{part}": str(version)} if table is OBJECTS else None
    warehouse.replace(table, rows(version, part), window=window, fingerprints=prints)


def main() -> None:
    """Write at random until killed; who was overtaken too often goes on."""
    home, postgres_port, trino_port, seed = sys.argv[1:]
    warehouse = open_warehouse(settings_of(Path(home), int(postgres_port), int(trino_port)))
    chance = random.Random(int(seed))  # noqa: S311 - no secret
    while True:
        try:
            write(warehouse, chance.choice(TABLES), chance.randrange(PARTS), time.time_ns())
        except TributaryError:
            time.sleep(0.05)
        else:
            print("committed", flush=True)


if __name__ == "__main__":
    main()
