"""The forms that record something new."""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectChoice  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.forms.base import ChoiceField, TokenForm, day_field, price_field, text_field
from tributary.assets.sneakers.app.service.pairs import Purchase

_REQUIRED = {"required": True}


class BrandForm(TokenForm):
    """A brand, new or renamed."""

    name = text_field("Name")
    collaborator = text_field("Collaborator", required=False, hint="Leave empty where the brand works alone.")


class PurchaseForm(TokenForm):
    """A pair that was bought."""

    manufacturer_id = ChoiceField("Brand", render_kw=_REQUIRED)
    name = text_field("Name", hint="The model, as in Air Max 90.")
    color = text_field("Colour")
    material = text_field("Material")
    purchase_price = price_field("Price paid")
    purchased_on = day_field("Bought on")

    def purchase(self) -> Purchase:
        """What was typed in."""
        return Purchase(
            name=self.name.data or "",
            color=self.color.data or "",
            material=self.material.data or "",
            price=self.purchase_price.data or "",
            manufacturer_id=self.manufacturer_id.data,
        )


class PairForm(TokenForm):
    """Something that happened to a pair which is owned."""

    sneaker_id = ChoiceField("Pair", render_kw=_REQUIRED)
    event_date = day_field("Day")


class UseForm(PairForm):
    """A pair was used."""

    type = RadioField(
        "What did you do?",
        choices=[
            SelectChoice(EventType.WORN.value, "Wore it"),
            SelectChoice(EventType.WALKED.value, "Walked"),
            SelectChoice(EventType.CLEANED.value, "Cleaned"),
        ],
        default=EventType.WORN.value,
        validate_choice=False,
    )

    def kind(self) -> EventType | Any:
        """What was done; the bare text where there is no such thing."""
        found = self.type.data
        return EventType(found) if found in EventType._value2member_map_ else found


class SaleForm(PairForm):
    """A pair was sold."""

    sale_price = price_field("Price received")


class RemovalForm(PairForm):
    """A pair was thrown or given away."""

    type = RadioField(
        "What became of it?",
        choices=[
            SelectChoice(EventType.TRASHED.value, "Threw it away"),
            SelectChoice(EventType.GIVEN.value, "Gave it away"),
        ],
        default=EventType.TRASHED.value,
        validate_choice=False,
    )
    recipient = text_field("Given to", required=False, hint="For a gift, if you want to remember it.")
