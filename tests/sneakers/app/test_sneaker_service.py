"""The service writes an event and its state in one transaction, once, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine
from tests.sneakers.app.conftest import TODAY, purchase

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.errors import AlreadySent, NotThere, Refused
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.reading.pairs import brand_choices, pair_choices
from tributary.assets.sneakers.app.service.corrections import Correction
from tributary.assets.sneakers.app.service.opening import SneakerService
from tributary.assets.sneakers.app.service.writer import Outcome

MAY_10, MAY_20 = date(2025, 5, 10), date(2025, 5, 20)
Pg = psycopg.Connection[Any]


def count(pg: Pg) -> int:
    """Events that were ever recorded."""
    row = pg.execute("SELECT count(*) FROM sneakers.sneaker_events").fetchone()
    assert row is not None
    return int(row[0])


def columns(pg: Pg, pair: int, names: str) -> tuple[Any, ...] | None:
    """Some columns of a pair; None where it is not there."""
    return pg.execute(f"SELECT {names} FROM sneakers.sneakers WHERE sneaker_id = %s", [pair]).fetchone()


def test_a_purchase_is_an_event_with_everything_in_it(service: SneakerService, brand: int, pg: Pg) -> None:
    bought = service.pairs.buy(uuid4(), purchase(brand, price="89,9"), MAY_10)
    row: Any = pg.execute(
        "SELECT type, details, event_date, recorded_at, txid FROM sneakers.sneaker_events WHERE event_id = %s",
        [bought.event_id],
    ).fetchone()
    kind, details, day, recorded, txid = row
    assert (kind, day) == ("bought", MAY_10)
    assert details == {
        "name": "Dunk Low",
        "color": "red",
        "material": "suede",
        "purchase_price": "89.90",
        "manufacturer_id": brand,
        "brand": "Nike",
        "collaborator": None,
    }
    assert txid > 0
    assert columns(pg, bought.sneaker_id or 0, "name, purchase_price::text, purchased_on, created_at") == (
        "Dunk Low",
        "89.90",
        MAY_10,
        recorded,
    )


@pytest.mark.parametrize(("kind", "column"), [("sell", "sold_at"), ("trash", "trashed_at"), ("give", "given_at")])
def test_a_pair_that_left_is_owned_no_more(
    service: SneakerService, engine: Engine, pair: int, pg: Pg, kind: str, column: str
) -> None:
    price = ("30",) if kind == "sell" else ()
    getattr(service.pairs, kind)(uuid4(), pair, *price, MAY_10)
    found = columns(pg, pair, f"({column} AT TIME ZONE 'UTC')::date, num_nonnulls(sold_at, trashed_at, given_at)")
    assert found == (MAY_10, 1)
    with open_sessions(engine)() as session:
        assert pair_choices(session) == []
    refused: list[Callable[[], Outcome]] = [
        lambda: service.pairs.sell(uuid4(), pair, "1", MAY_20),
        lambda: service.pairs.trash(uuid4(), pair, MAY_20),
        lambda: service.pairs.give(uuid4(), pair, MAY_20),
        lambda: service.pairs.use(uuid4(), EventType.WORN, pair, MAY_20),
    ]
    for again in refused:
        before = count(pg)
        with pytest.raises(Refused):
            again()
        assert count(pg) == before
    service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (lambda s, p, _: s.pairs.sell(uuid4(), p, "1", date(2025, 4, 30)), ["event_date"]),
        (lambda s, p, _: s.pairs.sell(uuid4(), p, "1", date(2025, 6, 16)), ["event_date"]),
        (lambda s, _, __: s.pairs.sell(uuid4(), None, "x", None), ["sneaker_id", "sale_price", "event_date"]),
        (lambda s, p, _: s.pairs.use(uuid4(), EventType.WORN, p, date(2025, 4, 30)), ["event_date"]),
        (lambda s, p, _: s.pairs.use(uuid4(), EventType.SOLD, p, MAY_10), ["type"]),
        (lambda s, p, _: s.pairs.use(uuid4(), EventType.WORN, p + 99, MAY_10), ["sneaker_id"]),
        (lambda s, p, _: s.pairs.remove(uuid4(), "lost", p, MAY_10), ["type"]),
        (lambda s, p, _: s.pairs.remove(uuid4(), "trashed", p, MAY_10, "Maya"), ["recipient"]),
        (lambda s, _, b: s.pairs.buy(uuid4(), purchase(b + 99), MAY_10), ["manufacturer_id"]),
        (
            lambda s, _, b: s.pairs.buy(uuid4(), purchase(b, name=" ", price="-1"), date(2026, 1, 1)),
            ["name", "purchase_price", "purchased_on"],
        ),
        (lambda s, _, __: s.brands.add(uuid4(), "nIKE "), ["name"]),
        (lambda s, _, b: s.brands.edit(uuid4(), b, "Nike"), [None]),
    ],
)
def test_what_cannot_be_is_refused_at_its_fields_and_nothing_is_written(
    service: SneakerService,
    brand: int,
    pair: int,
    pg: Pg,
    call: Callable[[SneakerService, int, int], Outcome],
    fields: list[str | None],
) -> None:
    before = count(pg), columns(pg, pair, "*")
    with pytest.raises(Refused) as refusal:
        call(service, pair, brand)
    assert [field for field, _ in refusal.value.faults] == fields
    assert (count(pg), columns(pg, pair, "*")) == before


def test_a_form_that_comes_again_is_written_once(service: SneakerService, brand: int, pair: int, pg: Pg) -> None:
    calls: list[Callable[[UUID], Outcome]] = [
        lambda token: service.brands.add(token, "Puma"),
        lambda token: service.brands.edit(token, brand, "Nike SB"),
        lambda token: service.pairs.buy(token, purchase(brand), MAY_10),
        lambda token: service.pairs.use(token, EventType.WORN, pair, MAY_10),
        lambda token: service.pairs.sell(token, pair, "9", MAY_20),
    ]
    for call in calls:
        token, before = uuid4(), count(pg)
        first, again = call(token), call(token)
        assert (first.repeated, again.repeated) == (False, True)
        assert again.event_id == first.event_id
        assert again.sneaker_id == first.sneaker_id
        assert count(pg) == before + 1


def test_a_token_that_comes_with_something_else_is_refused(service: SneakerService, pair: int, pg: Pg) -> None:
    token = uuid4()
    service.pairs.use(token, EventType.WORN, pair, MAY_10)
    with pytest.raises(AlreadySent):
        service.pairs.use(token, EventType.WORN, pair, MAY_20)
    with pytest.raises(AlreadySent):
        service.pairs.sell(token, pair, "1", MAY_20)
    assert count(pg) == 3


def at_once(calls: list[Callable[[], Outcome]]) -> list[Outcome | Refused]:
    """What each call gives when all begin together."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Outcome]) -> Outcome | Refused:
        gate.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_sales_at_once_one_wins(service: SneakerService, pair: int, pg: Pg) -> None:
    results = at_once([lambda: service.pairs.sell(uuid4(), pair, "1", MAY_10) for _ in range(8)])
    assert sum(isinstance(result, Outcome) for result in results) == 1
    assert count(pg) == 3


def test_double_clicks_at_once_are_one_entry(service: SneakerService, brand: int, pair: int, pg: Pg) -> None:
    token, other = uuid4(), uuid4()
    for results in (
        at_once([lambda: service.pairs.sell(token, pair, "1", MAY_10) for _ in range(8)]),
        at_once([lambda: service.pairs.buy(other, purchase(brand), MAY_10) for _ in range(8)]),
    ):
        outcomes = [result for result in results if isinstance(result, Outcome)]
        assert len({outcome.event_id for outcome in outcomes}) == 1
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        assert len(outcomes) == 8
    assert count(pg) == 4


def test_of_equal_brands_at_once_one_wins(service: SneakerService, pg: Pg) -> None:
    results = at_once([lambda: service.brands.add(uuid4(), "Asics", "Kith") for _ in range(6)])
    refusals = [result for result in results if isinstance(result, Refused)]
    assert [refusal.field for refusal in refusals] == ["name"] * 5
    assert count(pg) == 1


@pytest.mark.usefixtures("brand")
def test_a_brand_is_its_name_with_its_collaborator(service: SneakerService, engine: Engine) -> None:
    service.brands.add(uuid4(), "Nike", "Off-White")
    with pytest.raises(Refused):
        service.brands.add(uuid4(), "NIKE", "off-white")
    with open_sessions(engine)() as session:
        assert [choice.label for choice in brand_choices(session)] == ["Nike", "Nike × Off-White"]  # noqa: RUF001


def test_an_undone_sale_makes_the_pair_owned_again(service: SneakerService, pair: int, pg: Pg) -> None:
    sold = service.pairs.sell(uuid4(), pair, "80", MAY_10)
    service.corrections.undo(uuid4(), sold.event_id)
    assert columns(pg, pair, "sold_at, sale_price") == (None, None)
    service.pairs.use(uuid4(), EventType.WORN, pair, MAY_20)
    service.pairs.give(uuid4(), pair, MAY_20, "Maya")
    with pytest.raises(Refused, match="undone already"):
        service.corrections.undo(uuid4(), sold.event_id)


def test_a_purchase_is_undone_only_alone_and_its_events_stay(service: SneakerService, pair: int, pg: Pg) -> None:
    worn = service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)
    bought = pg.execute("SELECT event_id FROM sneakers.sneaker_events WHERE type = 'bought'").fetchone()
    assert bought is not None
    with pytest.raises(Refused, match="undo those first"):
        service.corrections.undo(uuid4(), bought[0])
    service.corrections.undo(uuid4(), worn.event_id)
    service.corrections.undo(uuid4(), bought[0])
    assert columns(pg, pair, "*") is None
    assert count(pg) == 5
    with pytest.raises(Refused):
        service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)


def test_a_correction_changes_what_is_wrong_and_can_be_undone(
    service: SneakerService, brand: int, pair: int, pg: Pg
) -> None:
    other = service.brands.add(uuid4(), "Nike", "Off-White").manufacturer_id
    bought = pg.execute("SELECT event_id FROM sneakers.sneaker_events WHERE type = 'bought'").fetchone()
    assert bought is not None
    right = Correction(date(2025, 5, 2), purchase(other, price="12.00"))
    edited = service.corrections.edit(uuid4(), bought[0], right)
    said = pg.execute("SELECT details FROM sneakers.sneaker_events WHERE event_id = %s", [edited.event_id]).fetchone()
    assert said == (
        {
            "target_event_id": bought[0],
            "changes": {
                "purchase_price": "12.00",
                "manufacturer_id": other,
                "brand": "Nike",
                "collaborator": "Off-White",
                "event_date": "2025-05-02",
                "event_time": "2025-05-02T12:00:00+00:00",
            },
        },
    )
    what = "purchase_price::text, manufacturer_id, purchased_on"
    assert columns(pg, pair, what) == ("12.00", other, date(2025, 5, 2))
    with pytest.raises(Refused, match="Nothing was changed"):
        service.corrections.edit(uuid4(), bought[0], right)
    service.corrections.undo(uuid4(), edited.event_id)
    assert columns(pg, pair, what) == ("120.00", brand, date(2025, 5, 1))


def test_no_correction_makes_a_life_impossible(service: SneakerService, pair: int, pg: Pg) -> None:
    worn = service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)
    sold = service.pairs.sell(uuid4(), pair, "80", MAY_20)
    before = count(pg), columns(pg, pair, "*")
    for event, correction in (
        (worn, Correction(date(2025, 5, 21))),
        (worn, Correction(date(2025, 4, 30))),
        (sold, Correction(date(2025, 5, 9), sale_price="80")),
        (sold, Correction(date(2025, 6, 16), sale_price="80")),
        (sold, Correction(MAY_20, sale_price="-1")),
    ):
        with pytest.raises(Refused):
            service.corrections.edit(uuid4(), event.event_id, correction)
    with pytest.raises(NotThere):
        service.corrections.undo(uuid4(), 999)
    assert (count(pg), columns(pg, pair, "*")) == before


@pytest.mark.usefixtures("pair")
def test_brands_are_renamed_and_taken_back(service: SneakerService, pg: Pg) -> None:
    added = service.brands.add(uuid4(), "Pumma")
    renamed = service.brands.edit(uuid4(), added.manufacturer_id, "Puma", "Rihanna")
    names = "SELECT name, collaborator FROM sneakers.manufacturers WHERE manufacturer_id = %s"
    assert pg.execute(names, [added.manufacturer_id]).fetchone() == ("Puma", "Rihanna")
    with pytest.raises(Refused, match="renaming first"):
        service.corrections.undo(uuid4(), added.event_id)
    service.corrections.undo(uuid4(), renamed.event_id)
    assert pg.execute(names, [added.manufacturer_id]).fetchone() == ("Pumma", None)
    service.corrections.undo(uuid4(), added.event_id)
    assert pg.execute(names, [added.manufacturer_id]).fetchone() is None
    first = pg.execute("SELECT event_id FROM sneakers.sneaker_events WHERE type = 'brand_added'").fetchone()
    assert first is not None
    with pytest.raises(Refused, match="has pairs"):
        service.corrections.undo(uuid4(), first[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sneakers.sneaker_events SET type = 'worn'",
        "DELETE FROM sneakers.sneaker_events",
        "TRUNCATE sneakers.sneaker_events",
    ],
)
@pytest.mark.usefixtures("pair")
def test_events_cannot_be_changed(pg: Pg, statement: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        pg.execute(statement)
    assert count(pg) == 2


def test_an_incremental_reader_misses_no_late_commit(service: SneakerService, pair: int, database_url: str) -> None:
    """An event that was numbered before another but committed after it is still ahead of the reader's mark."""
    with psycopg.connect(database_url) as slow, psycopg.connect(database_url, autocommit=True) as reader:
        slow.execute(
            "INSERT INTO sneakers.sneaker_events (type, sneaker_id, event_time, details, request_token, request_digest)"
            " VALUES ('worn', %s, now(), '{}', gen_random_uuid(), '')",
            [pair],
        )
        service.pairs.use(uuid4(), EventType.WORN, pair, TODAY)
        take = (
            "SELECT txid, event_id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM sneakers.sneaker_events"
            " WHERE txid >= %s AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        first = reader.execute(take, [0]).fetchall()
        slow.commit()
        second = reader.execute(take, [first[0][2]]).fetchall()
    assert len(first) == 2
    assert len(second) == 2
    assert not {row[1] for row in first} & {row[1] for row in second}


def test_a_write_does_not_wait_for_ever(service: SneakerService, pair: int, database_url: str, pg: Pg) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT 1 FROM sneakers.sneakers WHERE sneaker_id = %s FOR UPDATE", [pair])
        with pytest.raises(Refused, match="send the form again"):
            service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)
    assert count(pg) == 2
    service.pairs.use(uuid4(), EventType.WORN, pair, MAY_10)
