"""Events of an export put into the log again, with what they come to: all that can be true, in one transaction.

Into an empty log events come with the ids that they had, so that it is the same log again, for the warehouse too. Into
another log they come behind its events, under new ids; which was which is followed through everything that names one.
An event is known by the token of the form that recorded it, and is there once however often it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.events import BRANDS, PARTICIPLES, Event, EventType
from tributary.assets.sneakers.app.models import Photo, Sneaker, SneakerEvent
from tributary.assets.sneakers.app.names import skeleton
from tributary.assets.sneakers.app.photos import Picture
from tributary.assets.sneakers.app.rules import (
    OPTIONAL,
    PairState,
    Violation,
    is_life,
    replay,
    violation,
)
from tributary.assets.sneakers.app.values import spoken

Brand = tuple[str, str | None]

_EDITABLE = {
    EventType.BOUGHT: {"name", "color", "material", "purchase_price", *OPTIONAL},
    EventType.SOLD: {"sale_price"},
    EventType.GIVEN: {"recipient"},
}
_BRAND_FIELDS = {"manufacturer_id", "brand", "collaborator"}
_KEYS = {"sneaker_events": "event_id", "sneakers": "sneaker_id", "manufacturers": "manufacturer_id"}


class Untrue(ValueError):
    """Why an event cannot come in, in a sentence without its full stop."""


@dataclass(frozen=True)
class Told:
    """An event of an export, with the ids that it had, and the token and digest of its form."""

    event: Event
    token: UUID
    digest: str


def lock_log(session: Session) -> None:
    """Let nobody else record anything until the transaction ends."""
    # In the order in which others come to them.
    tables = "sneakers.manufacturers, sneakers.sneakers, sneakers.sneaker_events"
    session.execute(text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))


@dataclass
class Restoring:
    """A log in memory, to which told events are added one by one, and then written by `write`."""

    session: Session
    new: list[Told] = field(default_factory=list)
    empty: bool = False
    _brands: dict[int, Brand] = field(default_factory=dict)
    _brand_events: list[Event] = field(default_factory=list)
    _pairs: dict[int, list[Event]] = field(default_factory=dict)
    _states: dict[int, PairState | None] = field(default_factory=dict)
    _known: dict[UUID, Event] = field(default_factory=dict)
    _ids: dict[str, dict[int, int]] = field(default_factory=lambda: {table: {} for table in _KEYS})
    _last: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(session: Session, tokens: Iterable[UUID]) -> Restoring:
        """The log as it stands; `tokens` are those of the events that will be told."""
        found = Restoring(session)
        rows = session.scalars(select(SneakerEvent).order_by(SneakerEvent.event_id)).all()
        found.empty = not rows
        wanted = set(tokens)
        for row in rows:
            found._keep(row.event)
            if row.request_token in wanted:
                found._known[row.request_token] = row.event
        found._states = {pair: _state(replay(events)) for pair, events in found._pairs.items()}
        for event in found._brand_events:
            found._name(event)
        for table, key in _KEYS.items():
            last = session.scalar(text(f"SELECT last_value FROM sneakers.{table}_{key}_seq"))
            found._last[table] = int(last or 0)
        return found

    def add(self, told: Told) -> bool:
        """Add an event; whether it is new.

        Raises:
            Untrue: it cannot be true, or is there with other values.
        """
        known = self._known.get(told.token)
        if known is not None:
            self._recognise(told.event, known)
            return False
        if told.event.event_id in self._ids["sneaker_events"]:
            raise Untrue("another event of the file has its event_id")
        if told.event.type is EventType.BRAND_ADDED and self._is_there(told.event):
            return False
        event = self._mapped(told.event, new=True)
        if event.type in BRANDS or event.sneaker_id is None:
            self._add_brand(event)
        else:
            self._add_life(event)
        self._keep(event)
        self._remember(told.event, event)
        self._known[told.token] = event
        self.new.append(replace(told, event=event))
        return True

    def write(self, pictures: Iterable[Picture]) -> None:
        """Write what is new, and what it comes to."""
        for picture in pictures:
            statement = insert(Photo).values(**asdict(picture)).on_conflict_do_nothing()
            self.session.execute(statement)
        pairs = {told.event.sneaker_id for told in self.new if told.event.sneaker_id is not None}
        brands = {told.event.details["manufacturer_id"] for told in self.new if told.event.type in BRANDS}
        brands |= {target.details["manufacturer_id"] for target in self._undone_brands()}
        self._write_brands(brands, keep_only=False)
        self._write_pairs(pairs)
        self._write_brands(brands, keep_only=True)
        self._write_events()
        if self.new:
            for table, key in _KEYS.items():
                self.session.execute(select(func.setval(f"sneakers.{table}_{key}_seq", max(self._last[table], 1))))

    def _recognise(self, event: Event, known: Event) -> None:
        """Take an event for one that is here, whose ids its own then stand for."""
        if event.type is not known.type:
            raise Untrue("it was brought in before, with other values")
        self._remember(event, known)
        if self._mapped(event, new=False) != replace(known, event_id=event.event_id):
            raise Untrue("it was brought in before, with other values")

    def _remember(self, event: Event, here: Event) -> None:
        self._ids["sneaker_events"][event.event_id] = here.event_id
        if event.sneaker_id is not None and here.sneaker_id is not None:
            self._ids["sneakers"].setdefault(event.sneaker_id, here.sneaker_id)
        if event.type is EventType.BRAND_ADDED:
            self._ids["manufacturers"][event.details["manufacturer_id"]] = here.details["manufacturer_id"]

    def _is_there(self, event: Event) -> bool:
        """Whether the brand that is added stands already; then it is taken for that one."""
        wanted = _lower((event.details["name"], event.details["collaborator"]))
        found = next((number for number, brand in self._brands.items() if _lower(brand) == wanted), None)
        if found is not None:
            self._ids["manufacturers"][event.details["manufacturer_id"]] = found
        return found is not None

    def _mapped(self, event: Event, *, new: bool) -> Event:
        """The event with the ids of this log; new ones where it is new."""
        details = dict(event.details)
        brand_id = details.get("manufacturer_id")
        if brand_id is not None:
            make = new and event.type is EventType.BRAND_ADDED
            details["manufacturer_id"] = self._id("manufacturers", brand_id, make=make)
        if event.target is not None:
            details["target_event_id"] = self._id("sneaker_events", event.target)
        if "manufacturer_id" in details.get("changes", {}):
            moved = self._id("manufacturers", details["changes"]["manufacturer_id"])
            details["changes"] = {**details["changes"], "manufacturer_id": moved}
        pair = event.sneaker_id
        if pair is not None:
            pair = self._id("sneakers", pair, make=new and event.type is EventType.BOUGHT)
        number = self._id("sneaker_events", event.event_id, make=True) if new else event.event_id
        return replace(event, event_id=number, sneaker_id=pair, details=details)

    def _id(self, table: str, told: int, *, make: bool = False) -> int:
        found = self._ids[table].get(told)
        if make:
            if found is not None and table != "sneaker_events":
                raise Untrue("another event of the file has its pair or brand")
            return told if self.empty else self._last[table] + 1
        if found is None:
            what = {"sneakers": "pair", "manufacturers": "brand", "sneaker_events": "event that it is about"}[table]
            raise Untrue(f"its {what} did not come in")
        return found

    def _keep(self, event: Event) -> None:
        if event.sneaker_id is None:
            self._brand_events.append(event)
        else:
            self._pairs.setdefault(event.sneaker_id, []).append(event)
            self._last["sneakers"] = max(self._last.get("sneakers", 0), event.sneaker_id)
        self._last["sneaker_events"] = max(self._last.get("sneaker_events", 0), event.event_id)
        if event.type in BRANDS:
            brand = event.details["manufacturer_id"]
            self._last["manufacturers"] = max(self._last.get("manufacturers", 0), brand)

    def _name(self, event: Event) -> None:
        """Call a brand what its events that stand say now that `event` is one of them."""
        of = event if event.type in BRANDS else next(one for one in self._brand_events if one.event_id == event.target)
        brand = of.details["manufacturer_id"]
        standing = self._standing(brand)
        if standing:
            self._brands[brand] = (standing[-1].details["name"], standing[-1].details["collaborator"])
        else:
            self._brands.pop(brand, None)

    def _standing(self, brand: int, but: int | None = None) -> list[Event]:
        dead = {event.target for event in self._brand_events if event.type is EventType.UNDONE} | {but}
        return [
            event
            for event in self._brand_events
            if event.type in BRANDS and event.details["manufacturer_id"] == brand and event.event_id not in dead
        ]

    def _add_brand(self, event: Event) -> None:
        if event.type is EventType.UNDONE:
            target = next((one for one in self._brand_events if one.event_id == event.target), None)
            if target is None or target.type not in BRANDS:
                raise Untrue("the event that it is about is of no brand")
            brand = target.details["manufacturer_id"]
            if target not in self._standing(brand):
                raise Untrue("the event that it is about was undone already")
            left = self._standing(brand, but=target.event_id)
            if target.type is EventType.BRAND_ADDED and left:
                raise Untrue("the brand was renamed, which has to be undone first")
            if not left and any(state and state.manufacturer_id == brand for state in self._states.values()):
                raise Untrue("the brand has pairs")
            if left:
                self._refuse_taken(brand, (left[-1].details["name"], left[-1].details["collaborator"]))
        else:
            brand = event.details["manufacturer_id"]
            if event.type is EventType.BRAND_EDITED and brand not in self._brands:
                raise Untrue("its brand is not there (any more)")
            self._refuse_taken(brand, (event.details["name"], event.details["collaborator"]))
        self._brand_events.append(event)
        self._name(event)
        self._brand_events.pop()

    def _refuse_taken(self, brand: int, name: Brand) -> None:
        shape = skeleton(" × ".join(part for part in name if part))  # noqa: RUF001 - the sign of collaborations
        for other, known in self._brands.items():
            alike = skeleton(" × ".join(part for part in known if part)) == shape  # noqa: RUF001 - as above
            if other != brand and (alike or _lower(known) == _lower(name)):
                raise Untrue("another brand is called like this")

    def _add_life(self, event: Event) -> None:
        pair = event.sneaker_id or 0
        before = self._pairs.get(pair, [])
        if event.type is EventType.BOUGHT:
            if before:
                raise Untrue("the pair was bought before")
            if event.details["manufacturer_id"] not in self._brands:
                raise Untrue("its brand is not there (any more)")
        else:
            if self._states.get(pair) is None:
                raise Untrue("its pair is not there (any more)")
            self._check_target(event, before)
        state = self._states.get(pair)
        if state is not None and is_life(event):
            wrong = violation(state, event.type, event.event_date)
            if wrong is not None:
                raise Untrue(wrong.sentence.rstrip("."))
            if event.type in (EventType.WORN, EventType.WALKED, EventType.CLEANED):
                return
        after = replay([*before, event])
        if isinstance(after, Violation):
            raise Untrue(after.sentence.rstrip("."))
        if after is not None and after.manufacturer_id not in self._brands:
            raise Untrue("its brand is not there (any more)")
        self._states[pair] = after

    def _check_target(self, event: Event, before: list[Event]) -> None:
        if event.target is None:
            return
        target = next((one for one in before if one.event_id == event.target), None)
        dead = {one.target for one in before if one.type is EventType.UNDONE}
        if target is None or target.type is EventType.UNDONE:
            raise Untrue("the event that it is about is none of its pair that can be corrected")
        if target.event_id in dead or (target.type is EventType.EDITED and target.target in dead):
            raise Untrue("the event that it is about was undone already")
        if event.type is EventType.EDITED:
            changed = set(event.details["changes"]) - {"event_date", "event_time"}
            if target.type is EventType.BOUGHT and "manufacturer_id" in changed:
                changed -= _BRAND_FIELDS
            if not is_life(target) or not event.details["changes"] or changed - _EDITABLE.get(target.type, set()):
                what = f"{PARTICIPLES[target.type]} on {spoken(target.event_date)}"
                raise Untrue(f"it changes what an entry ({what}) does not have")

    def _undone_brands(self) -> list[Event]:
        undone = {told.event.target for told in self.new if told.event.sneaker_id is None}
        return [event for event in self._brand_events if event.event_id in undone]

    def _write_brands(self, brands: set[int], *, keep_only: bool) -> None:
        """Write what brands are called; at the end, with `keep_only`, take those away that no event names any more."""
        if keep_only:
            gone = [{"id": brand} for brand in brands if brand not in self._brands]
            self._execute("DELETE FROM sneakers.manufacturers WHERE manufacturer_id = :id", gone)
            return
        rows = [
            {"id": brand, "name": self._brands[brand][0], "partner": self._brands[brand][1]}
            for brand in sorted(brands)
            if brand in self._brands
        ]
        # Names may have changed places.
        self._execute(
            "UPDATE sneakers.manufacturers SET collaborator = gen_random_uuid()::text WHERE manufacturer_id = :id", rows
        )
        self._execute(
            "INSERT INTO sneakers.manufacturers (manufacturer_id, name, collaborator) OVERRIDING SYSTEM VALUE"
            " VALUES (:id, :name, :partner)"
            " ON CONFLICT (manufacturer_id) DO UPDATE SET name = excluded.name, collaborator = excluded.collaborator",
            rows,
        )

    def _write_pairs(self, pairs: set[int]) -> None:
        columns = list(PairState.__dataclass_fields__)
        states = {pair: self._states[pair] for pair in sorted(pairs)}
        self._execute(
            f"INSERT INTO sneakers.sneakers (sneaker_id, {', '.join(columns)}) OVERRIDING SYSTEM VALUE"
            f" VALUES (:sneaker_id, {', '.join(f':{name}' for name in columns)})"
            f" ON CONFLICT (sneaker_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}",
            [{"sneaker_id": pair, **asdict(state)} for pair, state in states.items() if state is not None],
        )
        gone = [pair for pair, state in states.items() if state is None]
        self.session.execute(Sneaker.__table__.delete().where(Sneaker.sneaker_id.in_(gone)))  # type: ignore[attr-defined]

    def _write_events(self) -> None:
        statement = text(
            "INSERT INTO sneakers.sneaker_events (event_id, type, sneaker_id, event_date, event_time, recorded_at,"
            " details, request_token, request_digest) OVERRIDING SYSTEM VALUE VALUES (:event_id, :type, :sneaker_id,"
            " :event_date, :event_time, :recorded_at, :details, :token, :digest)"
        ).bindparams(bindparam("details", type_=JSONB))
        rows = [
            {**asdict(told.event), "type": str(told.event.type), "token": told.token, "digest": told.digest}
            for told in self.new
        ]
        if rows:
            self.session.execute(statement, rows)

    def _execute(self, statement: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.session.execute(text(statement), rows)


def _lower(brand: Brand) -> tuple[str, str]:
    return brand[0].lower(), (brand[1] or "").lower()


def _state(found: PairState | Violation | None) -> PairState | None:
    return found if isinstance(found, PairState) else None


def pictures_named(events: Iterable[Mapping[str, Any]]) -> set[str]:
    """The photos that details name."""
    return {told["photo"] for details in events for told in (details, details.get("changes", {})) if told.get("photo")}
