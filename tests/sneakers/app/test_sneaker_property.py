"""Whatever a collector tries: the state is what the events come to, and a refused call writes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from tests.sneakers.app.conftest import TODAY, purchase

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import LIFE, REMOVALS, USES, Event, EventType
from tributary.assets.sneakers.app.models import Sneaker
from tributary.assets.sneakers.app.reading.pairs import one_pair
from tributary.assets.sneakers.app.reading.standing import standing_events
from tributary.assets.sneakers.app.rules import Entry, entries, replay
from tributary.assets.sneakers.app.service.corrections import Correction
from tributary.assets.sneakers.app.service.opening import SneakerService, open_service
from tributary.assets.sneakers.app.service.rows import events_of, state_of

STEP = st.tuples(
    st.sampled_from(["worn", "walked", "cleaned", "sell", "trash", "give", "edit", "edit", "undo", "undo"]),
    st.integers(-2, 8),
    st.integers(0, 30),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=3, max_size=14))
def test_state_is_what_the_events_come_to(engine: Engine, brand: int, steps: list[tuple[str, int, int]]) -> None:
    sessions = open_sessions(engine)
    service = open_service(sessions, lambda: TODAY)
    pair = service.pairs.buy(uuid4(), purchase(brand), TODAY - timedelta(days=6)).sneaker_id or 0
    for kind, days, pick in steps:
        with sessions() as session:
            before = events_of(session, pair)
        accepted = attempt(service, pair, before, kind, TODAY - timedelta(days=6 - days), pick)
        with sessions() as session:
            after = events_of(session, pair)
            row = session.get(Sneaker, pair)
            assert after[: len(before)] == before
            assert len(after) == len(before) + accepted
            assert (None if row is None else state_of(row)) == replay(after)
            assert possible(entries(after))
            standing = [entry for entry in entries(after) if not entry.undone]
            table = standing_events()
            found = session.execute(select(table).where(table.c.sneaker_id == pair).order_by(table.c.event_id)).all()
            assert [(event_id, at) for event_id, _, _, _, at in found] == [
                (entry.event.event_id, entry.event_time) for entry in standing
            ]
            shown = one_pair(session, pair)
            if row is not None:
                assert shown is not None
                uses = [entry.event.type for entry in standing if entry.event.type in USES]
                assert sorted(uses) == sorted(
                    [EventType.WORN] * shown.worn
                    + [EventType.WALKED] * shown.walked
                    + [EventType.CLEANED] * shown.cleaned
                )


def attempt(service: SneakerService, pair: int, events: list[Event], kind: str, day: date, pick: int) -> bool:
    """Try one call; whether it was accepted."""
    target = events[pick % len(events)]
    try:
        match kind:
            case "sell":
                service.pairs.sell(uuid4(), pair, "10", day)
            case "trash" | "give":
                getattr(service.pairs, kind)(uuid4(), pair, day)
            case "undo":
                service.corrections.undo(uuid4(), target.event_id)
            case "edit":
                price = "11" if target.type is EventType.SOLD else None
                bought = (
                    purchase(target.details["manufacturer_id"], name=f"Dunk {pick}")
                    if "brand" in target.details
                    else None
                )
                service.corrections.edit(uuid4(), target.event_id, Correction(day, bought, price))
            case _:
                service.pairs.use(uuid4(), EventType(kind), pair, day)
    except Refused:
        return False
    return True


def possible(found: list[Entry]) -> bool:
    """The rules said once more, in other words: what stands is one purchase, then uses, then at most one removal."""
    standing = [entry for entry in found if not entry.undone]
    if not standing:
        return True
    purchases = [entry.day for entry in standing if entry.event.type is EventType.BOUGHT]
    removals = [entry.day for entry in standing if entry.event.type in REMOVALS]
    days = [entry.day for entry in standing if entry.event.type in LIFE]
    return (
        len(purchases) == 1
        and len(removals) <= 1
        and min(days) == purchases[0]
        and (not removals or max(days) == removals[0])
        and max(days) <= TODAY
    )
