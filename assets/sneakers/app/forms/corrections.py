"""The forms that change or undo an entry: each asks for what the kind of entry holds, filled with how it reads now."""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.forms.base import TokenForm, day_field, price_field, text_field
from tributary.assets.sneakers.app.forms.entries import PurchaseForm
from tributary.assets.sneakers.app.rules import Entry
from tributary.assets.sneakers.app.service.corrections import Correction


class UndoForm(TokenForm):
    """Nothing but the decision."""


class EditForm(TokenForm):
    """The day of an entry, and what else its kind holds."""

    event_date = day_field("Day")
    kept: Mapping[str, Any] = {}
    """Details that are not asked for, and stay as they are."""

    def correction(self) -> Correction:
        """The entry as it should read."""
        told = {**self.kept, **{name: self[name].data for name in ("sale_price", "recipient") if name in self}}
        return Correction(self.event_date.data, **told)


class EditSaleForm(EditForm):
    """A sale."""

    sale_price = price_field("Price received")


class EditGiftForm(EditForm):
    """A gift."""

    recipient = text_field("Given to", required=False)


class EditPurchaseForm(PurchaseForm):
    """A purchase."""

    purchased_on = None
    event_date = day_field("Bought on")

    def correction(self) -> Correction:
        """The entry as it should read."""
        return Correction(self.event_date.data, purchase=self.purchase())


_FORMS: dict[EventType, type[EditForm] | type[EditPurchaseForm]] = {
    EventType.BOUGHT: EditPurchaseForm,
    EventType.SOLD: EditSaleForm,
    EventType.GIVEN: EditGiftForm,
}


def edit_form(entry: Entry, hidden: Collection[str] = ()) -> EditForm | EditPurchaseForm:
    """The form for an entry, which does not ask for details `hidden`; unless it was sent, it shows how it reads."""
    form = _FORMS.get(entry.event.type, EditForm)(data={**entry.details, "event_date": entry.day})
    form.kept = {name: entry.details.get(name) for name in hidden if name in form}
    for name in form.kept:
        del form[name]
    return form
