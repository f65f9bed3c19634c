"""State rows under lock: the pair or brand that a transaction is about, its events, and its new state."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import Event
from tributary.assets.sneakers.app.models import Manufacturer, Sneaker, SneakerEvent
from tributary.assets.sneakers.app.rules import PairState, Violation, replay

NO_PAIR = "There is no such pair (any more): please choose one of the list."


def locked_pair(session: Session, sneaker_id: int, sentence: str = NO_PAIR) -> Sneaker:
    """The pair, which nobody else can change until the transaction ends.

    Raises:
        Refused: with `sentence`: there is no such pair.
    """
    statement = select(Sneaker).where(Sneaker.sneaker_id == sneaker_id).with_for_update()
    pair = session.scalar(statement.execution_options(populate_existing=True))
    if pair is None:
        raise Refused("sneaker_id", sentence)
    return pair


def held_brand(session: Session, manufacturer_id: int) -> Manufacturer:
    """The brand, which nobody can take away until the transaction ends.

    Raises:
        Refused: there is no such brand.
    """
    statement = select(Manufacturer).where(Manufacturer.manufacturer_id == manufacturer_id)
    brand = session.scalar(statement.with_for_update(read=True, key_share=True))
    if brand is None:
        raise Refused("manufacturer_id", "There is no such brand (any more): please choose one of the list.")
    return brand


def state_of(pair: Sneaker) -> PairState:
    """The state that a row says."""
    return PairState(**{name: getattr(pair, name) for name in PairState.__dataclass_fields__})


def events_of(session: Session, sneaker_id: int) -> list[Event]:
    """All events of a pair, in the order of recording."""
    statement = select(SneakerEvent).where(SneakerEvent.sneaker_id == sneaker_id).order_by(SneakerEvent.event_id)
    return [row.event for row in session.scalars(statement)]


def replay_into(session: Session, pair: Sneaker, events: list[Event]) -> None:
    """Make the row what `events` come to; without a purchase the row goes.

    Raises:
        Refused: the events cannot be true.
    """
    state = replay(events)
    if isinstance(state, Violation):
        raise Refused(state.field, state.sentence)
    if state is None:
        session.delete(pair)
        return
    if state.manufacturer_id != pair.manufacturer_id:
        held_brand(session, state.manufacturer_id)
    for name, value in asdict(state).items():
        setattr(pair, name, value)
