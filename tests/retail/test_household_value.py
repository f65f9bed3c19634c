"""The scores of household_summary on awkward data: ties, few households, single days, edges of every rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.retail import oracle
from tests.retail.models import Probe, probe_tables

from tributary.resources.postgres.databases import Databases

CHAIN = ("core.dim_household", "core.product_section", "core.fact_basket", "gold.household_summary")
PRODUCTS = (
    # product, commodity, sub-commodity
    (1, "EGGS", "EGGS - LARGE"),
    (2, "BEEF", "SELECT BEEF"),
    (3, "A COMMODITY OF NO SECTION", "ANY"),
    (4, " ", " "),
    (5, "FUEL", "GASOLINE-REG UNLEADED"),
    (6, "GASOLINE-REG UNLEADED", "ANY"),
)
UNLISTED = 7
Line = tuple[int, int, int, int, int, int]
"""A sales line: household, basket of that household, day, product, quantity, cents."""
TURNING_DAYS = (1, 100, 101, 525, 526, 615, 616, 675, 676, 700, 701, 708, 709, 711)


@pytest.fixture(scope="module")
def probe(databases: Databases) -> Iterator[Probe]:
    with probe_tables(databases.url("app")) as tables:
        yield tables


def summary_of(probe: Probe, lines: list[Line], people: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What the models make of these sales and this survey; fails where the oracle says otherwise."""
    probe.clear()
    probe.load(
        "retail_transactions",
        [
            {
                "household_key": household,
                "basket_id": household * 10 + basket,
                "day": day,
                "product_id": product,
                "quantity": quantity,
                "sales_value": Decimal(cents).scaleb(-2),
                "store_id": 1,
                "retail_disc": 0,
                "coupon_disc": 0,
                "coupon_match_disc": 0,
                "sold_at": oracle.FIRST_DAY.to_pydatetime() + timedelta(days=day - 1, hours=12),
            }
            for household, basket, day, product, quantity, cents in lines
        ],
    )
    probe.load(
        "retail_products",
        [
            {"product_id": product, "commodity_desc": commodity, "sub_commodity_desc": sub_commodity}
            for product, commodity, sub_commodity in PRODUCTS
        ],
    )
    sections = {"EGGS": "dairy", "BEEF": "meat"}
    probe.load(
        "retail_commodity_sections",
        [{"commodity_desc": commodity, "section": section} for commodity, section in sections.items()],
    )
    probe.load("retail_households", [{name.lower(): value for name, value in person.items()} for person in people])
    probe.build(*CHAIN)
    actual = probe.rows("gold.household_summary", "household_key")
    expected = oracle.household_summary(_source(lines, people, sections)).astype(object)
    assert actual == expected.where(expected.notna(), None).to_dict("records")
    return actual


@st.composite
def sales_lines(draw: st.DrawFn) -> list[Line]:
    """Sales with many ties: few distinct days, prices and baskets, around the days at which a rule changes."""
    visit = st.tuples(
        st.integers(1, 4),
        st.sampled_from(TURNING_DAYS) | st.integers(101, 708),
        st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6, UNLISTED]),
        st.sampled_from([1, 1, 1, 2, 0]),
        st.sampled_from([100, 100, 250, 0, 1]) | st.integers(1, 10_000),
    )
    # With 6, 11 and 16 households some edges are a household's own value.
    households = draw(st.sampled_from([0, 1, 2, 6, 6, 11, 11, 16]) | st.integers(3, 12))
    return [
        (household, *line)
        for household in range(1, households + 1)
        for line in draw(st.lists(visit, min_size=1, max_size=6))
    ]


def survey() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {
            "AGE_DESC": st.sampled_from(["19-24", "35-44", "45-54", "55-64", "65+", "Unknown", " "]),
            "INCOME_DESC": st.sampled_from(["Under 15K", "35-49K", "50-74K", "250K+", "Unknown"]),
            "HH_COMP_DESC": st.sampled_from(
                ["1 Adult Kids", "2 Adults Kids", "2 Adults No Kids", "Single Female", "Single Male", "Unknown", ""]
            ),
            "HOUSEHOLD_SIZE_DESC": st.sampled_from(["1", "2", "3", "4", "5+", "", "Unknown"]),
        }
    )


# Without shrinking: every attempt is a round trip to Postgres, and thousands of them outlast the test's time limit.
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(lines=sales_lines(), answers=st.lists(survey(), min_size=5, max_size=16))
def test_summary_equals_the_oracle_on_any_sales(probe: Probe, lines: list[Line], answers: list[dict[str, str]]) -> None:
    summary_of(probe, lines, _numbered(answers))


def test_equal_households_all_score_one(probe: Probe) -> None:
    lines = [(household, 1, day, 1, 1, 100) for household in range(1, 12) for day in (200, 300)]
    rows = summary_of(probe, lines, _people(11))
    assert {(row["r_score"], row["f_score"], row["m_score"]) for row in rows} == {(1, 1, 1)}


def test_a_value_on_an_edge_belongs_to_the_lower_bin(probe: Probe) -> None:
    # Six values: the edges at 20, 40, 60 and 80 % are the 2nd to the 5th.
    lines = [(household, 1, day, 1, 1, household * 100) for household in range(1, 7) for day in (200, 300)]
    more_baskets = [(household, 1 + extra, 250, 1, 1, 100) for household in range(1, 7) for extra in range(household)]
    rows = summary_of(probe, lines + more_baskets, _people(6))
    assert [row["m_score"] for row in rows] == [1, 1, 2, 3, 4, 5]
    assert [row["f_score"] for row in rows] == [1, 1, 2, 3, 4, 5]


def test_a_basket_counts_once_however_many_lines_and_days_it_has(probe: Probe) -> None:
    one = [(1, 1, day, product, 1, 100) for day in (200, 201) for product in (1, 2)]
    two = [(2, basket, day, 1, 1, 100) for basket, day in ((1, 200), (2, 201))]
    assert [row["f_score"] for row in summary_of(probe, one + two, _people(2))] == [1, 5]


def test_a_value_between_two_edges_is_binned_by_the_edges_around_it(probe: Probe) -> None:
    # Four values, 200 to 800 cents: the edges are 320, 440, 560 and 680, none of them a value.
    lines = [(household, 1, day, 1, 1, household * 100) for household in range(1, 5) for day in (200, 300)]
    assert [row["m_score"] for row in summary_of(probe, lines, _people(4))] == [1, 2, 4, 5]


def test_equal_edges_leave_the_bins_between_them_empty(probe: Probe) -> None:
    cents = [100, 100, 100, 100, 100, 100, 100, 100, 100, 900, 950]
    lines = [(household, 1, day, 1, 1, cents[household - 1]) for household in range(1, 12) for day in (200, 300)]
    assert [row["m_score"] for row in summary_of(probe, lines, _people(11))] == [1] * 9 + [5, 5]


@pytest.mark.parametrize(
    ("last_day", "score"),
    [(525, 1), (526, 2), (615, 2), (616, 3), (675, 3), (676, 4), (700, 4), (701, 5), (708, 5)],
)
def test_recency_is_scored_by_the_last_day(probe: Probe, last_day: int, score: int) -> None:
    [row] = summary_of(probe, [(1, 1, 200, 1, 1, 100), (1, 1, last_day, 1, 1, 100)], _people(1))
    assert row["r_score"] == score


@pytest.mark.parametrize(
    "uncounted",
    [
        pytest.param((1, 1, 300, 1, 0, 100), id="no quantity"),
        pytest.param((1, 1, 300, 1, 1, 0), id="no value"),
        pytest.param((1, 1, 300, 5, 1, 100), id="gasoline by sub-commodity"),
        pytest.param((1, 1, 300, 6, 1, 100), id="gasoline by commodity"),
        pytest.param((1, 1, 300, UNLISTED, 1, 100), id="product not listed"),
        pytest.param((1, 1, 100, 1, 1, 100), id="on 2004-06-30, before the period"),
        pytest.param((1, 1, 709, 1, 1, 100), id="on 2006-03-01, after the period"),
        pytest.param((1, 2, 200, 1, 1, 100), id="another basket of the same day"),
    ],
)
def test_a_second_day_needs_a_sale_that_counts(probe: Probe, uncounted: Line) -> None:
    first = (1, 1, 200, 1, 1, 100)
    assert summary_of(probe, [first, uncounted], _people(1)) == []
    [row] = summary_of(probe, [first, uncounted, (1, 1, 101, 2, 1, 250)], _people(1))
    same_day = uncounted[2] == 200
    assert row["total_sales"] == Decimal("4.50" if same_day else "3.50")
    assert row["meat"] == Decimal("2.50")


def test_households_outside_the_survey_count_in_the_quintiles(probe: Probe) -> None:
    lines = [(household, 1, day, 1, 1, household * 100) for household in range(1, 7) for day in (200, 300)]
    [row] = summary_of(probe, lines, [_person(6)])
    assert row["m_score"] == 5


def test_no_sales_make_no_summary(probe: Probe) -> None:
    assert summary_of(probe, [], _people(3)) == []


def _numbered(answers: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**answer, "household_key": str(key)} for key, answer in enumerate(answers, start=1)]


def _person(key: int) -> dict[str, str]:
    answers = {"AGE_DESC": "25-34", "INCOME_DESC": "50-74K", "HH_COMP_DESC": "Unknown", "HOUSEHOLD_SIZE_DESC": "2"}
    return {**answers, "household_key": str(key)}


def _people(count: int) -> list[dict[str, str]]:
    return [_person(key) for key in range(1, count + 1)]


def _source(lines: list[Line], people: list[dict[str, str]], sections: dict[str, str]) -> oracle.Source:
    """The same data as the oracle reads it from files."""
    sales = pd.DataFrame(lines, columns=["household_key", "basket", "DAY", "PRODUCT_ID", "QUANTITY", "CENTS"])
    sales = sales.astype("int64")
    sales["BASKET_ID"] = sales["household_key"] * 10 + sales["basket"]
    names = ["AGE_DESC", "INCOME_DESC", "HH_COMP_DESC", "HOUSEHOLD_SIZE_DESC", "household_key"]
    unused = pd.DataFrame()
    return oracle.Source(
        sales=sales,
        products=pd.DataFrame(PRODUCTS, columns=["PRODUCT_ID", "COMMODITY_DESC", "SUB_COMMODITY_DESC"]),
        households=pd.DataFrame(people, columns=names, dtype=str),
        campaigns=unused,
        targets=unused,
        coupons=unused,
        redemptions=unused,
        sections=sections,
    )
