"""What can be true of a pair: its events, replayed, are a state or a violation. Pure functions, no database.

The day is the finest grain: uses on the day of the purchase or of the sale are fine, whatever the order of recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tributary.web.sneakers.events import LIFE, PARTICIPLES, REMOVALS, Event, EventType
from tributary.web.sneakers.values import day_of, spoken


@dataclass(frozen=True)
class PairState:
    """What is true of a pair: the columns of table `sneakers`, without the id."""

    name: str
    color: str
    material: str
    purchase_price: Decimal
    purchased_on: date
    manufacturer_id: int
    created_at: datetime
    sold_at: datetime | None = None
    sale_price: Decimal | None = None
    trashed_at: datetime | None = None
    given_at: datetime | None = None

    @property
    def left(self) -> tuple[EventType, date] | None:
        """How and on which day the pair left the collection; None while it is owned."""
        for kind, moment in zip(REMOVALS, (self.sold_at, self.trashed_at, self.given_at), strict=True):
            if moment is not None:
                return kind, day_of(moment)
        return None


@dataclass(frozen=True)
class Violation:
    """Why a series of events cannot be true, in one sentence, and the argument that it is about."""

    field: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """A life event as it reads now: with its corrections in, and whether it was undone."""

    event: Event
    event_time: datetime
    details: Mapping[str, Any]
    edited: bool
    undone: bool

    @property
    def day(self) -> date:
        """The day on which it happened."""
        return day_of(self.event_time)

    @property
    def moved(self) -> bool:
        """Whether its day was corrected."""
        return self.event_time != self.event.event_time


def entries(events: Iterable[Event]) -> list[Entry]:
    """The life events of `events`, corrected and marked, in the order of recording."""
    ordered = sorted(events, key=lambda event: event.event_id)
    dead = {event.target for event in ordered if event.type is EventType.UNDONE}
    edits: dict[int | None, list[Mapping[str, Any]]] = {}
    for event in ordered:
        if event.type is EventType.EDITED and event.event_id not in dead:
            edits.setdefault(event.target, []).append(event.details["changes"])
    return [_entry(event, edits.get(event.event_id, []), event.event_id in dead) for event in ordered if is_life(event)]


def is_life(event: Event) -> bool:
    """Whether something happened to the pair, as against to its records."""
    return event.type in LIFE


def replay(events: Iterable[Event]) -> PairState | Violation | None:
    """What the events of one pair make of it: its state, why they cannot be true, or None where it was never bought."""
    standing = [entry for entry in entries(events) if not entry.undone]
    others = [entry for entry in standing if entry.event.type is not EventType.BOUGHT]
    bought = next((entry for entry in standing if entry.event.type is EventType.BOUGHT), None)
    if bought is None:
        return _unbought(others[0]) if others else None
    state = bought_state(bought.event.recorded_at, bought.event_time, bought.details)
    # Removals first: what was done with the pair must not outlive it, in whatever order it was recorded.
    for entry in sorted(others, key=lambda entry: entry.event.type not in REMOVALS):
        found = violation(state, entry.event.type, entry.day)
        if found is not None:
            return found
        state = removed(state, entry.event.type, entry.event_time, entry.details)
    return state


def violation(state: PairState, kind: EventType, day: date) -> Violation | None:
    """Why something cannot have happened to a pair in this state on `day`, if so."""
    act = f"A pair cannot be {PARTICIPLES[kind]} ({spoken(day)})"
    if day < state.purchased_on:
        return Violation("event_date", f"{act} before it was bought ({spoken(state.purchased_on)}).")
    if state.left is None:
        return None
    how, left_on = state.left
    if kind in REMOVALS:
        return Violation("sneaker_id", f"This pair was already {PARTICIPLES[how]} on {spoken(left_on)}.")
    if day > left_on:
        return Violation("event_date", f"{act} after it was {PARTICIPLES[how]} ({spoken(left_on)}).")
    return None


def bought_state(recorded_at: datetime, event_time: datetime, details: Mapping[str, Any]) -> PairState:
    """The state of a pair that was just bought."""
    return PairState(
        name=details["name"],
        color=details["color"],
        material=details["material"],
        purchase_price=Decimal(details["purchase_price"]),
        purchased_on=day_of(event_time),
        manufacturer_id=int(details["manufacturer_id"]),
        created_at=recorded_at,
    )


def removed(state: PairState, kind: EventType, event_time: datetime, details: Mapping[str, Any]) -> PairState:
    """The state after `kind`; uses leave it as it is."""
    match kind:
        case EventType.SOLD:
            return replace(state, sold_at=event_time, sale_price=Decimal(details["sale_price"]))
        case EventType.TRASHED:
            return replace(state, trashed_at=event_time)
        case EventType.GIVEN:
            return replace(state, given_at=event_time)
        case _:
            return state


def _entry(event: Event, edits: Sequence[Mapping[str, Any]], undone: bool) -> Entry:
    details, event_time = dict(event.details), event.event_time
    for changes in edits:
        details |= {key: value for key, value in changes.items() if key != "event_time"}
        if "event_time" in changes:
            event_time = datetime.fromisoformat(changes["event_time"])
    return Entry(event, event_time, details, bool(edits), undone)


def _unbought(entry: Entry) -> Violation:
    return Violation(
        "sneaker_id",
        "The purchase cannot be undone while other entries of the pair stand: it was "
        f"{PARTICIPLES[entry.event.type]} on {spoken(entry.day)}; undo those first.",
    )
