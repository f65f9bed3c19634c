"""The choices of the forms: brands, and pairs that are owned. Read for each page, so that none is stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.models import Manufacturer, Sneaker, brand_label


@dataclass(frozen=True)
class Choice:
    """One option of a list."""

    value: int
    label: str


def brands(session: Session) -> list[Choice]:
    """All brands, by name."""
    found = session.scalars(
        select(Manufacturer).order_by(
            func.lower(Manufacturer.name), func.lower(Manufacturer.collaborator).nulls_first()
        )
    )
    return [Choice(brand.manufacturer_id, brand.label) for brand in found]


def pairs_owned(session: Session) -> list[Choice]:
    """The pairs that are owned, by brand and name."""
    statement = (
        select(Sneaker.sneaker_id, Sneaker.name, Sneaker.color, Manufacturer.name, Manufacturer.collaborator)
        .join(Manufacturer)
        .order_by(func.lower(Manufacturer.name), func.lower(Sneaker.name), Sneaker.sneaker_id)
    )
    return [
        Choice(sneaker_id, f"{brand_label(brand, partner)} {name}, {color}")
        for sneaker_id, name, color, brand, partner in session.execute(owned(statement))
    ]


def owned(statement: Select[Any]) -> Select[Any]:
    """The statement, of pairs that have not left."""
    return statement.where(Sneaker.sold_at.is_(None), Sneaker.trashed_at.is_(None), Sneaker.given_at.is_(None))
