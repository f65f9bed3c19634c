"""Wearing from lists: one tap, several pairs and days at once, what is found, and in which order."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sneakers.app.conftest import TODAY, Collector, error_beside, purchase

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.reading.finding import Wanted, choices_of, found
from tributary.assets.sneakers.app.service.opening import SneakerService

Pg = psycopg.Connection[Any]


@pytest.fixture
def pairs(service: SneakerService, brand: int) -> list[int]:
    """Three pairs: bought on 1 May for 120, on 10 May for 80 USD, and on 20 May for 200 and sold on 1 June."""
    jordan = service.brands.add(uuid4(), "Jordan", "Aimé").manufacturer_id
    made = [
        service.pairs.buy(uuid4(), purchase(brand), date(2025, 5, 1)),
        service.pairs.buy(
            uuid4(),
            purchase(jordan, name="Zoom", color="Blue", price="80", currency="usd", size="42"),
            date(2025, 5, 10),
        ),
        service.pairs.buy(uuid4(), purchase(brand, name="Àlpha", price="200", note="Rain"), date(2025, 5, 20)),
    ]
    found = [one.sneaker_id or 0 for one in made]
    service.pairs.sell(uuid4(), found[2], "50", date(2025, 6, 1))
    return found


def uses(pg: Pg) -> list[tuple[Any, ...]]:
    return pg.execute(
        "SELECT type, sneaker_id, event_date::text FROM sneakers.sneaker_events"
        " WHERE type IN ('worn', 'walked', 'cleaned') ORDER BY event_id"
    ).fetchall()


def listed(page: str) -> list[str]:
    return re.findall(r'<tr id="pair-\d+".*?href="/sneakers/\d+">([^<]+)<', page, re.DOTALL)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("", ["Zoom", "Dunk Low", "Àlpha"]),
        ("?q=alpha", ["Àlpha"]),
        ("?q=AIME+zoom", ["Zoom"]),
        ("?q=42", ["Zoom"]),
        ("?q=rain", ["Àlpha"]),
        ("?q=nothing", []),
        ("?q=%25", []),
        ("?brand=Nike", ["Dunk Low", "Àlpha"]),
        ("?color=blue", ["Zoom"]),
        ("?material=suede&owned=no", ["Àlpha"]),
        ("?owned=yes", ["Zoom", "Dunk Low"]),
        ("?sort=name", ["Dunk Low", "Zoom", "Àlpha"]),
        ("?sort=-name", ["Àlpha", "Zoom", "Dunk Low"]),
        ("?sort=-bought", ["Àlpha", "Zoom", "Dunk Low"]),
        # Amounts of another currency stand apart.
        ("?sort=price", ["Dunk Low", "Àlpha", "Zoom"]),
        ("?sort=-price", ["Àlpha", "Dunk Low", "Zoom"]),
        ("?sort=cost", ["Dunk Low", "Zoom", "Àlpha"]),
        ("?sort=nonsense&owned=perhaps&x=1", ["Zoom", "Dunk Low", "Àlpha"]),
    ],
)
def test_the_list_is_what_its_address_says(
    collector: Collector, service: SneakerService, pairs: list[int], address: str, names: list[str]
) -> None:
    for day in (date(2025, 5, 11), date(2025, 5, 12)):
        service.pairs.use(uuid4(), EventType.WORN, pairs[0], day)
    page = collector.open(f"/sneakers{address}")
    assert listed(page) == names
    if not names:
        assert "No pair is like this." in page


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(["q", "brand", "color", "sort", "owned"]), st.text(max_size=12)))
def test_no_address_breaks_the_list(values: dict[str, str]) -> None:
    wanted = Wanted.of(values)
    assert Wanted.of(wanted.address) == wanted
    assert found([], wanted, notes=True) == []
    assert choices_of([]).brands == []


def test_one_tap_wears_a_pair_today_and_leads_back(collector: Collector, pairs: list[int], pg: Pg) -> None:
    page = collector.open("/sneakers?q=dunk&sort=name")
    action = re.findall(r'<form method="post" action="([^"]+)"', page)[0].replace("&amp;", "&")
    answers = [collector.send(action, sneaker_id=pairs[0]) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {"/sneakers?q=dunk&sort=name#pair-1"}
    assert uses(pg) == [("worn", pairs[0], TODAY.isoformat())]
    back = collector.open("/sneakers?q=dunk")
    undo = re.findall(r'worn today\. <a href="(/entries/\d+/undo)">', back)[0]
    assert collector.fill(undo).status_code == 303
    assert "worn today" not in collector.open("/")
    assert collector.send("/wear/today?from=home", sneaker_id=pairs[1]).headers["Location"] == "/"
    assert len(uses(pg)) == 2


@pytest.mark.parametrize("sent", ["9", "x", "", "3"])
def test_a_tap_that_cannot_be_is_told(collector: Collector, pairs: list[int], pg: Pg, sent: str) -> None:
    collector.open("/sneakers")
    assert collector.send("/wear/today?next=https://evil.example", sneaker_id=sent).headers["Location"].startswith("/")
    page = collector.open("/sneakers")
    assert 'role="alert"' in page
    assert any(said in page for said in ("no such pair", "The pair is missing", "after it was sold"))
    assert uses(pg) == []
    assert collector.client.post("/wear/today", data={"sneaker_id": pairs[0]}).status_code == 400


def wear(collector: Collector, **values: Any) -> Any:
    collector.open("/wear")
    return collector.client.post("/wear", data={**collector.hidden, "type": "worn", **values})


def test_several_pairs_on_several_days(collector: Collector, pairs: list[int], pg: Pg) -> None:
    page = collector.open("/wear")
    assert "Zoom, Blue" in page
    assert "Àlpha" not in page
    data = {
        **collector.hidden,
        "type": "worn",
        "sneaker_ids": [str(pairs[0]), str(pairs[1])],
        "days": ["2025-06-14", "2025-06-12"],
        "first": "2025-05-30",
        "last": "2025-05-31",
    }
    for _ in range(2):
        assert collector.client.post("/wear", data=data).status_code == 303
    days = ("2025-05-30", "2025-05-31", "2025-06-12", "2025-06-14")
    assert uses(pg) == [("worn", pair, day) for pair in pairs[:2] for day in days]
    # The same once more by another form: what stands is left.
    answer = wear(collector, sneaker_ids=[str(pairs[0])], days=["2025-06-14", "2025-06-13"])
    told = collector.open(answer.headers["Location"])
    assert "1 entries were recorded (worn). 1 stood already" in told
    assert len(uses(pg)) == 9


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"sneaker_ids": ["1"]}, "days", "Choose at least one day"),
        ({"days": ["2025-06-14"]}, "sneaker_ids", "Choose at least one pair"),
        ({"sneaker_ids": ["1"], "days": ["2025-06-16"]}, "days", "16 June 2025 is in the future"),
        ({"sneaker_ids": ["1", "2"], "first": "2025-05-09"}, "days",
         "Zoom cannot be worn on 9 May 2025, before it was bought (10 May 2025)."),
        ({"sneaker_ids": ["1", "3"], "days": ["2025-06-02"]}, "days",
         "Àlpha cannot be worn on 2 June 2025, after it was sold (1 June 2025)."),
        ({"sneaker_ids": ["1", "77"], "days": ["2025-06-02"]}, "sneaker_ids", "no such pair"),
        ({"sneaker_ids": ["1"], "first": "1990-01-01", "last": "2025-06-01"}, "days", "1,000 at once are the most"),
        ({"sneaker_ids": ["1", "' OR 1=1"], "days": ["2025-06-14"], "type": "eaten"}, "type", "Choose whether"),
        ({"sneaker_ids": ["1"], "first": "soon"}, "first", "not a day"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_by_pair_and_day_and_nothing_is_written(
    collector: Collector, pairs: list[int], pg: Pg, values: dict[str, Any], field: str, sentence: str
) -> None:
    assert len(pairs) == 3
    answer = wear(collector, **values)
    assert answer.status_code == 422
    assert sentence in error_beside(answer.text, field)
    assert uses(pg) == []


def test_many_faults_are_told_shortly(service: SneakerService, pairs: list[int]) -> None:
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(50)]
    with pytest.raises(Refused) as raised:
        service.several.use(uuid4(), EventType.WORN, pairs[:2], days)
    assert len(raised.value.faults) == 13
    assert raised.value.faults[-1][1] == "88 more cannot be true."


def test_finding_keeps_what_is_checked(collector: Collector, pairs: list[int], pg: Pg) -> None:
    answer = wear(collector, sneaker_ids=[str(pairs[0])], q="zoom", find="1")
    assert answer.status_code == 200
    assert re.findall(r'<input( checked)? id="sneaker_ids-\d+" name="sneaker_ids"[^>]*value="(\d+)"', answer.text) == [
        (" checked", "1"),
        ("", "2"),
    ]
    assert uses(pg) == []


def test_old_forms_that_do_not_ask_for_more_are_the_same_forms(service: SneakerService, brand: int) -> None:
    token = uuid4()
    first = service.pairs.buy(token, purchase(brand), date(2025, 5, 1))
    again = service.pairs.buy(token, purchase(brand, currency="", size=" ", note=None), date(2025, 5, 1))
    assert (again.event_id, again.repeated) == (first.event_id, True)
