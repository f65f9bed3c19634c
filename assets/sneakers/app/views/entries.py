"""The pages that record something new: add a pair, add a brand, use, sell, remove."""

from __future__ import annotations

from typing import TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.forms.entries import (
    BrandForm,
    PairForm,
    PurchaseForm,
    RemovalForm,
    SaleForm,
    UseForm,
)
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.pairs import pair_choices
from tributary.assets.sneakers.app.service.writer import Outcome
from tributary.assets.sneakers.app.views.showing import choices_of_brands, done, show

blueprint = Blueprint("entries", __name__)
_METHODS = ["GET", "POST"]
_Form = TypeVar("_Form", bound=PairForm)


@blueprint.route("/sneakers/add", methods=_METHODS)
def add_sneakers() -> ResponseReturnValue:
    """Add sneakers: a pair was bought."""
    form = PurchaseForm()
    if not form.is_submitted():
        form.purchased_on.data = here().today()
    outcome = form.send(lambda token: here().service.pairs.buy(token, form.purchase(), form.purchased_on.data))
    if outcome is not None:
        return done(outcome, "The pair was added.", "pages.pair", sneaker_id=outcome.sneaker_id)
    brands = choices_of_brands()
    form.manufacturer_id.offer(brands, "Choose a brand")
    return show("add_sneakers.html", form, choices=brands)


@blueprint.route("/brands/add", methods=_METHODS)
def add_brand() -> ResponseReturnValue:
    """Add brand."""
    form = BrandForm()
    outcome = form.send(lambda token: here().service.brands.add(token, form.name.data, form.collaborator.data))
    if outcome is not None:
        return done(outcome, "The brand was added.", "pages.brands")
    return show("add_brand.html", form)


@blueprint.route("/use", methods=_METHODS)
def use() -> ResponseReturnValue:
    """Use: a pair was worn, walked in or cleaned."""
    form = _pair_form(UseForm)
    record = here().service.pairs.use
    outcome = form.send(lambda token: record(token, form.type.kind(), form.sneaker_id.data, form.event_date.data))
    return _shown("use.html", form, outcome, "The use was recorded.")


@blueprint.route("/sell", methods=_METHODS)
def sell() -> ResponseReturnValue:
    """Sell: a pair was sold."""
    form = _pair_form(SaleForm)
    record = here().service.pairs.sell
    outcome = form.send(lambda token: record(token, form.sneaker_id.data, form.sale_price.data, form.event_date.data))
    return _shown("sell.html", form, outcome, "The sale was recorded.")


@blueprint.route("/remove", methods=_METHODS)
def remove() -> ResponseReturnValue:
    """Remove: a pair was thrown or given away."""
    form = _pair_form(RemovalForm)
    record = here().service.pairs.remove
    outcome = form.send(
        lambda token: record(token, form.type.data, form.sneaker_id.data, form.event_date.data, form.recipient.data)
    )
    return _shown("remove.html", form, outcome, "The pair was removed.")


def _pair_form(kind: type[_Form]) -> _Form:
    """The form, on the pair and use that the address names and on today, until it is sent."""
    form = kind()
    if not form.is_submitted():
        form.event_date.data = here().today()
        form.sneaker_id.data = request.args.get("pair", type=int)
        if isinstance(form, UseForm) and request.args.get("type") in tuple(EventType):
            form.type.data = request.args["type"]
    return form


def _shown(template: str, form: PairForm, outcome: Outcome | None, sentence: str) -> ResponseReturnValue:
    """The pair's page where something was recorded, else the form."""
    if outcome is not None:
        return done(outcome, sentence, "pages.pair", sneaker_id=outcome.sneaker_id)
    with here().sessions() as session:
        pairs = pair_choices(session)
    form.sneaker_id.offer(pairs, "Choose a pair")
    return show(template, form, choices=pairs)
