"""Figures as CSV, for spreadsheets and for pages of others: the columns are those that pages of an SNQL app draw."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence

from flask import Blueprint, Response, request

from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.collection import owned_by_day, per_brand

blueprint = Blueprint("csv_files", __name__)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


@blueprint.get("/pairs_owned_over_time")
def pairs_owned_over_time() -> Response:
    """Rows (date, num_owned): the end of each day from the first purchase to today."""
    with here().sessions() as session:
        return _csv("pairs_owned_over_time", ("date", "num_owned"), owned_by_day(session, here().today()))


@blueprint.get("/pairs_per_brand")
def pairs_per_brand() -> Response:
    """Rows (brand, num_owned), the brand with most pairs first; whatever it made with whom, and only what is owned."""
    owned: Counter[str] = Counter()
    with here().sessions() as session:
        for brand in per_brand(session):
            owned[brand.name] += brand.owned
    rows = sorted(((name, count) for name, count in owned.items() if count), key=lambda row: (-row[1], row[0].lower()))
    return _csv("pairs_per_brand", ("brand", "num_owned"), rows)


@blueprint.after_request
def _allow(response: Response) -> Response:
    """Let pages of the origins that the settings name read the files (CORS, Fetch standard, 3.2)."""
    origins = here().origins
    if origins:
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet runs as a formula: a text that looks like one begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return Response(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'inline; filename="{name}.csv"'},
    )
