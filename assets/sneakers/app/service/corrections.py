"""Mistaken entries: changed by an event `edited`, taken back by an event `undone`; nothing recorded is ever lost.

Either is checked by replaying the pair's whole life, so that no correction can make it impossible.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import NotThere, Refused
from tributary.assets.sneakers.app.events import BRANDS, PARTICIPLES, Event, EventType
from tributary.assets.sneakers.app.models import Photo, Sneaker, SneakerEvent
from tributary.assets.sneakers.app.photos import Picture
from tributary.assets.sneakers.app.rules import BRAND_OF_PURCHASE, Entry, entries, is_life
from tributary.assets.sneakers.app.service.brands import flush_brand, locked_brand, refuse_alike
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.assets.sneakers.app.service.rows import events_of, locked_pair, replay_into
from tributary.assets.sneakers.app.service.writer import Draft, Outcome, Writer
from tributary.assets.sneakers.app.values import check_all, clean_day, clean_optional_text, clean_price, moment_of

GONE = "The purchase of this pair was undone, so none of its entries can be changed any more."


@dataclass(frozen=True)
class Correction:
    """An entry as it should read: its day, and what else belongs to its kind.

    `purchase` is for a purchase, `sale_price` for a sale, `recipient` for a gift; what does not belong is left out.
    """

    day: date | None
    purchase: Purchase | None = None
    sale_price: str | None = None
    recipient: str | None = None


@dataclass(frozen=True)
class Corrections:
    """Records corrections. Every call raises `Refused`, with nothing written, where the result could not be true."""

    writer: Writer

    def edit(self, token: UUID, event_id: int, correction: Correction) -> Outcome:
        """Change an entry of a pair.

        Raises:
            NotThere: there is no such event.
            Refused: it cannot be true, was undone, or nothing would change.
        """
        correction = self._cleaned(correction)

        def work(session: Session, now: datetime) -> Draft:
            target = _event(session, event_id)
            if not is_life(target) or target.sneaker_id is None:
                raise Refused(None, f"An entry that was {PARTICIPLES[target.type]} cannot be edited: undo it instead.")
            pair = locked_pair(session, target.sneaker_id, GONE)
            events = events_of(session, target.sneaker_id)
            entry = next(entry for entry in entries(events) if entry.event.event_id == event_id)
            if entry.undone:
                raise Refused(None, "This entry was undone: please record it anew.")
            changes = self._changes(session, entry, correction, now)
            if not changes:
                raise Refused(None, "Nothing was changed: the entry reads like this already.")
            details = {"target_event_id": event_id, "changes": changes}
            return self._applied(session, pair, events, EventType.EDITED, details, now)

        return self.writer.record(token, ("edit", event_id, _plain(correction)), work)

    def show(self, token: UUID, sneaker_id: int, picture: Picture | None) -> Outcome:
        """Give a pair another photo, or none: a correction of its purchase, which can be undone.

        Raises:
            Refused: there is no such pair, or it has this photo.
        """
        sha256 = None if picture is None else picture.sha256

        def work(session: Session, now: datetime) -> Draft:
            pair = locked_pair(session, sneaker_id)
            if pair.photo == sha256:
                raise Refused("photo", "The pair has this photo already." if picture else "The pair has no photo.")
            if picture is not None:
                session.execute(insert(Photo).values(**asdict(picture)).on_conflict_do_nothing())
            events = events_of(session, sneaker_id)
            bought = next(entry for entry in entries(events) if entry.event.type is EventType.BOUGHT)
            details = {"target_event_id": bought.event.event_id, "changes": {"photo": sha256}}
            return self._applied(session, pair, events, EventType.EDITED, details, now)

        return self.writer.record(token, ("show", sneaker_id, sha256), work)

    def undo(self, token: UUID, event_id: int) -> Outcome:
        """Take an entry back: what happened to a pair, a correction, or what was said of a brand.

        Raises:
            NotThere: there is no such event.
            Refused: it was undone before, is itself an undoing, or the rest could not be true without it.
        """

        def work(session: Session, now: datetime) -> Draft:
            target = _event(session, event_id)
            if target.type is EventType.UNDONE:
                raise Refused(None, "An undoing cannot be undone: please record the entry anew.")
            details = {"target_event_id": event_id}
            if target.type in BRANDS:
                self._undo_brand(session, target)
                return Draft(EventType.UNDONE, None, self.writer.today(), details)
            pair = locked_pair(session, target.sneaker_id or 0, GONE)
            events = events_of(session, pair.sneaker_id)
            _refuse_undone(events, target)
            return self._applied(session, pair, events, EventType.UNDONE, details, now)

        return self.writer.record(token, ("undo", event_id), work)

    def _cleaned(self, correction: Correction) -> Correction:
        purchase, sold = correction.purchase, correction.sale_price
        bought, price, recipient, day = check_all(
            lambda: purchase and purchase.cleaned(),
            lambda: None if sold is None else clean_price(sold, "sale_price", "The price"),
            lambda: clean_optional_text(correction.recipient, "recipient", "The recipient"),
            lambda: clean_day(correction.day, "event_date", self.writer.today()),
        )
        return Correction(day, bought, price, recipient)

    def _applied(
        self,
        session: Session,
        pair: Sneaker,
        events: list[Event],
        kind: EventType,
        details: dict[str, Any],
        now: datetime,
    ) -> Draft:
        day, sneaker_id = self.writer.today(), pair.sneaker_id
        drafted = Event(events[-1].event_id + 1, kind, sneaker_id, day, moment_of(day, now), now, details)
        replay_into(session, pair, [*events, drafted])
        return Draft(kind, sneaker_id, day, details)

    def _changes(self, session: Session, entry: Entry, correction: Correction, now: datetime) -> dict[str, Any]:
        """The details that differ from how the entry reads, and its day and time where the day does."""
        wanted = _wanted(session, entry, correction)
        changes = {key: value for key, value in wanted.items() if entry.details.get(key) != value}
        # The brand may be called otherwise today, which is no correction of the purchase; another brand is one whole.
        other_brand = "manufacturer_id" in changes
        for key in BRAND_OF_PURCHASE:
            if other_brand:
                changes[key] = wanted[key]
            else:
                changes.pop(key, None)
        day = correction.day
        if day is not None and day != entry.day:
            changes |= {"event_date": day.isoformat(), "event_time": moment_of(day, now).isoformat()}
        return changes

    def _undo_brand(self, session: Session, target: Event) -> None:
        """Make the brand what its other events say; without its first one the row goes."""
        brand = locked_brand(session, target.details["manufacturer_id"])
        events = _brand_events(session, brand.manufacturer_id)
        _refuse_undone(events, target)
        dead = {event.target for event in events} | {target.event_id}
        standing = [event for event in events if event.type in BRANDS and event.event_id not in dead]
        if target.type is EventType.BRAND_EDITED:
            name, partner = standing[-1].details["name"], standing[-1].details["collaborator"]
            refuse_alike(session, name, partner, brand.manufacturer_id)
            brand.name, brand.collaborator = name, partner
        elif session.scalar(select(func.count()).where(Sneaker.manufacturer_id == brand.manufacturer_id)):
            raise Refused(None, "The brand has pairs, so it cannot be taken back: undo or edit those first.")
        elif standing:
            raise Refused(None, "The brand was renamed, so its adding cannot be undone yet: undo the renaming first.")
        else:
            session.delete(brand)
        flush_brand(session)


def _wanted(session: Session, entry: Entry, correction: Correction) -> dict[str, Any]:
    match entry.event.type:
        case EventType.BOUGHT:
            if correction.purchase is None:
                raise Refused(None, "The purchase is missing: please fill in what was bought.")
            return correction.purchase.details(session)
        case EventType.SOLD:
            return {"sale_price": clean_price(correction.sale_price, "sale_price", "The price")}
        case EventType.GIVEN:
            return {"recipient": correction.recipient}
        case _:
            return {}


def _refuse_undone(events: list[Event], target: Event) -> None:
    dead = {event.target for event in events if event.type is EventType.UNDONE}
    if target.event_id in dead:
        raise Refused(None, "This entry was undone already.")
    if target.type is EventType.EDITED and target.target in dead:
        raise Refused(None, "What this correction was about was undone, so there is nothing to undo.")


def _event(session: Session, event_id: int) -> Event:
    row = session.get(SneakerEvent, event_id)
    if row is None:
        raise NotThere("There is no such entry.")
    return row.event


def _brand_events(session: Session, manufacturer_id: int) -> list[Event]:
    """The events of a brand and what was undone of them, in the order of recording."""
    said = select(SneakerEvent.event_id).where(
        SneakerEvent.sneaker_id.is_(None),
        SneakerEvent.details["manufacturer_id"].as_integer() == manufacturer_id,
    )
    statement = (
        select(SneakerEvent)
        .where(SneakerEvent.event_id.in_(said) | SneakerEvent.target_event_id.in_(said))
        .order_by(SneakerEvent.event_id)
    )
    return [row.event for row in session.scalars(statement)]


def _plain(correction: Correction) -> dict[str, Any]:
    return correction.__dict__ | {"purchase": correction.purchase and correction.purchase.told}
