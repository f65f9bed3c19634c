"""What can be true of a pair: its events, replayed, are a state or a violation. Pure functions, no database.

The day is the finest grain: uses on the day of the purchase or of the sale are fine, whatever the order of recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tributary.assets.sneakers.app.events import LIFE, PARTICIPLES, REMOVALS, Event, EventType
from tributary.assets.sneakers.app.values import day_of, spoken

Changes = Mapping[str, Any]
"""What a correction makes of the details of an event, and of its `event_date` and `event_time`."""

BRAND_OF_PURCHASE = ("manufacturer_id", "brand", "collaborator")
"""The details that say of which brand a pair is, which change together."""

OPTIONAL = ("currency", "size", "note", "photo")
"""The details of a purchase that may be null, and that records from before they were kept lack."""


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
    left_on: date | None = None
    currency: str | None = None
    size: str | None = None
    note: str | None = None
    photo: str | None = None

    @property
    def left(self) -> tuple[EventType, date] | None:
        """How and on which day the pair left the collection; None while it is owned."""
        for kind, moment in zip(REMOVALS, (self.sold_at, self.trashed_at, self.given_at), strict=True):
            if moment is not None and self.left_on is not None:
                return kind, self.left_on
        return None


@dataclass(frozen=True)
class Violation:
    """Why a series of events cannot be true, in one sentence, and the argument that it is about."""

    field: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """A life event as it reads now: with its corrections in, and whether it was undone.

    `day` is when it happened, `event_time` the moment from which it counts, which is never after its recording.
    """

    event: Event
    day: date
    event_time: datetime
    details: Mapping[str, Any]
    edited: bool
    undone: bool

    @property
    def moved(self) -> bool:
        """Whether its day was corrected."""
        return self.day != self.event.event_date


def entries(events: Iterable[Event]) -> list[Entry]:
    """The life events of `events`, corrected and marked, in the order of recording."""
    ordered = sorted(events, key=lambda event: event.event_id)
    dead = {event.target for event in ordered if event.type is EventType.UNDONE}
    standing: dict[int | None, list[Changes]] = {}
    for edit_id, (target, changes) in corrections(ordered).items():
        if edit_id not in dead:
            standing.setdefault(target, []).append(changes)
    return [
        _entry(event, standing.get(event.event_id, []), event.event_id in dead) for event in ordered if is_life(event)
    ]


def corrections(events: Iterable[Event]) -> dict[int, tuple[int, Changes]]:
    """By correction, undone ones too, the event that it is about and what it changes, in the order of recording.

    What belongs together changes together: brand and collaborator with the manufacturer, the day with the time. Records
    from before that was so leave out what was the same at the time, which is filled in here as it then read.
    """
    found: dict[int, tuple[int, Changes]] = {}
    read: dict[int, Event] = {}
    undone: set[int | None] = set()
    for event in sorted(events, key=lambda event: event.event_id):
        if is_life(event):
            read[event.event_id] = event
        elif event.type is EventType.UNDONE:
            undone.add(event.target)
        elif event.type is EventType.EDITED and event.target in read:
            target = read[event.target]
            before = [changes for edit, (of, changes) in found.items() if of == event.target and edit not in undone]
            found[event.event_id] = event.target, _whole(event, _entry(target, before, undone=False))
    return found


def _whole(edit: Event, before: Entry) -> Changes:
    changes = dict(edit.details["changes"])
    if "manufacturer_id" in changes:
        changes = {key: before.details.get(key) for key in BRAND_OF_PURCHASE} | changes
    if "event_time" in changes:
        moment = datetime.fromisoformat(changes["event_time"])
        changes.setdefault("event_date", day_of(moment).isoformat())
        changes["event_time"] = min(moment, edit.recorded_at).isoformat()
    return changes


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
    state = _bought_state(bought)
    # Removals first: what was done with the pair must not outlive it, in whatever order it was recorded.
    for entry in sorted(others, key=lambda entry: entry.event.type not in REMOVALS):
        found = violation(state, entry.event.type, entry.day)
        if found is not None:
            return found
        state = removed(state, entry)
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


def _bought_state(entry: Entry) -> PairState:
    details = entry.details
    return PairState(
        name=details["name"],
        color=details["color"],
        material=details["material"],
        purchase_price=Decimal(details["purchase_price"]),
        purchased_on=entry.day,
        manufacturer_id=int(details["manufacturer_id"]),
        created_at=entry.event.recorded_at,
        **{name: details.get(name) for name in OPTIONAL},
    )


def removed(state: PairState, entry: Entry) -> PairState:
    """The state after an entry; uses leave it as it is."""
    match entry.event.type:
        case EventType.SOLD:
            price = Decimal(entry.details["sale_price"])
            return replace(state, sold_at=entry.event_time, left_on=entry.day, sale_price=price)
        case EventType.TRASHED:
            return replace(state, trashed_at=entry.event_time, left_on=entry.day)
        case EventType.GIVEN:
            return replace(state, given_at=entry.event_time, left_on=entry.day)
        case _:
            return state


def _entry(event: Event, edits: Sequence[Changes], undone: bool) -> Entry:
    # Events of before moments were bounded stand at a noon that may be after their recording.
    details, day, event_time = dict(event.details), event.event_date, min(event.event_time, event.recorded_at)
    for changes in edits:
        details |= {key: value for key, value in changes.items() if key not in ("event_date", "event_time")}
        if "event_time" in changes:
            day, event_time = date.fromisoformat(changes["event_date"]), datetime.fromisoformat(changes["event_time"])
    return Entry(event, day, event_time, details, bool(edits), undone)


def _unbought(entry: Entry) -> Violation:
    return Violation(
        "sneaker_id",
        "The purchase cannot be undone while other entries of the pair stand: it was "
        f"{PARTICIPLES[entry.event.type]} on {spoken(entry.day)}; undo those first.",
    )
