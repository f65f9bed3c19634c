"""The forms that record something new."""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import RadioField, SelectChoice  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.forms.base import ChoiceField, TokenForm, day_field, price_field, text_field
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.assets.sneakers.app.values import LONGEST_NOTE

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
    currency = text_field("Currency", required=False, hint="As in USD, where it is not your usual one.", longest=3)
    size = text_field("Size", required=False)
    purchased_on = day_field("Bought on")
    note = text_field("Note", required=False, longest=LONGEST_NOTE)
    kept: Mapping[str, Any] = {}
    """Details that are not asked for, and stay as they are."""

    def purchase(self) -> Purchase:
        """What was typed in."""
        return Purchase(
            name=self.name.data or "",
            color=self.color.data or "",
            material=self.material.data or "",
            price=self.purchase_price.data or "",
            manufacturer_id=self.manufacturer_id.data,
            **{name: self[name].data if name in self else self.kept.get(name) for name in ("currency", "size", "note")},
        )


class PairForm(TokenForm):
    """Something that happened to a pair which is owned."""

    sneaker_id = ChoiceField("Pair", render_kw=_REQUIRED)
    event_date = day_field("Day")


class KindField(RadioField):
    """What was done with a pair."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "What did you do?",
            choices=[
                SelectChoice(EventType.WORN.value, "Wore it"),
                SelectChoice(EventType.WALKED.value, "Walked"),
                SelectChoice(EventType.CLEANED.value, "Cleaned"),
            ],
            default=EventType.WORN.value,
            validate_choice=False,
            **options,
        )

    def kind(self) -> EventType | Any:
        """What was done; the bare text where there is no such thing."""
        return EventType(self.data) if self.data in EventType._value2member_map_ else self.data


class UseForm(PairForm):
    """A pair was used."""

    type = KindField()


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
