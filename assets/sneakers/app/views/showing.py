"""How a form is shown again, where a recorded one leads, and the dot beside a pair."""

from __future__ import annotations

import re
from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tributary.assets.sneakers.app.events import PARTICIPLES
from tributary.assets.sneakers.app.forms.base import TokenForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.reading.pairs import Choice, brand_choices
from tributary.assets.sneakers.app.service.writer import Outcome
from tributary.assets.sneakers.app.values import LARGEST_ID
from tributary.resources.principal import principal_of
from tributary.resources.warehouse.table import PII

ID = f"int(min=1, max={LARGEST_ID})"
"""An id in the path of a page."""

OF_PEOPLE = frozenset({"recipient", "note"})
"""Details of events that are personal data, as the columns that are made of them are tagged."""

_COLOURS = (
    "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "navy", "purple", "pink", "brown", "beige",
    "cream", "gold", "silver", "teal", "olive",
)  # fmt: skip
_ALIKE = {"gray": "grey", "tan": "beige", "sand": "beige", "burgundy": "red", "violet": "purple", "volt": "yellow"}


def show(template: str, form: TokenForm, *, status: int | None = None, **values: object) -> ResponseReturnValue:
    """The page of a form; its status says whether it was refused, unless it is given."""
    status = status or (422 if form.is_submitted() else 200)
    return render_template(template, form=form, today=here().today(), **values), status


def done(outcome: Outcome, sentence: str, endpoint: str, **values: object) -> ResponseReturnValue:
    """Say what was recorded, and lead to a page that can be reloaded without sending anything again."""
    if outcome.repeated:
        sentence = f"This form had arrived before: it was recorded once ({PARTICIPLES[outcome.type]})."
    flash(sentence)
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[arg-type]


def choices_of_brands() -> list[Choice]:
    """The brands at this moment."""
    with here().sessions() as session:
        return brand_choices(session)


def hidden() -> frozenset[str]:
    """The details that whoever asks may not see: of people, for those without the scope that such columns take."""
    try:
        sees = PII in principal_of(request.environ.get("asgi.scope", {})).scopes
    except LookupError:
        sees = False
    return frozenset() if sees else OF_PEOPLE


def money(amount: Decimal, currency: str | None) -> str:
    """An amount as pages show it, with its currency where that is not the usual one."""
    return f"{amount:,.2f}" + (f" {currency}" if currency else "")


def dot_class(color: str) -> str:
    """`dot dot-red` for "University Red"; `dot` alone where no known colour is named."""
    for word in re.findall(r"[a-z]+", color.lower()):
        known = _ALIKE.get(word, word)
        if known in _COLOURS:
            return f"dot dot-{known}"
    return "dot"


def twice(text: str) -> tuple[str, str]:
    """An option that is called what it is."""
    return text, text
