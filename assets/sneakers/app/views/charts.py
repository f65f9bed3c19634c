"""The page with the charts of the collection; each chart has its numbers as a table beside it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.collection import owned_by_day, per_brand, uses_by_month
from tributary.assets.sneakers.app.reading.pairs import all_pairs
from tributary.resources.look import drawing

blueprint = Blueprint("charts", __name__)
MONTHS = 12
MOST_BARS = 8
SERIES = ("worn", "walked in", "cleaned")


@blueprint.get("/charts")
def charts() -> ResponseReturnValue:
    """Pairs over time and by brand, uses by month, and the pairs that are used most."""
    with here().sessions() as session:
        today = here().today()
        by_day = owned_by_day(session, today)
        brands = per_brand(session)
        months = uses_by_month(session, today, MONTHS)
        pairs = sorted(all_pairs(session), key=lambda pair: -(pair.worn + pair.walked))
    used = [pair for pair in pairs if pair.worn + pair.walked]
    return render_template(
        "charts.html",
        drawing=drawing,
        series=SERIES,
        over_time=drawing.steps(by_day),
        changes=[point for index, point in enumerate(by_day) if index == 0 or by_day[index - 1][1] != point[1]],
        brands=brands,
        brand_bars=drawing.bars([(brand.label, brand.owned, str(brand.owned)) for brand in brands[:MOST_BARS]]),
        months=months,
        month_columns=drawing.columns(
            [f"{month.month:%b}" for month in months],
            [(month.worn, month.walked, month.cleaned) for month in months],
            SERIES,
        ),
        used=used,
        used_bars=drawing.bars(
            [
                (f"{pair.brand} {pair.state.name}", pair.worn + pair.walked, str(pair.worn + pair.walked))
                for pair in used[:MOST_BARS]
            ]
        ),
    )
