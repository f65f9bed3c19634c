"""The sample is a believable collection, made once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import Engine, select
from tests.sneakers.app.conftest import TODAY

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.events import LIFE
from tributary.assets.sneakers.app.models import Sneaker, SneakerEvent
from tributary.assets.sneakers.app.reading.collection import owned_by_day, per_brand
from tributary.assets.sneakers.app.reading.pairs import all_pairs
from tributary.assets.sneakers.app.rules import replay
from tributary.assets.sneakers.app.service.rows import events_of, state_of
from tributary.assets.sneakers.app.values import day_of
from tributary.assets.sneakers.standin.make import make_sample


def test_the_sample_is_two_years_of_a_collection(engine: Engine) -> None:
    made = make_sample(engine, TODAY)
    assert make_sample(engine, TODAY) == 0
    with open_sessions(engine)() as session:
        events = list(session.scalars(select(SneakerEvent)))
        kinds = Counter(event.type for event in events)
        assert made == len(events)
        assert set(LIFE) < set(kinds)
        assert {"edited", "undone", "brand_added", "brand_edited"} < set(kinds)
        assert kinds["worn"] + kinds["walked"] > 300
        days = [day_of(event.event_time) for event in events]
        assert TODAY - timedelta(days=730) <= min(days)
        assert TODAY - timedelta(days=7) < max(days) <= TODAY
        pairs = all_pairs(session)
        assert len(pairs) >= 25
        assert {pair.fate for pair in pairs} == {None, "sold", "given away", "thrown away"}
        assert len(per_brand(session)) >= 8
        assert len(owned_by_day(session, TODAY)) > 700
        for row in session.scalars(select(Sneaker)):
            assert state_of(row) == replay(events_of(session, row.sneaker_id))
        assert max(pair.worn for pair in pairs) > 10 * min(pair.worn for pair in pairs if pair.fate is None)
