"""Figures as CSV, for other pages to draw and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Blueprint, Response

from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.collection import owned_by_day, per_brand

blueprint = Blueprint("csv_files", __name__)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


@blueprint.get("/pairs_owned_over_time")
def pairs_owned_over_time() -> Response:
    """Rows (date, pairs_owned): the end of each day from the first purchase to today."""
    with here().sessions() as session:
        return _csv("pairs_owned_over_time", ("date", "pairs_owned"), owned_by_day(session, here().today()))


@blueprint.get("/pairs_per_brand")
def pairs_per_brand() -> Response:
    """Rows (brand, collaborator, pairs_owned, pairs_bought), the brand with most pairs first."""
    with here().sessions() as session:
        rows = [(brand.name, brand.collaborator, brand.owned, brand.bought) for brand in per_brand(session)]
    return _csv("pairs_per_brand", ("brand", "collaborator", "pairs_owned", "pairs_bought"), rows)


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
