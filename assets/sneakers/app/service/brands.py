"""Brands: added and renamed. A brand that was added by mistake is taken back in `corrections`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import errors
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.models import Manufacturer, brand_label
from tributary.assets.sneakers.app.names import skeleton
from tributary.assets.sneakers.app.service.writer import Draft, Outcome, Writer
from tributary.assets.sneakers.app.values import check_all, clean_id, clean_optional_text, clean_text


@dataclass(frozen=True)
class Brands:
    """Records what is said of brands. Every call raises `Refused`, with nothing written, where it cannot be."""

    writer: Writer

    def add(self, token: UUID, name: str, collaborator: str | None = None) -> Outcome:
        """A new brand; name and collaborator together must be new, whatever the case of their letters."""
        title, partner = _cleaned(name, collaborator)

        def work(session: Session, _now: datetime) -> Draft:
            refuse_alike(session, title, partner)
            brand = Manufacturer(name=title, collaborator=partner)
            session.add(brand)
            flush_brand(session)
            return Draft(EventType.BRAND_ADDED, None, self.writer.today(), brand_details(brand))

        return self.writer.record(token, ("add brand", title, partner), work)

    def edit(self, token: UUID, manufacturer_id: int | None, name: str, collaborator: str | None = None) -> Outcome:
        """A brand is called otherwise; its pairs are of the brand under its new name."""
        brand_id = clean_id(manufacturer_id, "manufacturer_id", "The brand")
        title, partner = _cleaned(name, collaborator)

        def work(session: Session, _now: datetime) -> Draft:
            brand = locked_brand(session, brand_id)
            if (brand.name, brand.collaborator) == (title, partner):
                raise Refused(None, "Nothing was changed: the brand is called that already.")
            refuse_alike(session, title, partner, brand_id)
            brand.name, brand.collaborator = title, partner
            flush_brand(session)
            return Draft(EventType.BRAND_EDITED, None, self.writer.today(), brand_details(brand))

        return self.writer.record(token, ("edit brand", brand_id, title, partner), work)


def locked_brand(session: Session, manufacturer_id: int) -> Manufacturer:
    """The brand, which nobody else can change until the transaction ends.

    Raises:
        Refused: there is no such brand.
    """
    statement = select(Manufacturer).where(Manufacturer.manufacturer_id == manufacturer_id).with_for_update()
    brand = session.scalar(statement)
    if brand is None:
        raise Refused(None, "There is no such brand (any more).")
    return brand


def brand_details(brand: Manufacturer) -> dict[str, Any]:
    """The details of the events of brands."""
    return {"manufacturer_id": brand.manufacturer_id, "name": brand.name, "collaborator": brand.collaborator}


def flush_brand(session: Session) -> None:
    """Send the brand to the database.

    Raises:
        Refused: another brand has its name and collaborator.
    """
    try:
        session.flush()
    except IntegrityError as error:
        if isinstance(error.orig, errors.UniqueViolation):
            raise Refused(
                "name", "There is a brand of this name and collaborator already: choose it from the list."
            ) from None
        raise


def refuse_alike(session: Session, name: str, partner: str | None, but: int | None = None) -> None:
    """Refuse a name that looks like that of another brand than `but`; the same name is the database's matter.

    Raises:
        Refused: naming that other brand.
    """
    wanted = skeleton(brand_label(name, partner))
    for other in session.scalars(select(Manufacturer).where(Manufacturer.manufacturer_id.is_distinct_from(but))):
        same = (other.name.lower(), (other.collaborator or "").lower()) == (name.lower(), (partner or "").lower())
        if not same and skeleton(other.label) == wanted:
            raise Refused(
                "name", f"This looks like the brand “{other.label}”, which is there already: choose that one."
            )


def _cleaned(name: str, collaborator: str | None) -> tuple[str, str | None]:
    title, partner = check_all(
        lambda: clean_text(name, "name", "The name"),
        lambda: clean_optional_text(collaborator, "collaborator", "The collaborator"),
    )
    return title, partner
