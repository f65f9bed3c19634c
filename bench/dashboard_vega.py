"""The same linked page in Vega-Lite, for the dashboard's bench: each picture filters all others, by its own runtime.

Vega and Vega-Lite are those of `vl-convert-python`; nothing of them is shipped. Rows come as CSV, which they read.
"""

from __future__ import annotations

import json
from typing import Any

from bench.errors import BenchError

_WEEK = {"timeUnit": "yearweek", "field": "day", "type": "temporal", "title": None}
_FEE = {"field": "fee", "bin": {"step": 5}, "type": "quantitative", "title": None}
_COUNT = {"aggregate": "count", "type": "quantitative", "title": None}
_FILTERS = ("byDay", "byFee", "byGroup", "byVenue", "byPlace")
DRAG = """async (moves) => {
  const view = window.embedded, canvas = document.querySelector("canvas");
  const { left, top } = canvas.getBoundingClientRect();
  const at = (kind, target, x) => {
    const where = { pointerId: 1, button: 0, buttons: 1, bubbles: true, cancelable: true, view: window,
      clientX: left + x, clientY: top + 60 };
    target.dispatchEvent(new PointerEvent(`pointer${kind}`, where));
    target.dispatchEvent(new MouseEvent(`mouse${kind}`, where));
  };
  at("move", canvas, 199); // what lies under the pointer is known by its moves
  at("down", canvas, 200);
  await view.runAsync();
  const before = canvas.toDataURL();
  const took = [];
  for (let step = 1; step <= moves; step++) {
    const begun = performance.now();
    at("move", canvas, 200 + step * 10);
    await view.runAsync();
    await new Promise(requestAnimationFrame);
    took.push(performance.now() - begun);
  }
  at("up", canvas, 200 + moves * 10);
  return { took, changed: canvas.toDataURL() !== before };
}"""
"""Drags the brush of the first picture; what it gives says whether anything was drawn anew."""


def page(rows: str) -> str:
    """The page, which reads its rows from an address, and sets `embedded` when all is drawn."""
    return f"""<!doctype html><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">
<div id="at"></div><script>{_bundle()}</script><script>
vegaEmbed("#at", {json.dumps(_specification(rows))}, {{ actions: false, renderer: "canvas" }})
  .then(({{ view }}) => {{ window.drawnAt = performance.now(); window.embedded = view; }});</script>"""


def _bundle() -> str:
    try:
        import vl_convert  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise BenchError("Vega-Lite is measured by vl-convert-python: pip install vl-convert-python.") from error
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _passed(*but: str) -> list[dict[str, Any]]:
    return [{"filter": {"and": [{"param": one} for one in _FILTERS if one not in but]}}]


def _bars(own: str, x: dict[str, Any], width: int) -> dict[str, Any]:
    """All rows in grey with a brush, and those that all other filters let through above them."""
    brush = {"name": own, "select": {"type": "interval", "encodings": ["x"]}}
    encoding = {"x": x, "y": _COUNT}
    return {
        "width": width,
        "height": 150,
        "layer": [
            {"params": [brush], "mark": {"type": "bar", "color": "#ddd"}, "encoding": encoding},
            {"transform": _passed(own), "mark": "bar", "encoding": encoding},
        ],
    }


def _leaders(own: str, field: str, amount: dict[str, str]) -> dict[str, Any]:
    return {
        "width": 400,
        "params": [{"name": own, "select": {"type": "point", "fields": [field]}}],
        "transform": [
            *_passed(own),
            {"aggregate": [{**amount, "as": "amount"}], "groupby": [field]},
            {"window": [{"op": "rank", "as": "rank"}], "sort": [{"field": "amount", "order": "descending"}]},
            {"filter": "datum.rank <= 10"},
        ],
        "mark": "bar",
        "encoding": {
            "y": {"field": field, "type": "nominal", "sort": "-x", "title": None},
            "x": {"field": "amount", "type": "quantitative", "title": None},
        },
    }


def _specification(rows: str) -> dict[str, Any]:
    place = {
        "width": 400,
        "height": 300,
        "params": [{"name": "byPlace", "select": "interval"}],
        "transform": _passed("byPlace"),
        "mark": "rect",
        "encoding": {
            "x": {"field": "lon", "bin": {"step": 0.01}, "type": "quantitative", "title": None},
            "y": {"field": "lat", "bin": {"step": 0.01}, "type": "quantitative", "title": None},
            "color": {"aggregate": "count", "type": "quantitative"},
        },
    }
    types = {"day": "date", "lat": "number", "lon": "number", "yes": "number", "fee": "number"}
    return {
        "data": {"url": rows, "format": {"type": "csv", "parse": types}},
        "vconcat": [
            _bars("byDay", _WEEK, 900),
            {"hconcat": [place, _leaders("byGroup", "group", {"op": "sum", "field": "yes"})]},
            {"hconcat": [_leaders("byVenue", "venue", {"op": "count"}), _bars("byFee", _FEE, 400)]},
        ],
    }
