"""What happens to pairs: bought, worn, walked in, cleaned, sold, thrown away, given away.

Taking such an entry back, or changing it, is in `corrections`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import USES, Event, EventType
from tributary.assets.sneakers.app.models import Sneaker
from tributary.assets.sneakers.app.rules import OPTIONAL, violation
from tributary.assets.sneakers.app.service.rows import events_of, held_brand, locked_pair, replay_into, state_of
from tributary.assets.sneakers.app.service.writer import Draft, Outcome, Writer
from tributary.assets.sneakers.app.values import (
    LONGEST_NOTE,
    check_all,
    clean_currency,
    clean_day,
    clean_id,
    clean_optional_text,
    clean_price,
    clean_text,
    moment_of,
)


@dataclass(frozen=True)
class Purchase:
    """A pair as it is typed in; `price` is a decimal number as text. Currency, size and note may be missing."""

    name: str
    color: str
    material: str
    price: str
    manufacturer_id: int | None
    currency: str | None = None
    size: str | None = None
    note: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What was said; a form that did not ask for something says the same as one that was left empty."""
        return {name: value for name, value in self.__dict__.items() if value is not None}

    def cleaned(self) -> Purchase:
        """The same as it is stored.

        Raises:
            Refused: a value cannot be understood.
        """
        brand, name, color, material, price, currency, size, note = check_all(
            lambda: clean_id(self.manufacturer_id, "manufacturer_id", "The brand"),
            lambda: clean_text(self.name, "name", "The name"),
            lambda: clean_text(self.color, "color", "The colour"),
            lambda: clean_text(self.material, "material", "The material"),
            lambda: clean_price(self.price, "purchase_price", "The price"),
            lambda: clean_currency(self.currency, "currency"),
            lambda: clean_optional_text(self.size, "size", "The size"),
            lambda: clean_optional_text(self.note, "note", "The note", LONGEST_NOTE),
        )
        return Purchase(name, color, material, price, brand, currency, size, note)

    def details(self, session: Session) -> dict[str, Any]:
        """The details of the event `bought`; holds the brand.

        Raises:
            Refused: there is no such brand.
        """
        brand = held_brand(session, self.manufacturer_id or 0)
        return {
            "name": self.name,
            "color": self.color,
            "material": self.material,
            "purchase_price": self.price,
            "manufacturer_id": brand.manufacturer_id,
            "brand": brand.name,
            "collaborator": brand.collaborator,
            "currency": self.currency,
            "size": self.size,
            "note": self.note,
        }


@dataclass(frozen=True)
class Pairs:
    """Records what happens to pairs. Every call raises `Refused`, with nothing written, where it cannot be true.

    Each is told the day, and the moment `at` where more than the day is known.
    """

    writer: Writer

    def buy(self, token: UUID, purchase: Purchase, day: date | None, at: datetime | None = None) -> Outcome:
        """A new pair, bought on `day`."""
        bought, on = check_all(purchase.cleaned, lambda: clean_day(day, "purchased_on", self.writer.today()))

        def work(session: Session, now: datetime) -> Draft:
            details = bought.details(session)
            pair = Sneaker(
                name=bought.name,
                color=bought.color,
                material=bought.material,
                purchase_price=Decimal(bought.price),
                purchased_on=on,
                manufacturer_id=details["manufacturer_id"],
                created_at=now,
                currency=bought.currency,
                size=bought.size,
                note=bought.note,
            )
            session.add(pair)
            session.flush()
            said = {name: value for name, value in details.items() if value is not None or name not in OPTIONAL}
            return Draft(EventType.BOUGHT, pair.sneaker_id, on, said, now, at)

        return self.writer.record(token, ("buy", bought.told, on), work)

    def use(
        self, token: UUID, kind: EventType, sneaker_id: int | None, day: date | None, at: datetime | None = None
    ) -> Outcome:
        """The pair was worn, walked in or cleaned on `day`."""
        if kind not in USES:
            raise Refused("type", "Choose whether the pair was worn, walked in or cleaned.")
        pair_id, on = self._checked(sneaker_id, day)

        def work(session: Session, _now: datetime) -> Draft:
            # The row is what a replay of all events gives, so a use, which changes nothing of it, needs only the row.
            found = violation(state_of(locked_pair(session, pair_id)), kind, on)
            if found is not None:
                raise Refused(found.field, found.sentence)
            return Draft(kind, pair_id, on, {}, at=at)

        return self.writer.record(token, (str(kind), pair_id, on), work)

    def sell(
        self, token: UUID, sneaker_id: int | None, price: str | None, day: date | None, at: datetime | None = None
    ) -> Outcome:
        """The pair was sold on `day`."""
        cleaned = partial(clean_price, price, "sale_price", "The price")
        return self._remove(token, EventType.SOLD, sneaker_id, day, at, sale_price=cleaned)

    def trash(self, token: UUID, sneaker_id: int | None, day: date | None, at: datetime | None = None) -> Outcome:
        """The pair was thrown away on `day`."""
        return self._remove(token, EventType.TRASHED, sneaker_id, day, at)

    def give(
        self,
        token: UUID,
        sneaker_id: int | None,
        day: date | None,
        recipient: str | None = None,
        at: datetime | None = None,
    ) -> Outcome:
        """The pair was given away on `day`, to `recipient` where that is said."""
        cleaned = partial(clean_optional_text, recipient, "recipient", "The recipient")
        return self._remove(token, EventType.GIVEN, sneaker_id, day, at, recipient=cleaned)

    def remove(
        self, token: UUID, kind: str | None, sneaker_id: int | None, day: date | None, recipient: str | None = None
    ) -> Outcome:
        """The pair was thrown away or given away, as `kind` says; only a gift has a recipient."""
        if kind == EventType.GIVEN:
            return self.give(token, sneaker_id, day, recipient)
        if kind != EventType.TRASHED:
            raise Refused("type", "Choose whether the pair was thrown away or given away.")
        if clean_optional_text(recipient, "recipient", "The recipient") is not None:
            raise Refused(
                "recipient", "A pair that was thrown away went to nobody: leave this empty, or choose a gift."
            )
        return self.trash(token, sneaker_id, day)

    def _checked(self, sneaker_id: int | None, day: date | None, *others: Callable[[], Any]) -> list[Any]:
        """The pair, what others give, and the day."""
        return check_all(
            lambda: clean_id(sneaker_id, "sneaker_id", "The pair"),
            *others,
            lambda: clean_day(day, "event_date", self.writer.today()),
        )

    def _remove(
        self,
        token: UUID,
        kind: EventType,
        sneaker_id: int | None,
        day: date | None,
        at: datetime | None,
        **told: Callable[[], Any],
    ) -> Outcome:
        pair_id, *values, on = self._checked(sneaker_id, day, *told.values())
        details = dict(zip(told, values, strict=True))

        def work(session: Session, now: datetime) -> Draft:
            pair = locked_pair(session, pair_id)
            events = events_of(session, pair_id)
            drafted = Event(events[-1].event_id + 1, kind, pair_id, on, moment_of(on, now, at), now, details)
            replay_into(session, pair, [*events, drafted])
            return Draft(kind, pair_id, on, details, at=at)

        return self.writer.record(token, (str(kind), pair_id, on, details), work)
