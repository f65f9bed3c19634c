"""The report `meetup_groups`: for any request what a filter over all groups gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.asking import ask, fill

from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NAME = "meetup_groups"
TOPICS = {"t1": "Python", "t2": "Hiking", "t3": "Rust", "t4": "Python"}
CITIES, COUNTRIES = (None, "Berlin", "Lyon", "Bern"), (None, "de", "fr")


def groups(count: int = 60) -> list[dict[str, Any]]:
    rng = random.Random(5)  # noqa: S311 - drawn for tests
    return [
        {
            "group_id": f"g{number}",
            "name": f"Group {number}",
            "is_inferred": False,
            "city": rng.choice(CITIES),
            "country": rng.choice(COUNTRIES),
            "members": rng.choice([None, 0, 10, 50, 900]),
            "events_held": 0,
            "events_cancelled": 0,
            "keys": {key: rng.random() < 0.8 for key in TOPICS if rng.random() < 0.5},
        }
        for number in range(count)
    ]


@pytest.fixture
def city(warehouse: PostgresWarehouse) -> PostgresWarehouse:
    known = groups()
    fill(warehouse, "gold.meetup_group_directory", known)
    fill(warehouse, "core.dim_meetup_topic", [{"topic_key": key, "name": name} for key, name in TOPICS.items()])
    pairs = [
        {"group_id": one["group_id"], "topic_key": key, "is_current": current}
        for one in known
        for key, current in one["keys"].items()
    ]
    fill(warehouse, "core.bridge_meetup_group_topic", pairs)
    return warehouse


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "topics": st.lists(st.sampled_from(sorted({*TOPICS.values(), "Sailing"})), max_size=3),
        "match": st.sampled_from(["any", "all"]),
        "members_from": st.sampled_from([0, 10, 11]),
        "members_to": st.sampled_from([50, 899]),
        "cities": st.lists(st.sampled_from(CITIES[1:]), max_size=2),
        "countries": st.lists(st.sampled_from(COUNTRIES[1:]), max_size=2),
    },
)


def test_any_request_gives_what_a_filter_over_all_groups_gives(city: PostgresWarehouse) -> None:
    known = groups()

    def is_found(one: dict[str, Any], asked: dict[str, Any]) -> bool:
        has = {TOPICS[key] for key, current in one["keys"].items() if current}
        wanted = set(asked.get("topics", ()))
        if wanted and not (has >= wanted if asked.get("match") == "all" else has & wanted):
            return False
        least, most = asked.get("members_from"), asked.get("members_to")
        if one["members"] is None and (least is not None or most is not None):
            return False
        if not (least or 0) <= (one["members"] or 0) <= (most if most is not None else 10**9):
            return False
        places = ((one["city"], asked.get("cities")), (one["country"], asked.get("countries")))
        return all(not chosen or place in chosen for place, chosen in places)

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(asked=REQUESTS)
    def check(asked: dict[str, Any]) -> None:
        rows = ask(city, NAME, asked)
        assert sorted(row["group_id"] for row in rows) == sorted(
            one["group_id"] for one in known if is_found(one, asked)
        )
        assert all(row["topics_met"] <= len(set(asked.get("topics", ()))) for row in rows)

    check()
