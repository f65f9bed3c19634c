"""The report `retail_households`: for any request what a filter over all households and sections gives."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.asking import ask, contents, fill

from tributary.assets.reporting.answers import AnswersError
from tributary.assets.retail.files import SECTIONS
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NAME = "retail_households"


def households(count: int = 40) -> list[dict[str, Any]]:
    rng = random.Random(3)  # noqa: S311 - drawn for tests
    return [
        {
            "household_key": number,
            "rfm_bin": rng.randint(1, 5),
            **{section: Decimal(rng.choice([0, 0, 5, 10, 999])) / 2 for section in SECTIONS},
        }
        for number in range(count)
    ]


@pytest.fixture
def shop(warehouse: PostgresWarehouse) -> PostgresWarehouse:
    fill(warehouse, "gold.household_summary", households())
    sales = [{"section": section, "month_start": None} for section in SECTIONS]
    fill(warehouse, "gold.section_monthly_sales", sales)
    return warehouse


REQUESTS = st.fixed_dictionaries(
    {"bins": st.lists(st.integers(1, 5), min_size=1, max_size=5)},
    optional={
        "sections": st.lists(st.sampled_from(SECTIONS), max_size=3),
        "spent_from": st.sampled_from(["0", "2.5", "2.51", "499.50"]),
    },
)


def test_any_request_gives_what_a_filter_over_all_gives(shop: PostgresWarehouse) -> None:
    known = households()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(asked=REQUESTS)
    def check(asked: dict[str, Any]) -> None:
        least = Decimal(asked.get("spent_from", 0))
        expected = {
            (one["household_key"], one["rfm_bin"], section, one[section])
            for one in known
            for section in asked.get("sections") or SECTIONS
            if one["rfm_bin"] in asked["bins"] and one[section] >= least
        }
        rows = [tuple(row.values()) for row in ask(shop, NAME, asked)]
        assert (len(rows), set(rows)) == (len(expected), expected)

    check()


def test_bins_must_be_chosen_and_every_section_has_its_column(shop: PostgresWarehouse) -> None:
    with pytest.raises(AnswersError, match="bins must be given"):
        ask(shop, NAME, {})
    assert set(SECTIONS) <= set(contents().tables["gold.household_summary"].column_names)
