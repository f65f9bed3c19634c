"""Pairs as pages show them, with brand, what was done with them, and how they left; and the choices of the forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.events import PARTICIPLES, EventType
from tributary.assets.sneakers.app.models import Manufacturer, Sneaker, brand_label
from tributary.assets.sneakers.app.reading.standing import standing_events
from tributary.assets.sneakers.app.rules import PairState
from tributary.assets.sneakers.app.service.rows import state_of


@dataclass(frozen=True)
class Choice:
    """One option of a list."""

    value: int
    label: str


@dataclass(frozen=True)
class Pair:
    """A pair and its use so far; prices are in `state.currency`."""

    sneaker_id: int
    brand: str
    state: PairState
    worn: int
    walked: int
    cleaned: int
    last_used: date | None

    @property
    def fate(self) -> str | None:
        """How it left, as in `sold`; None while it is owned."""
        return None if self.state.left is None else PARTICIPLES[self.state.left[0]]

    @property
    def left_on(self) -> date | None:
        """The day on which it left."""
        return None if self.state.left is None else self.state.left[1]

    @property
    def cost_per_wear(self) -> Decimal | None:
        """What it cost, less what it was sold for, by time worn (not walked in), to the cent; None where never worn.

        `gold.sneaker_timeline` tells the same.
        """
        if not self.worn:
            return None
        cost = self.state.purchase_price - (self.state.sale_price or Decimal(0))
        return (cost / self.worn).quantize(Decimal("0.01"), ROUND_HALF_UP)


def all_pairs(session: Session) -> list[Pair]:
    """Every pair, owned ones first, then by brand and name."""
    return sorted(
        _pairs(session, _statement()),
        key=lambda pair: (pair.fate is not None, pair.brand.casefold(), pair.state.name.casefold(), pair.sneaker_id),
    )


def owned_pairs(session: Session) -> list[Pair]:
    """The pairs that are owned, the one used last first."""
    pairs = _pairs(session, _owned(_statement()))
    return sorted(pairs, key=lambda pair: (pair.last_used or pair.state.purchased_on, pair.sneaker_id), reverse=True)


def one_pair(session: Session, sneaker_id: int) -> Pair | None:
    """One pair; None where there is none."""
    return next(iter(_pairs(session, _statement().where(Sneaker.sneaker_id == sneaker_id))), None)


def brand_choices(session: Session) -> list[Choice]:
    """All brands, by name."""
    found = session.scalars(
        select(Manufacturer).order_by(
            func.lower(Manufacturer.name), func.lower(Manufacturer.collaborator).nulls_first()
        )
    )
    return [Choice(brand.manufacturer_id, brand.label) for brand in found]


def pair_choices(session: Session) -> list[Choice]:
    """The pairs that are owned, by brand and name."""
    statement = (
        select(Sneaker.sneaker_id, Sneaker.name, Sneaker.color, Manufacturer.name, Manufacturer.collaborator)
        .join(Manufacturer)
        .order_by(func.lower(Manufacturer.name), func.lower(Sneaker.name), Sneaker.sneaker_id)
    )
    return [
        Choice(sneaker_id, f"{brand_label(brand, partner)} {name}, {color}")
        for sneaker_id, name, color, brand, partner in session.execute(_owned(statement))
    ]


def _owned(statement: Select[Any]) -> Select[Any]:
    """The statement, of pairs that have not left."""
    return statement.where(Sneaker.sold_at.is_(None), Sneaker.trashed_at.is_(None), Sneaker.given_at.is_(None))


@cache
def _statement() -> Select[Any]:
    standing = standing_events()

    def times(kind: EventType) -> Any:
        return func.count().filter(standing.c.type == kind)

    used = (
        select(
            standing.c.sneaker_id,
            times(EventType.WORN).label("worn"),
            times(EventType.WALKED).label("walked"),
            times(EventType.CLEANED).label("cleaned"),
            func.max(standing.c.event_date)
            .filter(standing.c.type.in_((EventType.WORN, EventType.WALKED)))
            .label("last_used"),
        )
        .group_by(standing.c.sneaker_id)
        .subquery("used")
    )
    return (
        select(Sneaker, Manufacturer, used.c.worn, used.c.walked, used.c.cleaned, used.c.last_used)
        .join(Manufacturer, Manufacturer.manufacturer_id == Sneaker.manufacturer_id)
        .join(used, used.c.sneaker_id == Sneaker.sneaker_id)
    )


def _pairs(session: Session, statement: Select[Any]) -> list[Pair]:
    rows: Sequence[Row[Any]] = session.execute(statement).all()
    return [Pair(sneaker.sneaker_id, brand.label, state_of(sneaker), *used) for sneaker, brand, *used in rows]
