"""The pages that correct an entry: edit it, undo it, rename a brand."""

from __future__ import annotations

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from tributary.assets.sneakers.app.forms.corrections import EditPurchaseForm, UndoForm, edit_form
from tributary.assets.sneakers.app.forms.entries import BrandForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.models import Manufacturer
from tributary.assets.sneakers.app.reading.history import Line, line_of
from tributary.assets.sneakers.app.service.writer import Outcome
from tributary.assets.sneakers.app.views.showing import ID, choices_of_brands, done, hidden, show

blueprint = Blueprint("corrections", __name__)
_METHODS = ["GET", "POST"]


@blueprint.route(f"/entries/<{ID}:event_id>/edit", methods=_METHODS)
def edit(event_id: int) -> ResponseReturnValue:
    """Change an entry of a pair."""
    line = _line(event_id)
    if line.entry is None:
        abort(404)
    form = edit_form(line.entry, hidden())
    outcome = form.send(lambda token: here().service.corrections.edit(token, event_id, form.correction()))
    if outcome is not None:
        return _back(outcome, "The entry was corrected.")
    if isinstance(form, EditPurchaseForm):
        form.manufacturer_id.offer(choices_of_brands(), "Choose a brand")
    return show("edit.html", form, line=line)


@blueprint.route(f"/entries/<{ID}:event_id>/undo", methods=_METHODS)
def undo(event_id: int) -> ResponseReturnValue:
    """Take an entry back, after a question."""
    line = _line(event_id)
    form = UndoForm()
    outcome = form.send(lambda token: here().service.corrections.undo(token, event_id))
    if outcome is not None:
        return _back(outcome, "The entry was undone.")
    return show("undo.html", form, line=line)


@blueprint.route(f"/brands/<{ID}:manufacturer_id>/edit", methods=_METHODS)
def edit_brand(manufacturer_id: int) -> ResponseReturnValue:
    """Rename a brand."""
    with here().sessions() as session:
        brand = session.get(Manufacturer, manufacturer_id)
    if brand is None:
        abort(404)
    form = BrandForm(data={"name": brand.name, "collaborator": brand.collaborator})
    outcome = form.send(
        lambda token: here().service.brands.edit(token, manufacturer_id, form.name.data, form.collaborator.data)
    )
    if outcome is not None:
        return _back(outcome, "The brand was renamed.")
    return show("edit_brand.html", form, brand=brand)


def _line(event_id: int) -> Line:
    with here().sessions() as session:
        return line_of(session, event_id, hidden())


def _back(outcome: Outcome, sentence: str) -> ResponseReturnValue:
    if outcome.sneaker_id is None:
        return done(outcome, sentence, "pages.brands")
    return done(outcome, sentence, "pages.pair", sneaker_id=outcome.sneaker_id)
