"""Linked pictures in a real browser: the first picture, and a drag until all pictures are drawn anew.

Rows come from memory as the data API would send them, so that the browser is measured alone. Baselines are the same
page in Vega-Lite, all rows counted anew for each picture in plain loops without drawing, and the data API asked for all
pictures at each change, as pages do that filter on the server.
"""

from __future__ import annotations

import io
import json
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import uvicorn
from pyarrow import csv
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from bench import dashboard_server, dashboard_vega
from bench.bed import Bed
from bench.browser import browsing
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, at_most
from bench.serving import free_ports
from tributary.resources.linked import declaration as linked
from tributary.resources.linked.files import address, application

if TYPE_CHECKING:
    from playwright import sync_api

SIZES = {25_000: 0.1, 1_000_000: 0.25}
"""Rows, and seconds that a change may take."""

PAGE = linked.Linked(
    title="Events",
    table="gold.events",
    dimensions={
        "day": linked.Time("Day", "day"),
        "group": linked.Category("Group", "group"),
        "venue": linked.Category("Venue", "venue"),
        "place": linked.Place("Place", "lat", "lon"),
        "fee": linked.Number("Fee", "fee", 5),
    },
    measures={"events": linked.Measure("Events"), "yes": linked.Measure("Yes", "yes")},
    views=[
        linked.Bars("Over time", "day", "events", wide=True),
        linked.HeatMap("Where", "place", "events"),
        linked.Leaderboard("Groups", "group", "yes"),
        linked.Leaderboard("Venues", "venue", "events"),
        linked.Bars("Fees", "fee", "events"),
        linked.Groups("All groups", "group", "events", wide=True),
    ],
)
_HTML = """<!doctype html><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}/linked.css"><main id="root"></main>
<script type="module">import {{ mount }} from "{base}/linked.js";
mount(document.getElementById("root"), {declared});</script>"""
_READY = '.linked[data-state="ready"]'
_DRAG = """async () => {
  const frame = document.querySelector(".linked"), drawing = document.querySelector('[data-view="0"] svg');
  const { left, top, width } = drawing.getBoundingClientRect();
  const at = (kind, part) => drawing.dispatchEvent(new PointerEvent(kind, { pointerId: 1, button: 0, bubbles: true,
    clientX: left + width * part, clientY: top + 60 }));
  drawing.setPointerCapture = () => {};
  at("pointerdown", 0.2);
  const took = [];
  for (let step = 1; step <= 40; step++) {
    const begun = performance.now();
    const drawn = new Promise((done) => new MutationObserver((_, watch) => { watch.disconnect(); done(); })
      .observe(frame, { attributeFilter: ["data-took"] }));
    at("pointermove", 0.2 + step * 0.015);
    await drawn;
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - begun);
  }
  at("pointerup", 0.8);
  return took;
}"""
_RECOUNT = """(rows) => {
  const bins = [700, 500, 3000, 2000, 20];
  const codes = bins.map((most) => Int32Array.from({ length: rows }, () => Math.random() * most));
  const yes = Float64Array.from({ length: rows }, () => Math.random() * 200);
  const took = [];
  for (let step = 1; step <= 10; step++) {
    const begun = performance.now();
    const filters = bins.map((most, d) => (bin) => d !== 0 || (bin > 140 && bin < 140 + step * 10));
    codes.forEach((own, d) => {
      const [counts, sums] = [new Int32Array(bins[d]), new Float64Array(bins[d])];
      for (let row = 0; row < rows; row++) {
        let passes = true;
        for (let other = 0; other < bins.length && passes; other++) {
          passes = other === d || filters[other](codes[other][row]);
        }
        if (passes) { counts[own[row]]++; sums[own[row]] += yes[row]; }
      }
    });
    took.push(performance.now() - begun);
  }
  return took;
}"""


_WINDOW: Any = {"width": 1300, "height": 1600}


class _Theirs(NamedTuple):
    """Seconds of the same page in Vega-Lite: until all is drawn, and of a move of the brush."""

    first: float
    drag: float
    moves: int


def dashboard(bed: Bed) -> list[Figure]:
    """The first picture, a drag, and the same asked of the server, of two sizes of table."""
    figures: list[Figure] = []
    with browsing() as browser:
        for rows, limit in SIZES.items():
            with _serving(_table(rows)) as url:
                theirs = _vega(browser.new_page(viewport=_WINDOW), url, rows)
                figures += _measured(browser.new_page(viewport=_WINDOW), url, rows, limit, theirs)
    return [*figures, *(dashboard_server.filtered(bed, _table(rows)) for rows in SIZES)]


def _vega(page: sync_api.Page, url: str, rows: int) -> _Theirs:
    moves = max(3, min(20, 500_000 // rows))
    page.set_default_timeout(900_000)
    page.goto(f"{url}/vega")
    page.wait_for_function("window.embedded")
    first = page.evaluate("window.drawnAt") / 1_000
    dragged = page.evaluate(dashboard_vega.DRAG, moves)
    page.close()
    if not dragged["changed"]:
        raise BenchError("The brush of the page in Vega-Lite did not move: its drag measures nothing.")
    return _Theirs(first, statistics.median(dragged["took"]) / 1_000, moves)


def _measured(page: sync_api.Page, url: str, rows: int, limit: float, theirs: _Theirs) -> Iterator[Figure]:
    page.goto(f"{url}/page")
    page.wait_for_selector(_READY, timeout=120_000)
    first = page.evaluate("performance.now()") / 1_000
    drags = page.evaluate(_DRAG)
    plain = statistics.median(page.evaluate(_RECOUNT, rows)) / 1_000
    middle, worst = statistics.median(drags) / 1_000, max(drags) / 1_000
    size = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    page.close()
    yield Figure(
        "dashboard",
        f"first pictures, {rows:,} rows",
        Timing(first),
        "the same page in Vega-Lite",
        Timing(theirs.first),
        note=f"{size:,.0f} MB of the page's heap; theirs has no table of groups, and reads CSV.",
    )
    yield Figure(
        "dashboard",
        f"a drag until all is drawn, {rows:,} rows, median",
        Timing(middle),
        "the same page in Vega-Lite",
        Timing(theirs.drag),
        note=f"40 moves of ours, {theirs.moves} of theirs.",
    )
    yield Figure(
        "dashboard",
        f"a drag until all is drawn, {rows:,} rows, median",
        Timing(middle),
        "recount in plain loops, not drawn",
        Timing(plain),
        at_most(middle, limit, "s"),
        note=f"40 moves of the brush; the slowest {worst * 1_000:.0f} ms.",
    )


@contextmanager
def _serving(table: pa.Table) -> Iterator[str]:
    buffer, lines = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table, max_chunksize=20_000)
    csv.write_csv(table, lines)
    told: dict[str, object] = {"checks": [], "updated_at": None, "publication": "1", "fresh_within_seconds": None}

    async def send(_request: Request) -> Response:
        kind = "application/vnd.apache.arrow.stream"
        return Response(buffer.getvalue(), media_type=kind, headers={"Tributary-Publication": "1"})

    async def tell(_request: Request) -> Response:
        return JSONResponse(told)

    async def show(_request: Request) -> Response:
        return HTMLResponse(_HTML.format(base=address(), declared=json.dumps(PAGE.declared())))

    async def send_lines(_request: Request) -> Response:
        return Response(lines.getvalue(), media_type="text/csv")

    async def show_vega(_request: Request) -> Response:
        return HTMLResponse(dashboard_vega.page("/rows.csv"))

    theirs = [Route("/rows.csv", send_lines), Route("/vega", show_vega)]
    routes = [*theirs, Route("/api/v1/tables/gold.events/rows", send), Route("/api/v1/tables/gold.events", tell)]
    app = Starlette(routes=[Route("/page", show), *routes, Mount("/", application())])
    port = free_ports()["web_port"]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def _table(rows: int) -> pa.Table:
    chance = np.random.default_rng(7)
    columns: dict[str, Any] = {
        "day": pa.array((19_000 + chance.integers(0, 700, rows)).astype("int32"), pa.date32()),
        "group": pa.array(np.char.add("group ", chance.integers(0, 500, rows).astype(str))),
        "venue": pa.array(np.char.add("venue ", chance.integers(0, 3_000, rows).astype(str))),
        "lat": 37.2 + chance.integers(0, 50, rows) / 100,
        "lon": -122.5 + chance.integers(0, 50, rows) / 100,
        "yes": chance.integers(0, 200, rows),
        "fee": chance.integers(0, 10_000, rows) / 100,
    }
    return pa.table(columns)
