"""Writes without end, until it is killed: `python -m bench.crashes_worker URL SEED`.

Every write of a table leaves the same number of rows, all of a version of their own, so that whoever reads can tell a
state that was written from one that was not. A line on standard output says that it has begun.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta

from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range, SourceObjects, Window

SCHEMA = "core"
ROWS = 20_000
PARTS = 10
"""Windows of a table; each holds as many of the rows."""

_FIRST = date(2024, 1, 1)
_COLUMNS = (Column("id", "integer", "Id."), Column("part", "text", "Part."), Column("version", "bigint", "Version."))
_DAY = Column("day", "date", "Day.")
WHOLE = Table(SCHEMA, "whole", _COLUMNS)
SHAPES = (Table(SCHEMA, "shape", _COLUMNS), Table(SCHEMA, "shape", (_DAY, *_COLUMNS)))
DAYS = Table(SCHEMA, "days", (_DAY, *_COLUMNS), partition_by="day")
OBJECTS = Table(SCHEMA, "objects", _COLUMNS)
NAMES = ("whole", "shape", "days", "objects")


def rows(version: int, part: int | None = None) -> Select:
    """The rows of one window, or of all."""
    size = ROWS // PARTS
    low, high = (0, ROWS) if part is None else (part * size, (part + 1) * size)
    return Select(
        f"SELECT g AS id, 'p' || (g / {size}) AS part, {version}::bigint AS version, "
        f"date '{_FIRST}' + (g / {size})::integer AS day FROM generate_series({low}, {high - 1}) AS g"
    )


def write(warehouse: PostgresWarehouse, name: str, part: int, version: int, *, whole: bool = False) -> None:
    """One write of one of the tables; `whole` writes all of the windows, each by itself."""
    if name == "whole":
        warehouse.replace(WHOLE, rows(version))
    elif name == "shape":
        warehouse.replace(SHAPES[part % 2], rows(version))
    else:
        for number in range(PARTS) if whole else (part,):
            day = _FIRST + timedelta(days=number)
            window: Window = Range("day", day, day + timedelta(days=1))
            if name == "objects":
                window = SourceObjects("part", (f"p{number}",))
            prints = {f"p{number}": str(version)} if name == "objects" else None
            table = DAYS if name == "days" else OBJECTS
            warehouse.replace(table, rows(version, number), window=window, fingerprints=prints)


def main() -> None:
    """Write at random until killed; a session or server that ends is met by going on."""
    url, chance = sys.argv[1], random.Random(int(sys.argv[2]))  # noqa: S311 - no secret
    warehouse = PostgresWarehouse(lambda: url)
    print("begun", flush=True)
    while True:
        try:
            write(warehouse, chance.choice(NAMES), chance.randrange(PARTS), time.time_ns())
        except TributaryError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
