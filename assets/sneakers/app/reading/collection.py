"""Figures of the whole collection: pairs owned day by day and by brand, uses by month, what happened last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.events import PARTICIPLES, USES, EventType
from tributary.assets.sneakers.app.models import Manufacturer, Sneaker, brand_label
from tributary.assets.sneakers.app.reading.standing import standing_events


@dataclass(frozen=True)
class BrandCount:
    """Pairs of one brand: owned now, and bought ever."""

    manufacturer_id: int
    name: str
    collaborator: str | None
    owned: int
    bought: int

    @property
    def label(self) -> str:
        """How charts name it."""
        return brand_label(self.name, self.collaborator)


@dataclass(frozen=True)
class MonthOfUse:
    """Uses in one calendar month, which begins on `month`."""

    month: date
    worn: int
    walked: int
    cleaned: int


@dataclass(frozen=True)
class Money:
    """What was paid and received in one currency; None is the collector's usual one."""

    currency: str | None
    spent: Decimal
    earned: Decimal


@dataclass(frozen=True)
class Totals:
    """The collection in one line; money by currency, the usual one first, as amounts of two are never added."""

    owned: int
    bought: int
    money: list[Money]
    used_in_30_days: int


@dataclass(frozen=True)
class Happening:
    """Something that happened to a pair."""

    event_id: int
    sneaker_id: int
    kind: EventType
    pair: str
    day: date

    @property
    def what(self) -> str:
        """How lists call it."""
        return PARTICIPLES[self.kind].capitalize()


def owned_by_day(session: Session, today: date) -> list[tuple[date, int]]:
    """Pairs owned at the end of each day, from the first purchase to `today`; empty without any."""
    steps: Counter[date] = Counter()
    for purchased_on, left_on in session.execute(select(Sneaker.purchased_on, Sneaker.left_on)):
        steps[purchased_on] += 1
        if left_on is not None:
            steps[left_on] -= 1
    return list(_running(steps, today))


def per_brand(session: Session) -> list[BrandCount]:
    """Every brand, the one with most pairs owned first."""
    bought = func.count(Sneaker.sneaker_id)
    owned = bought.filter(func.num_nonnulls(Sneaker.sold_at, Sneaker.trashed_at, Sneaker.given_at) == 0)
    statement = (
        select(Manufacturer.manufacturer_id, Manufacturer.name, Manufacturer.collaborator, owned, bought)
        .outerjoin(Sneaker)
        .group_by(Manufacturer.manufacturer_id)
        .order_by(owned.desc(), bought.desc(), func.lower(Manufacturer.name), Manufacturer.manufacturer_id)
    )
    return [BrandCount(*row) for row in session.execute(statement)]


def uses_by_month(session: Session, today: date, months: int) -> list[MonthOfUse]:
    """The last `months` months, the present one last; those without use are there too."""
    standing = standing_events()
    month = cast(func.date_trunc("month", standing.c.event_date), Date)
    statement = (
        select(month, standing.c.type, func.count()).where(standing.c.type.in_(USES)).group_by(month, standing.c.type)
    )
    counts = {(first, EventType(kind)): times for first, kind, times in session.execute(statement)}
    return [
        MonthOfUse(start, *(counts.get((start, kind), 0) for kind in USES))
        for start in (_months_back(today, back) for back in range(months - 1, -1, -1))
    ]


def totals(session: Session, today: date) -> Totals:
    """The collection in one line."""
    standing = standing_events()
    left = func.num_nonnulls(Sneaker.sold_at, Sneaker.trashed_at, Sneaker.given_at)
    rows = session.execute(
        select(
            func.count().filter(left == 0),
            func.count(),
            Sneaker.currency,
            func.sum(Sneaker.purchase_price),
            func.coalesce(func.sum(Sneaker.sale_price), 0),
        )
        .group_by(Sneaker.currency)
        .order_by(Sneaker.currency.nulls_first())
    ).all()
    used = session.scalar(
        select(func.count(standing.c.sneaker_id.distinct())).where(
            standing.c.type.in_((EventType.WORN, EventType.WALKED)),
            standing.c.event_date > today - timedelta(days=30),
        )
    )
    money = [Money(currency, spent, earned) for _, _, currency, spent, earned in rows]
    return Totals(sum(row[0] for row in rows), sum(row[1] for row in rows), money, used or 0)


def latest(session: Session, count: int) -> list[Happening]:
    """What happened last, newest first."""
    standing = standing_events()
    statement: Any = (
        select(standing.c.event_id, standing.c.sneaker_id, standing.c.type, Sneaker.name, standing.c.event_date)
        .join(Sneaker, Sneaker.sneaker_id == standing.c.sneaker_id)
        .order_by(standing.c.event_date.desc(), standing.c.event_time.desc(), standing.c.event_id.desc())
        .limit(count)
    )
    return [
        Happening(event_id, sneaker_id, EventType(kind), name, day)
        for event_id, sneaker_id, kind, name, day in session.execute(statement)
    ]


def _running(steps: Counter[date], today: date) -> Iterator[tuple[date, int]]:
    owned = 0
    day = min(steps, default=today + timedelta(days=1))
    while day <= today:
        owned += steps[day]
        yield day, owned
        day += timedelta(days=1)


def _months_back(today: date, months: int) -> date:
    """The first day of the month that lies `months` before that of `today`."""
    index = today.year * 12 + today.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
