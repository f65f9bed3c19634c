"""From the forms to the warehouse: what the app says of its pairs now is what the events alone come to."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from tests.sneakers.warehouse.building import Collection, load_events, load_state

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.reading.history import history_of
from tributary.assets.sneakers.app.reading.pairs import all_pairs
from tributary.assets.sneakers.app.rules import entries
from tributary.assets.sneakers.app.service.corrections import Correction
from tributary.assets.sneakers.app.service.opening import SneakerService, open_service
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.assets.sneakers.app.service.rows import events_of
from tributary.assets.sneakers.app.service.writer import Outcome
from tributary.assets.sneakers.pull import pull_events
from tributary.assets.sneakers.sensor import sneaker_events
from tributary.assets.sneakers.state import take_snapshots
from tributary.assets.sneakers.tables import STATE_TABLES
from tributary.automation.jobs import source_jobs
from tributary.platform import load_platform
from tributary.resources.app_database import AppDatabase

TODAY = date(2026, 6, 15)
BRANDS = (("MixA", None), ("MixB", "Kith"), ("MixC", "Kith"))


@pytest.fixture
def service(engine: Engine) -> SneakerService:
    return open_service(open_sessions(engine), lambda: TODAY)


def day(number: int) -> date:
    return TODAY - timedelta(days=number)


def buy(service: SneakerService, brand: int | None, ago: int, **given: str) -> int:
    said = {"name": "Dunk Low", "color": "Red", "material": "Suede", "price": "120"} | given
    return pair_of(service.pairs.buy(uuid4(), Purchase(manufacturer_id=brand, **said), day(ago)))


def pair_of(outcome: Outcome) -> int:
    assert outcome.sneaker_id is not None
    return outcome.sneaker_id


def tell_all(service: SneakerService) -> int:
    """Entries of every kind, with corrections of every kind; the suede pair."""
    nike = service.brands.add(uuid4(), "Nyke").manufacturer_id
    other = service.brands.add(uuid4(), "New Balance", "Aimé").manufacturer_id
    mistaken = service.brands.add(uuid4(), "Mistake")
    service.corrections.undo(uuid4(), mistaken.event_id)
    service.brands.edit(uuid4(), nike, "Nike", "Somebody")
    service.corrections.undo(uuid4(), service.brands.edit(uuid4(), nike, "Nikee").event_id)

    suede, canvas, given = buy(service, nike, 90), buy(service, other, 80, material="Canvas"), buy(service, nike, 70)
    for ago in (60, 50, 20, 3):
        service.pairs.use(uuid4(), EventType.WORN, suede, day(ago))
    service.pairs.use(uuid4(), EventType.WALKED, suede, day(20))
    service.pairs.use(uuid4(), EventType.CLEANED, suede, day(19))
    undone = service.pairs.use(uuid4(), EventType.WORN, suede, day(18))
    service.corrections.undo(uuid4(), undone.event_id)
    moved = service.pairs.use(uuid4(), EventType.WORN, suede, day(1))
    service.corrections.edit(uuid4(), moved.event_id, Correction(day(25)))

    sale = service.pairs.sell(uuid4(), canvas, "80.50", day(10))
    service.corrections.edit(uuid4(), sale.event_id, Correction(day(11), sale_price="85"))
    gift = service.pairs.give(uuid4(), given, day(5), "Ann")
    service.corrections.edit(uuid4(), gift.event_id, Correction(day(5)))
    gone = buy(service, other, 40)
    service.corrections.undo(uuid4(), service.pairs.trash(uuid4(), gone, day(30)).event_id)
    service.pairs.trash(uuid4(), gone, day(29))
    never = service.pairs.buy(uuid4(), Purchase("Typo", "Red", "Suede", "1", nike), day(9))
    service.corrections.undo(uuid4(), never.event_id)
    return suede


def pull(collection: Collection, app: AppDatabase) -> None:
    pull_events(app, collection.lake, piece=7)
    take_snapshots(app, collection.lake)
    load_events(collection.warehouse, collection.lake)
    for name in STATE_TABLES:
        load_state(collection.warehouse, collection.lake, name)


def test_the_events_come_to_what_the_app_says(
    collection: Collection, app: AppDatabase, engine: Engine, service: SneakerService
) -> None:
    suede = tell_all(service)
    pull(collection, app)
    assert collection.make() == []
    assert collection.warehouse.rejected() == []
    types = collection.rows("SELECT DISTINCT type FROM staged.sneaker_events")
    assert {row["type"] for row in types} == set(EventType)
    columns = (
        "sneaker_id, name, color, material, purchase_price, purchased_on, manufacturer_id, sold_at, sale_price, "
        "trashed_at, given_at, currency, size, note, photo"
    )
    expected = collection.rows(f"SELECT {columns} FROM staged.sneakers ORDER BY 1")
    assert len(expected) == 4
    assert collection.rows(f"SELECT {columns} FROM core.dim_sneaker_current ORDER BY 1") == expected
    with Session(engine) as session:
        shown = {pair.sneaker_id: pair.cost_per_wear for pair in all_pairs(session)}
    told = collection.rows("SELECT sneaker_id, cost_per_wear FROM gold.sneaker_timeline")
    assert {row["sneaker_id"]: row["cost_per_wear"] for row in told} == shown
    assert any(shown.values())
    assert None in shown.values()
    brands = "SELECT DISTINCT manufacturer_id, {} AS brand, collaborator FROM {} ORDER BY 1"
    assert collection.rows(brands.format("brand", "core.dim_sneaker")) == collection.rows(
        brands.format("name", "staged.sneaker_manufacturers")
    )
    two_weeks_ago = datetime.combine(day(14), datetime.min.time())
    found = collection.rows(
        "SELECT count_wears FROM core.dim_sneaker WHERE sneaker_id = %s AND valid_from <= %s "
        "AND (valid_to > %s OR valid_to IS NULL)",
        suede,
        two_weeks_ago,
        two_weeks_ago,
    )
    assert [row["count_wears"] for row in found] == [4]


class Look(NamedTuple):
    """What a look of the sensor gave: the assets of each run that it asks for, or why it asks for none."""

    asked: list[set[dg.AssetKey]]
    skipped: str
    cursor: str | None


class Dagster:
    """The source's graph, with a collection's resources."""

    def __init__(self, collection: Collection, app: AppDatabase) -> None:
        self.resources: dict[str, Any] = {
            "warehouse": collection.warehouse,
            "lake": collection.lake,
            "app_database": app,
        }
        everything = load_platform().assets
        groups = ("sneakers", "calendar")
        self.assets = [one for one in everything if {spec.group_name for spec in one.specs} <= set(groups)]
        self.defs = dg.Definitions(
            assets=self.assets,
            jobs=source_jobs(self.assets, {}),
            sensors=[sneaker_events],
            resources=self.resources,
        )

    def run(self, instance: dg.DagsterInstance) -> dict[str, Any]:
        """Materialise everything; the metadata of the raw events."""
        done = dg.materialize(self.assets, resources=self.resources, instance=instance)
        assert done.success
        assert all(check.passed for check in done.get_asset_check_evaluations())
        found = done.asset_materializations_for_node("raw__json_sneaker_events")[0]
        return {name: value.value for name, value in found.metadata.items()}

    def look(self, instance: dg.DagsterInstance, cursor: str | None = None) -> Look:
        """One look of the sensor."""
        resources = {name: self.resources[name] for name in ("lake", "app_database")}
        with dg.build_sensor_context(
            instance=instance, cursor=cursor, definitions=self.defs, resources=resources
        ) as context:
            found = sneaker_events.evaluate_tick(context)
        asked = [set(one.asset_selection or ()) for one in found.run_requests or ()]
        return Look(asked, found.skip_message or "", found.cursor)


def test_the_graph_is_made_before_the_app_was_ever_started_and_follows_it_then(
    collection: Collection, app: AppDatabase, app_url: str
) -> None:
    graph = Dagster(collection, app)
    with dg.instance_for_test() as instance:
        assert "not made its tables" in graph.look(instance).skipped
        assert "not made its tables" in graph.run(instance)["pulled"]
        assert collection.rows("SELECT * FROM gold.sneakers_by_brand") == []

        from tributary.assets.sneakers.app.database import migrate, open_engine

        engine = open_engine(app_url)
        migrate(engine)
        tell_all(open_service(open_sessions(engine), lambda: TODAY))
        engine.dispose()

        look = graph.look(instance)
        [keys] = look.asked
        assert {key.to_user_string() for key in keys} >= {
            "raw/json_sneaker_events",
            "raw/json_sneaker_state",
            "staged/sneakers",
            "core/dim_sneaker",
            "gold/sneaker_timeline",
        }
        assert dg.AssetKey(["core", "dim_date"]) not in keys
        assert "asked for already" in graph.look(instance, look.cursor).skipped

        assert "new events" in graph.run(instance)["pulled"]
        assert len(collection.rows("SELECT * FROM gold.sneakers_by_brand")) == 2
        assert "Nothing: no event is newer" in graph.run(instance)["pulled"]
        assert "Every event was pulled" in graph.look(instance, look.cursor).skipped


NOW = """
    SELECT name, count_wears, purchased_on FROM core.dim_sneaker
    WHERE lower(material) = 'suede' AND valid_from <= now() AT TIME ZONE 'UTC'
        AND (valid_to > now() AT TIME ZONE 'UTC' OR valid_to IS NULL)
"""


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
def test_now_is_what_was_just_recorded_wherever_one_is(
    collection: Collection, app: AppDatabase, engine: Engine, zone: str
) -> None:
    today = datetime.now(ZoneInfo(zone)).date()
    service = open_service(open_sessions(engine), lambda: today)
    brand = service.brands.add(uuid4(), "Nike").manufacturer_id
    purchase = Purchase("Dunk Low", "Red", "Suede", "120", brand)
    pair = service.pairs.buy(uuid4(), purchase, today).sneaker_id
    service.pairs.use(uuid4(), EventType.WORN, pair, today)
    pull(collection, app)
    assert collection.make() == []
    assert collection.rows(NOW) == [{"name": "Dunk Low", "count_wears": 1, "purchased_on": today}]
    facts = collection.rows("SELECT event_type, event_date, date_key, days_since_purchase FROM core.fact_sneaker_event")
    key = today.year * 10_000 + today.month * 100 + today.day
    assert {(row["event_date"], row["date_key"], row["days_since_purchase"]) for row in facts} == {(today, key, 0)}
    assert collection.rows("SELECT purchased_on FROM gold.sneaker_timeline") == [{"purchased_on": today}]


def test_a_brand_and_its_collaborator_stay_together_whatever_is_undone(
    collection: Collection, app: AppDatabase, service: SneakerService, engine: Engine
) -> None:
    """The corrections of three brands, two of them with the same collaborator, undone in every order."""
    brands = [service.brands.add(uuid4(), name, partner) for name, partner in BRANDS]
    ids = [one.manufacturer_id for one in brands]
    called = dict(zip(ids, BRANDS, strict=True))
    for order in permutations(range(3)):
        bought = service.pairs.buy(uuid4(), Purchase("Mix", "Red", "Suede", "120", ids[0]), day(9))
        edits = [
            service.corrections.edit(
                uuid4(), bought.event_id, Correction(day(9), Purchase("Mix", "Red", "Suede", "120", ids[which]))
            )
            for which in (1, 2, 1)
        ]
        for which in order:
            service.corrections.undo(uuid4(), edits[which].event_id)
            with open_sessions(engine)() as session:
                entry = entries(events_of(session, bought.sneaker_id or 0))[0]
                brand = (entry.details["brand"], entry.details["collaborator"])
                assert brand == called[entry.details["manufacturer_id"]], order
    pull(collection, app)
    collection.make("staged.sneaker_entries")
    assert {
        (row["brand"], row["collaborator"])
        for row in collection.rows("SELECT brand, collaborator FROM staged.sneaker_entries")
    } == {BRANDS[0]}


def test_older_records_of_another_brand_are_completed_alike_by_app_and_warehouse(
    collection: Collection, app: AppDatabase, service: SneakerService, engine: Engine
) -> None:
    """They left out what was the same at the time, which an undoing of what came between made another brand's."""
    ids = [service.brands.add(uuid4(), name, partner).manufacturer_id for name, partner in BRANDS]
    bought = service.pairs.buy(uuid4(), Purchase("Mix", "Red", "Suede", "120", ids[0]), day(9))
    pair = bought.sneaker_id or 0
    older = (
        "INSERT INTO sneakers.sneaker_events (type, sneaker_id, event_time, details, request_token, request_digest) "
    )
    with engine.begin() as connection:
        for which, changed in ((1, ("brand", "collaborator")), (2, ("brand",))):
            told = dict(zip(("brand", "collaborator"), BRANDS[which], strict=True))
            changes = {"manufacturer_id": ids[which], **{name: told[name] for name in changed}}
            details = json.dumps({"target_event_id": bought.event_id, "changes": changes})
            connection.execute(
                text(older + "VALUES ('edited', :pair, '2026-06-15 12:00Z', :details, gen_random_uuid(), '')"),
                {"pair": pair, "details": details},
            )
    service.corrections.undo(uuid4(), bought.event_id + 1)
    pull(collection, app)
    collection.make("staged.sneaker_entries")
    found = collection.rows("SELECT brand, collaborator FROM staged.sneaker_entries")
    assert [(row["brand"], row["collaborator"]) for row in found] == [("MixC", "Kith")]
    with open_sessions(engine)() as session:
        line = next(line for line in history_of(session, pair) if line.entry)
        assert "brand MixC, with Kith" in line.remark
