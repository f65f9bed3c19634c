"""The day of an entry and the moment from which it counts, wherever the collector is and at whatever hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.sneakers.app.conftest import purchase

from tributary.assets.sneakers.app.database import MIGRATIONS, migrate, open_engine, open_sessions
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.models import SCHEMA
from tributary.assets.sneakers.app.reading.collection import latest, owned_by_day, totals, uses_by_month
from tributary.assets.sneakers.app.reading.history import history_of
from tributary.assets.sneakers.app.reading.pairs import one_pair
from tributary.assets.sneakers.app.rules import replay
from tributary.assets.sneakers.app.service.corrections import Correction
from tributary.assets.sneakers.app.service.opening import open_service
from tributary.assets.sneakers.app.service.rows import events_of
from tributary.assets.sneakers.app.values import moment_of
from tributary.resources.postgres import migrating

ZONES = ("Pacific/Kiritimati", "Pacific/Auckland", "Europe/Berlin", "UTC", "America/Los_Angeles", "Etc/GMT+12")


@given(
    st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(ZONES),
    st.integers(0, 400),
)
def test_a_moment_is_in_no_future_and_near_its_day(now: datetime, zone: str, back: int) -> None:
    today = now.astimezone(ZoneInfo(zone)).date()
    moment = moment_of(today - timedelta(days=back), now)
    assert moment <= now
    assert moment_of(today - timedelta(days=back + 1), now) <= moment
    begins = datetime.combine(today - timedelta(days=back), datetime.min.time(), ZoneInfo(zone))
    assert begins - timedelta(hours=2) <= moment < begins + timedelta(hours=27)


@pytest.mark.parametrize("zone", ZONES)
def test_an_entry_of_today_keeps_its_day_and_counts_at_once(engine: Engine, zone: str) -> None:
    def today() -> date:
        return datetime.now(ZoneInfo(zone)).date()

    sessions = open_sessions(engine)
    service = open_service(sessions, today)
    brand = service.brands.add(uuid4(), "Nike").manufacturer_id
    pair = service.pairs.buy(uuid4(), purchase(brand), today() - timedelta(days=2)).sneaker_id or 0
    worn = service.pairs.use(uuid4(), EventType.WORN, pair, today() - timedelta(days=1))
    service.corrections.edit(uuid4(), worn.event_id, Correction(today()))
    service.pairs.use(uuid4(), EventType.WALKED, pair, today())
    service.pairs.sell(uuid4(), pair, "80", today())
    with sessions() as session:
        events = events_of(session, pair)
        assert all(event.event_time <= event.recorded_at for event in events)
        assert [event.event_date for event in events][-2:] == [today(), today()]
        assert next(line.day for line in history_of(session, pair)) == today()
        shown = one_pair(session, pair)
        assert shown is not None
        assert (shown.left_on, shown.last_used, shown.state.purchased_on) == (
            today(),
            today(),
            today() - timedelta(days=2),
        )
        assert owned_by_day(session, today())[-1] == (today(), 0)
        assert {happening.day for happening in latest(session, 3)} == {today()}
        assert totals(session, today()).used_in_30_days == 1
        assert uses_by_month(session, today(), 1)[0].worn == 1


V1_EVENTS = """
INSERT INTO sneakers.manufacturers (name) VALUES ('Nike');
INSERT INTO sneakers.sneakers (name, color, material, purchase_price, purchased_on, manufacturer_id, created_at,
    sold_at, sale_price) VALUES ('574', 'grey', 'suede', 99, '2025-05-01', 1, '2025-05-01 07:00Z',
    '2025-05-03 12:00Z', 50);
INSERT INTO sneakers.sneaker_events (type, sneaker_id, event_time, recorded_at, details, request_token, request_digest)
VALUES ('bought', 1, '2025-05-01 12:00Z', '2025-05-01 07:00Z', '{"name": "574", "color": "grey", "material": "suede",
    "purchase_price": "99.00", "manufacturer_id": 1, "brand": "Nike", "collaborator": null}', gen_random_uuid(), ''),
  ('worn', 1, '2025-05-02 12:00Z', '2025-05-02 23:00Z', '{}', gen_random_uuid(), ''),
  ('sold', 1, '2025-05-02 12:00Z', '2025-05-02 23:30Z', '{"sale_price": "50.00"}', gen_random_uuid(), ''),
  ('edited', 1, '2025-05-03 12:00Z', '2025-05-03 06:00Z', '{"target_event_id": 3, "changes":
    {"event_time": "2025-05-03T12:00:00+00:00"}}', gen_random_uuid(), '')
"""


def test_what_was_recorded_before_days_were_kept_has_its_day(database_url: str, pg: psycopg.Connection[Any]) -> None:
    engine = open_engine(database_url)
    migrating.migrate(engine, SCHEMA, MIGRATIONS, "0001")
    pg.execute(V1_EVENTS)
    told = "SELECT event_id, type, event_time, recorded_at, details, txid FROM sneakers.sneaker_events ORDER BY 1"
    before = pg.execute(told).fetchall()
    migrate(engine)
    assert pg.execute(told).fetchall() == before
    days = pg.execute("SELECT event_date::text FROM sneakers.sneaker_events ORDER BY event_id").fetchall()
    assert days == [("2025-05-01",), ("2025-05-02",), ("2025-05-02",), ("2025-05-03",)]
    with open_sessions(engine)() as session:
        pair = one_pair(session, 1)
        assert pair is not None
        assert pair.left_on == date(2025, 5, 3)
        assert pair.state == replay(events_of(session, 1))
        assert pair.state.sold_at == datetime(2025, 5, 3, 6, tzinfo=UTC)
    with pytest.raises(psycopg.errors.RestrictViolation):
        pg.execute("UPDATE sneakers.sneaker_events SET event_date = '2020-01-01'")
    engine.dispose()


def test_a_process_of_the_version_before_can_still_record(engine: Engine, pg: psycopg.Connection[Any]) -> None:
    del engine
    pg.execute(
        "INSERT INTO sneakers.sneaker_events (type, sneaker_id, event_time, details, request_token, request_digest) "
        "VALUES ('worn', 1, '2025-05-02 12:00Z', '{}', gen_random_uuid(), '')"
    )
    assert pg.execute("SELECT event_date FROM sneakers.sneaker_events").fetchone() == (date(2025, 5, 2),)
