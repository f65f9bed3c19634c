"""The dashboard's pictures as pages have them that filter on the server: asked of the data API anew at each change."""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx
import pyarrow as pa
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry
from tributary.resources.principal import OWNER, with_principal
from tributary.resources.serving import Serving
from tributary.resources.warehouse.base import Batches
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.web.api.app import build
from tributary.web.api.exports import Exports
from tributary.web.api.rows import Source

_ASKED = (("week(day)", "count"), ("group", "sum(yes)"), ("venue", "count"), ("lat,lon", "count"))
"""Dimensions and measures of the pictures; the API has no steps of numbers."""


def filtered(bed: Bed, table: pa.Table) -> Figure:
    """The pictures' rows asked of the data API for one span of days after the other."""
    kinds = {"day": "date", "group": "text", "venue": "text"}
    columns = tuple(Column(name, kinds.get(name, "double"), f"{name}.") for name in table.column_names)
    declared = Table("gold", "bench_events", columns, "Events.")
    reader = bed.databases.reader_url("warehouse")
    cast = table.set_column(table.column_names.index("yes"), "yes", table["yes"].cast(pa.float64()))
    warehouse = PostgresWarehouse(lambda: bed.databases.url("warehouse"), lambda: reader)
    warehouse.replace(declared, Batches(cast.to_batches()))
    told = tuple(ColumnEntry(one.name, one.type, one.description) for one in columns)
    catalogue = Catalogue("bench", (TableEntry(declared.key, "bench", "table", "Events.", "", told),))
    app = build(Source(catalogue, Serving(reader), Exports(bed.root / "exports", lambda: reader)), [])

    async def owned(scope: Scope, receive: Receive, send: Send) -> None:
        await app(with_principal(scope, OWNER), receive, send)

    took = asyncio.run(_asked(owned, declared.key))
    return Figure(
        "dashboard",
        f"server-side filter, {len(table):,} rows, all pictures, median",
        Timing(statistics.median(took)),
        note=f"{len(_ASKED)} aggregates of the data API one after the other, not drawn; slowest {max(took):.2f} s.",
    )


async def _asked(app: ASGIApp, key: str) -> list[float]:
    took = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for month in range(1, 11):
            begun = time.perf_counter()
            for dimensions, measures in _ASKED:
                query = {"dimensions": dimensions, "measures": measures, "day": f"gte.2022-{month:02}-01"}
                (await client.get(f"/tables/{key}/aggregate", params=query, timeout=60)).raise_for_status()
            took.append(time.perf_counter() - begun)
    return took
