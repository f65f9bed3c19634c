"""Uses of several pairs on several days, recorded at once: all of them or, where one cannot be true, none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.errors import Fault, Refused
from tributary.assets.sneakers.app.events import PARTICIPLES, USES, EventType
from tributary.assets.sneakers.app.models import Sneaker
from tributary.assets.sneakers.app.rules import entries, violation
from tributary.assets.sneakers.app.service.rows import NO_PAIR, events_of, state_of
from tributary.assets.sneakers.app.service.writer import Draft, Writer
from tributary.assets.sneakers.app.values import EARLIEST_DAY, LARGEST_ID, spoken

MOST = 1000
"""Uses that are recorded at once, at most."""
_TOLD = 12


@dataclass(frozen=True)
class Recorded:
    """What came of it: uses that are new, such as stood before, and whether the form had arrived before."""

    new: int
    before: int
    repeated: bool


@dataclass(frozen=True)
class Several:
    """Records uses of several pairs."""

    writer: Writer

    def use(self, token: UUID, kind: EventType | Any, pairs: Collection[int], days: Collection[date]) -> Recorded:
        """Each of the pairs was worn, walked in or cleaned on each of the days.

        What stands of these already is left as it is, so that the same choice again adds nothing.

        Raises:
            Refused: naming pair and day of each that cannot be true; nothing was written.
        """
        chosen, on = sorted(set(pairs)), sorted(set(days))
        self._check(kind, chosen, on)
        before = 0

        def work(session: Session, _now: datetime) -> list[Draft]:
            nonlocal before
            # In the order of ids, so that nobody waits for each other.
            statement = select(Sneaker).where(Sneaker.sneaker_id.in_(chosen)).order_by(Sneaker.sneaker_id)
            rows = session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()
            faults = [fault for row in rows for fault in _faults(row, kind, on)]
            if len(rows) < len(chosen):
                faults.append(("sneaker_ids", NO_PAIR))
            if faults:
                raise _refused(faults)
            drafts = []
            for row in rows:
                standing = [entry for entry in entries(events_of(session, row.sneaker_id)) if not entry.undone]
                done = {entry.day for entry in standing if entry.event.type is kind}
                before += sum(day in done for day in on)
                drafts += [Draft(kind, row.sneaker_id, day, {}) for day in on if day not in done]
            return drafts

        made = self.writer.record_all(token, ("several", str(kind), chosen, on), work)
        repeated = any(outcome.repeated for outcome in made)
        return Recorded(0 if repeated else len(made), before, repeated)

    def _check(self, kind: EventType | Any, pairs: list[int], days: list[date]) -> None:
        faults: list[Fault] = []
        if kind not in USES:
            faults.append(("type", "Choose whether the pairs were worn, walked in or cleaned."))
        if not pairs or not all(0 < pair <= LARGEST_ID for pair in pairs):
            faults.append(("sneaker_ids", "Choose at least one pair of the list."))
        if not days:
            faults.append(("days", "Choose at least one day."))
        today = self.writer.today()
        faults += [
            ("days", f"{spoken(day)} is in the future: choose today or days before.") for day in days if day > today
        ]
        faults += [("days", f"{spoken(day)} is too long ago.") for day in days if day < EARLIEST_DAY]
        if len(pairs) * len(days) > MOST:
            faults.append(("days", f"These are {len(pairs) * len(days):,} uses, and {MOST:,} at once are the most."))
        if faults:
            raise _refused(faults)


def _faults(pair: Sneaker, kind: EventType, days: list[date]) -> Iterator[Fault]:
    """What is wrong with each of the days, naming the pair."""
    for day in days:
        found = violation(state_of(pair), kind, day)
        if found is not None:
            why = found.sentence.partition(") ")[2]
            yield "days", f"{pair.name} cannot be {PARTICIPLES[kind]} on {spoken(day)}, {why}"


def _refused(faults: list[Fault]) -> Refused:
    """A refusal with the first of many faults, and how many more there are."""
    told = faults[:_TOLD]
    if len(faults) > _TOLD:
        told.append((faults[-1][0], f"{len(faults) - _TOLD:,} more cannot be true."))
    (field, sentence), *more = told
    return Refused(field, sentence, *more)
