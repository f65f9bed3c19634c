"""Wearing from a list: one pair today by one tap, and several pairs on several days."""

from __future__ import annotations

from uuid import uuid5

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from tributary.assets.sneakers.app.events import PARTICIPLES, EventType
from tributary.assets.sneakers.app.forms.base import TokenForm, id_of
from tributary.assets.sneakers.app.forms.wearing import SeveralForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.finding import Wanted
from tributary.assets.sneakers.app.reading.pairs import one_pair, pair_choices
from tributary.assets.sneakers.app.service.several import Recorded
from tributary.assets.sneakers.app.views.showing import show

blueprint = Blueprint("wearing", __name__)


@blueprint.post("/wear/today")
def today() -> ResponseReturnValue:
    """A pair of a list was worn today; leads back to the list as it was."""
    form, sneaker_id, now = TokenForm(), id_of(request.form.get("sneaker_id", "")), here().today()
    record = here().service.pairs.use
    # One token stands for the whole list, of which each pair has its own.
    outcome = form.send(lambda token: record(uuid5(token, str(sneaker_id)), EventType.WORN, sneaker_id, now))
    if outcome is None:
        for _, sentence in form.faults:
            flash(sentence, "fault")
    else:
        with here().sessions() as session:
            pair = one_pair(session, outcome.sneaker_id or 0)
        undo = url_for("corrections.undo", event_id=outcome.event_id)
        name = "The pair" if pair is None else pair.state.name
        flash(Markup('{} was worn today. <a href="{}">Undo</a>').format(name, undo))
    if request.args.get("from") == "home":
        return redirect(url_for("pages.home"), 303)
    address = Wanted.of(request.args).address
    return redirect(url_for("pages.pairs", **address, _anchor=f"pair-{sneaker_id}"), 303)  # type: ignore[arg-type]


@blueprint.route("/wear", methods=["GET", "POST"])
def several() -> ResponseReturnValue:
    """Several pairs were used on several days."""
    form = SeveralForm()
    if not form.is_submitted():
        form.q.data = request.args.get("q", "")
        form.sneaker_ids.data = request.args.getlist("pair", type=int)
    finds, use = "find" in request.form, here().service.several.use
    if not finds:
        recorded = form.send(
            lambda token: use(token, form.type.kind(), form.sneaker_ids.data, form.chosen_days()),
        )
        if recorded is not None:
            flash(_sentence(recorded, PARTICIPLES[form.type.kind()]))
            return redirect(url_for("pages.home"), 303)
    with here().sessions() as session:
        pairs = pair_choices(session)
    form.offer(pairs, here().today())
    return show("wear.html", form, choices=pairs, status=200 if finds else None)


def _sentence(recorded: Recorded, done: str) -> str:
    if recorded.repeated:
        return f"This form had arrived before: it was recorded once ({done})."
    told = f"{recorded.new:,} entries were recorded ({done})."
    if recorded.before:
        told += f" {recorded.before:,} stood already and were left as they are."
    return told
