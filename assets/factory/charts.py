"""Draws the chart that a model's header asks for, as a picture inside the materialisation's metadata."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib import import_module
from threading import Thread
from typing import Any

import dagster as dg

from tributary.assets.factory.header import ChartEntry
from tributary.resources.warehouse.base import Origin, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse

MOST_POINTS = 400
MOST_ROWS = 100_000
"""A table of more rows that followed a few keys is not drawn, as a chart reads all of them."""
_COLOURS = 32


def is_drawn(report: WriteReport) -> bool:
    """Whether a chart, which reads the whole table, costs no more than the write did."""
    return report.keys is None or (report.table_rows or report.rows) <= MOST_ROWS


def chart_metadata(warehouse: Warehouse, table: Table, chart: ChartEntry, origin: Origin) -> Mapping[str, Any]:
    """The chart as metadata: one picture, drawn from the table's published rows."""
    rows = warehouse.rows(
        f"SELECT {chart.x} AS x, {chart.y} AS y FROM {table.sql_name} GROUP BY 1 ORDER BY 1 LIMIT {MOST_POINTS}",
        origin=origin,
    )
    if not rows:
        return {}
    picture = draw(chart, [row["x"] for row in rows], [float(row["y"] or 0) for row in rows])
    encoded = base64.b64encode(picture).decode()
    return {"chart": dg.MetadataValue.md(f"![{chart.title}](data:image/png;base64,{encoded})")}


def prepare() -> None:
    """Load what draws, beside the statement that makes the rows: it takes the half second that drawing does not."""
    Thread(target=import_module, args=("matplotlib.figure",), name="charts", daemon=True).start()


def draw(chart: ChartEntry, x: Sequence[Any], y: Sequence[float]) -> bytes:
    """The chart as a PNG picture."""
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(6.4, 3.2), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    if chart.kind == "line" and len(x) > 1:  # a line of one point is none to see
        axes.plot(x, y, color="#2563eb", linewidth=1.4)
        # Room beside the first and the last day of a calendar would be no day.
        axes.margins(x=0)
        figure.autofmt_xdate()
    else:
        axes.bar([str(value) for value in x], y, color="#2563eb", width=0.72)
    axes.set_title(chart.title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    drawn, buffer = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png")
    # One colour on white and its shades: a palette takes a third of the bytes, which are kept once a materialisation.
    shades = Image.open(drawn).convert("RGB").quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
    shades.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
