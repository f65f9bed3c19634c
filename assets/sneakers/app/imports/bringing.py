"""Records the rows of an SNQL app's tables through the service: brands, pairs with their purchase, and what happened.

Each row's form token follows from its file and id, so that bringing in the same folder again records nothing twice,
whatever ended it before. A row that cannot be true is named and left out; everything else comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tributary.assets.sneakers.app.database import Sessions
from tributary.assets.sneakers.app.errors import AlreadySent, Refused
from tributary.assets.sneakers.app.events import REMOVALS, USES, EventType
from tributary.assets.sneakers.app.imports.outcome import Brought, Odd, RefusedRow
from tributary.assets.sneakers.app.imports.tables import FILES, Row
from tributary.assets.sneakers.app.models import Manufacturer
from tributary.assets.sneakers.app.names import plain
from tributary.assets.sneakers.app.service.opening import SneakerService
from tributary.assets.sneakers.app.service.pairs import Purchase

UNKNOWN = "unknown"
"""The colour or material that the other app did not keep."""

KINDS = {
    "add": EventType.BOUGHT,
    "wear": EventType.WORN,
    "walk": EventType.WALKED,
    "clean": EventType.CLEANED,
    "sell": EventType.SOLD,
    "trash": EventType.TRASHED,
    "give": EventType.GIVEN,
}
_LEFT = {"sold_at": EventType.SOLD, "trashed_at": EventType.TRASHED, "given_at": EventType.GIVEN}
_TOKENS = UUID("5c9a1f6e-6f0e-4f43-9d3c-9a0f3f3a7a51")


@dataclass(frozen=True)
class _Happening:
    """Something that happened to a pair, and the row that says so."""

    row: Row
    kind: EventType
    at: datetime

    @property
    def place(self) -> tuple[object, ...]:
        """Its place in the life of the pair: by days, on one day the removal last."""
        return self.at.date(), self.kind in REMOVALS, self.at, self.row.line


def bring_in(rows: Mapping[str, list[Row]], service: SneakerService, sessions: Sessions, zone: ZoneInfo) -> Brought:
    """Bring in the rows of the three files, whose times are of `zone` where they name none."""
    brands, pairs, events = (rows[name] for name in FILES)
    bringing = _Bringing(service, sessions, zone)
    bringing.brands(brands)
    bringing.sort(pairs, events)
    for row in pairs:
        bringing.pair(row)
    return bringing.brought


class _Bringing:
    """One import under way: which brand is which here, and what happened to each pair."""

    def __init__(self, service: SneakerService, sessions: Sessions, zone: ZoneInfo) -> None:
        self._service = service
        self._sessions = sessions
        self._zone = zone
        self._brands: dict[int, int] = {}
        self._lives: dict[str, list[_Happening]] = {}
        self.brought = Brought()

    def brands(self, rows: list[Row]) -> None:
        """Bring in the brands; one that is here under the same name is taken for the same."""
        for row in rows:
            with self._naming(row):
                name, partner = row.text("manufacturer_name") or "", row.text("collaborator_name")
                found = self._standing(name, partner)
                if found is None:
                    added = self._service.brands.add(_token(row), name, partner)
                    self.brought.brands += not added.repeated
                    found = added.manufacturer_id or 0
                self._brands[row.id("id")] = found

    def sort(self, pairs: list[Row], events: list[Row]) -> None:
        """Sort what happened by pairs."""
        self._lives = {row.key: [] for row in pairs}
        for row in events:
            with self._naming(row):
                kind = KINDS.get(row.text("event_type") or "")
                at = row.time("event_time", self._zone)
                if kind is None:
                    raise Odd(f"its event_type is none of {', '.join(KINDS)}")
                if at is None:
                    raise Odd("it has no event_time")
                life = self._lives.get(str(row.id("sneaker_id")))
                if life is None:
                    raise Odd("there is no pair of its sneaker_id")
                life.append(_Happening(row, kind, at))

    def pair(self, row: Row) -> None:
        """Bring in a pair, and what happened to it."""
        life = sorted(self._lives.pop(row.key, []), key=lambda one: one.place)
        bought = next((one for one in life if one.kind is EventType.BOUGHT), None)
        sneaker_id = None
        with self._naming(row):
            at = bought.at if bought else row.time("created_at", self._zone)
            if at is None:
                raise Odd("it has neither an event `add` nor created_at")
            made = self._service.pairs.buy(_token(row), self._purchase(row), at.date(), at)
            self.brought.pairs += not made.repeated
            self.brought.again += made.repeated
            sneaker_id = made.sneaker_id
            if not any(one.kind in REMOVALS for one in life):
                life += self._left(row)
        for one in life:
            if one is not bought:
                with self._naming(one.row):
                    self._record(row, one, sneaker_id)

    def _record(self, pair: Row, one: _Happening, sneaker_id: int | None) -> None:
        if sneaker_id is None:
            raise Odd("its pair could not be brought in")
        pairs, token, day = self._service.pairs, _token(one.row, one.kind), one.at.date()
        match one.kind:
            case EventType.SOLD:
                made = pairs.sell(token, sneaker_id, pair.text("sale_price"), day, one.at)
            case EventType.TRASHED:
                made = pairs.trash(token, sneaker_id, day, one.at)
            case EventType.GIVEN:
                made = pairs.give(token, sneaker_id, day, at=one.at)
            case kind if kind in USES:
                made = pairs.use(token, kind, sneaker_id, day, one.at)
            case _:
                raise Odd("the pair was bought before")
        self.brought.events += not made.repeated
        self.brought.again += made.repeated

    def _left(self, row: Row) -> Iterator[_Happening]:
        """How the pair left by its own row, where no event says so."""
        for column, kind in _LEFT.items():
            at = row.time(column, self._zone)
            if at is not None:
                yield _Happening(row, kind, at)

    def _purchase(self, row: Row) -> Purchase:
        brand = self._brands.get(row.id("manufacturer_id"))
        if brand is None:
            raise Odd("there is no brand of its manufacturer_id")
        return Purchase(
            name=row.text("sneaker_name") or "",
            color=row.text("color") or UNKNOWN,
            material=row.text("material") or UNKNOWN,
            price=row.text("purchase_price") or "",
            manufacturer_id=brand,
        )

    def _standing(self, name: str, partner: str | None) -> int | None:
        statement = select(Manufacturer.manufacturer_id).where(
            func.lower(Manufacturer.name) == func.lower(plain(name)),
            func.lower(func.coalesce(Manufacturer.collaborator, "")) == func.lower(plain(partner or "")),
        )
        with self._sessions() as session:
            return session.scalar(statement)

    @contextmanager
    def _naming(self, row: Row) -> Iterator[None]:
        """Name the row where it turns out to be odd, and go on."""
        try:
            yield
        except Odd as odd:
            self._refuse(row, f"{odd}.")
        except AlreadySent:
            self._refuse(row, "its id was brought in before, with other values.")
        except Refused as refused:
            for _, sentence in refused.faults:
                self._refuse(row, sentence)

    def _refuse(self, row: Row, reason: str) -> None:
        self.brought.refused.append(RefusedRow(row.file, row.line, reason, row.values))


def _token(row: Row, kind: EventType | None = None) -> UUID:
    own = "" if kind is None or row.file == "sneaker_events.csv" else f" {kind}"
    return uuid5(_TOKENS, f"{row.file} {row.id('id')}{own}")
