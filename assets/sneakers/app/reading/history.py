"""What was recorded of a pair or of the brands, line by line, each with what can still be done about it.

Lines are in the order of recording, newest first; a corrected entry reads as corrected, an undone one is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import NotThere
from tributary.assets.sneakers.app.events import BRANDS, PARTICIPLES, Event, EventType
from tributary.assets.sneakers.app.models import SneakerEvent, brand_label
from tributary.assets.sneakers.app.rules import Entry, corrections, entries, is_life
from tributary.assets.sneakers.app.service.rows import events_of
from tributary.assets.sneakers.app.values import spoken

LABELS: Mapping[str, str] = {
    "event_date": "day",
    "brand": "brand",
    "collaborator": "with",
    "name": "name",
    "color": "colour",
    "material": "material",
    "purchase_price": "price",
    "currency": "currency",
    "size": "size",
    "note": "note",
    "photo": "photo",
    "sale_price": "price",
    "recipient": "to",
}
"""How pages call the details; others are not shown."""

_SHOWN: Mapping[str, Callable[[str], str]] = {
    "event_date": lambda value: spoken(date.fromisoformat(value)),
    "photo": lambda value: value[:8],
}

Hidden: TypeAlias = Collection[str]
"""Names of details that whoever looks may not see."""


@dataclass(frozen=True)
class Line:
    """One line of a history; `entry` is the life event as it reads now, where the line is one."""

    event: Event
    what: str
    day: date
    remark: str
    undone: bool
    editable: bool
    undoable: bool
    entry: Entry | None

    @property
    def edited(self) -> bool:
        """Whether it reads otherwise than it was recorded."""
        return self.entry is not None and self.entry.edited


def history_of(session: Session, sneaker_id: int, hidden: Hidden = ()) -> list[Line]:
    """The lines of a pair, of which the details `hidden` are not told; empty where nothing was ever recorded of it."""
    return _lines(events_of(session, sneaker_id), hidden)


def history_of_brands(session: Session) -> list[Line]:
    """The lines of all brands."""
    rows = session.scalars(
        select(SneakerEvent).where(SneakerEvent.sneaker_id.is_(None)).order_by(SneakerEvent.event_id)
    )
    return _lines([row.event for row in rows])


def line_of(session: Session, event_id: int, hidden: Hidden = ()) -> Line:
    """The line of one event, of which the details `hidden` are not told.

    Raises:
        NotThere: there is no such event.
    """
    row = session.get(SneakerEvent, event_id)
    if row is None:
        raise NotThere("There is no such entry.")
    lines = history_of_brands(session) if row.sneaker_id is None else history_of(session, row.sneaker_id, hidden)
    return next(line for line in lines if line.event.event_id == event_id)


def _lines(events: list[Event], hidden: Hidden = ()) -> list[Line]:
    by_id = {event.event_id: event for event in events}
    read = {entry.event.event_id: entry for entry in entries(events)}
    changed = {edit_id: changes for edit_id, (_, changes) in corrections(events).items()}
    dead = {event.target for event in events if event.type is EventType.UNDONE}
    gone = any(event.type is EventType.BOUGHT and event.event_id in dead for event in events)
    lines = []
    for event in sorted(events, key=lambda event: event.event_id, reverse=True):
        entry, undone = read.get(event.event_id), event.event_id in dead
        pointless = event.type is EventType.UNDONE or event.target in dead
        lines.append(
            Line(
                event=event,
                what=_what(event, by_id.get(event.target or 0)),
                day=entry.day if entry else event.event_date,
                remark=_remark(event, entry.details if entry else changed.get(event.event_id, {}), hidden),
                undone=undone,
                editable=is_life(event) and not undone and not gone,
                undoable=not undone and not gone and not pointless,
                entry=entry,
            )
        )
    return lines


def _what(event: Event, target: Event | None) -> str:
    if event.type in BRANDS:
        return f"Brand {PARTICIPLES[event.type]}"
    what = PARTICIPLES[event.type].capitalize()
    if target is None:
        return what
    of = _what(target, None).lower()
    return f"{what}: “{of}” of {spoken(target.event_date)}"


def _remark(event: Event, told: Mapping[str, Any], hidden: Hidden) -> str:
    if event.type in BRANDS:
        return brand_label(event.details["name"], event.details["collaborator"])
    parts = []
    for key in LABELS:
        value = told.get(key)
        if value is None:
            continue
        shown = "…" if key in hidden else _SHOWN.get(key, str)(value)
        parts.append(f"{LABELS[key]} {shown}")
    return ", ".join(parts)
