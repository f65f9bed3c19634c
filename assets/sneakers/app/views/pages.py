"""The pages that only show: Home, all pairs, one pair with its history, the brands."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from tributary.assets.sneakers.app.forms.base import TokenForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.collection import latest, per_brand, totals
from tributary.assets.sneakers.app.reading.finding import ORDERS, OWNED, Wanted, choices_of, found
from tributary.assets.sneakers.app.reading.history import history_of, history_of_brands
from tributary.assets.sneakers.app.reading.pairs import all_pairs, one_pair, owned_pairs
from tributary.assets.sneakers.app.views.showing import ID, hidden

blueprint = Blueprint("pages", __name__)
LATEST = 8


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Home: the collection at a glance."""
    with here().sessions() as session:
        return render_template(
            "home.html",
            totals=totals(session, here().today()),
            pairs=owned_pairs(session),
            latest=latest(session, LATEST),
            tap=TokenForm(),
        )


@blueprint.get("/sneakers")
def pairs() -> ResponseReturnValue:
    """Every pair there ever was, or those that the address asks for."""
    wanted = Wanted.of(request.args)
    with here().sessions() as session:
        known = all_pairs(session)
    shown = found(known, wanted, notes="note" not in hidden())
    return render_template(
        "pairs.html",
        pairs=shown,
        known=len(known),
        wanted=wanted,
        choices=choices_of(known),
        orders=ORDERS,
        owned=OWNED,
        tap=TokenForm(),
    )


@blueprint.get(f"/sneakers/<{ID}:sneaker_id>")
def pair(sneaker_id: int) -> ResponseReturnValue:
    """One pair and its history; a pair whose purchase was undone keeps its history."""
    with here().sessions() as session:
        lines = history_of(session, sneaker_id, hidden())
        if not lines:
            abort(404)
        return render_template("pair.html", pair=one_pair(session, sneaker_id), lines=lines, hidden=hidden())


@blueprint.get("/brands")
def brands() -> ResponseReturnValue:
    """The brands and what was said of them."""
    with here().sessions() as session:
        return render_template(
            "brands.html",
            brands=sorted(per_brand(session), key=lambda brand: brand.label.casefold()),
            lines=history_of_brands(session),
        )
