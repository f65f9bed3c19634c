"""Records the sample, all of it or nothing: one transaction, in which the service's own become savepoints."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from sqlalchemy import Engine, exists, func, select
from sqlalchemy.orm import sessionmaker

from tributary.assets.sneakers.app.database import migrate
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.models import SneakerEvent
from tributary.assets.sneakers.app.service.corrections import Correction
from tributary.assets.sneakers.app.service.opening import SneakerService, open_service
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.assets.sneakers.app.values import EARLIEST_DAY
from tributary.assets.sneakers.standin.catalogue import BRANDS, FIRST_PAIRS, MISSPELLING, MISSPELT_BRAND, MODELS, Model
from tributary.assets.sneakers.standin.habits import Owned, chosen, due_for_cleaning, parts_with, puts_on, walks

DAYS = 730
WRONG_PAIR_EVERY = 90
_LOCK = 0x73616D706C65


def make_sample(engine: Engine, today: date, seed: int = 7) -> int:
    """Record the sample's two years, up to `today`, where nothing was ever recorded.

    The tables are brought up to date first. The same seed and day give the same entries.

    Returns:
        Events that were recorded; 0 where there were some before.
    """
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(select(func.set_config("statement_timeout", "60s", True)))
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        if connection.scalar(select(exists().select_from(SneakerEvent))):
            return 0
        sessions = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        collector = _Collector(Random(seed))  # noqa: S311 - a sample, no secret
        collector.live(open_service(sessions, lambda: collector.day), today)
        return connection.scalar(select(func.count()).select_from(SneakerEvent)) or 0


class _Collector:
    """Somebody with a collection, one day after the other."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.day = EARLIEST_DAY
        self.owned: list[Owned] = []
        self.uses = 0

    def live(self, service: SneakerService, today: date) -> None:
        """Record everything from `DAYS` before `today` until then."""
        first = today - timedelta(days=DAYS)
        buying = self._days_of_buying(first)
        self.day = first
        brands = self._brands(service)
        while self.day <= today:
            for model in buying.get(self.day, []):
                self._buy(service, model, brands[model.brand])
            if self.owned and puts_on(self.rng, self.day):
                self._use(service)
            for pair in [pair for pair in self.owned if parts_with(self.rng, pair, self.day)]:
                self._part(service, pair)
            self.day += timedelta(days=1)

    def _days_of_buying(self, first: date) -> dict[date, list[Model]]:
        days: dict[date, list[Model]] = {}
        later = len(MODELS) - FIRST_PAIRS
        for index, model in enumerate(MODELS):
            after = index * 3 if index < FIRST_PAIRS else 25 + (index - FIRST_PAIRS) * (DAYS - 60) // later
            days.setdefault(first + timedelta(days=after + self.rng.randrange(6)), []).append(model)
        return days

    def _brands(self, service: SneakerService) -> list[int]:
        """Add the brands, one of them misspelt and then renamed; their ids are taken from what was recorded."""
        ids = []
        for index, (name, collaborator) in enumerate(BRANDS):
            added = service.brands.add(self._token(), MISSPELLING if index == MISSPELT_BRAND else name, collaborator)
            ids.append(added.manufacturer_id or 0)
        service.brands.edit(self._token(), ids[MISSPELT_BRAND], BRANDS[MISSPELT_BRAND][0])
        return ids

    def _buy(self, service: SneakerService, model: Model, brand: int) -> None:
        typo = len(self.owned) == FIRST_PAIRS + 2
        paid = model.price.replace(".", "") if typo else model.price
        purchase = Purchase(model.name, model.color, model.material, paid, brand)
        bought = service.pairs.buy(self._token(), purchase, self.day)
        if typo:
            right = Purchase(model.name, model.color, model.material, model.price, brand)
            service.corrections.edit(self._token(), bought.event_id, Correction(self.day, right))
        self.owned.append(Owned(bought.sneaker_id or 0, model, self.day))

    def _use(self, service: SneakerService) -> None:
        pair = chosen(self.rng, self.owned, self.day)
        self.uses += 1
        if self.uses % WRONG_PAIR_EVERY == 0:
            wrong = self.rng.choice(self.owned)
            mistaken = service.pairs.use(self._token(), EventType.WORN, wrong.sneaker_id, self.day)
            service.corrections.undo(self._token(), mistaken.event_id)
        kind = EventType.WALKED if walks(self.rng, self.day) else EventType.WORN
        service.pairs.use(self._token(), kind, pair.sneaker_id, self.day)
        pair.uses_since_cleaning += 1
        if due_for_cleaning(pair):
            service.pairs.use(self._token(), EventType.CLEANED, pair.sneaker_id, self.day)
            pair.uses_since_cleaning = 0

    def _part(self, service: SneakerService, pair: Owned) -> None:
        match pair.model.fate:
            case "sold":
                price = Decimal(pair.model.price) * Decimal(str(pair.model.sold_for))
                service.pairs.sell(self._token(), pair.sneaker_id, f"{price:.0f}", self.day)
            case "given":
                service.pairs.give(self._token(), pair.sneaker_id, self.day, self.rng.choice(("Maya", "Jonas")))
            case _:
                service.pairs.trash(self._token(), pair.sneaker_id, self.day)
        self.owned.remove(pair)

    def _token(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
