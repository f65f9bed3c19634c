"""The campaign tables on tiny data: days without sales, campaigns outside the data, nothing to divide by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from tests.retail import oracle
from tests.retail.models import Probe, probe_tables

from tributary.resources.postgres.databases import Databases


@pytest.fixture(scope="module")
def made(databases: Databases) -> Iterator[Probe]:
    with probe_tables(databases.url("app")) as tables:
        yield tables


@pytest.fixture
def probe(made: Probe) -> Probe:
    made.clear()
    return made


def test_a_campaign_is_compared_with_the_days_before_it(probe: Probe) -> None:
    campaign(probe, 1, first=100, last=109, products=[1])
    sales(probe, [(1, day, 1, 200) for day in range(72, 100)])
    sales(probe, [(1, day, 1, 300) for day in range(100, 110)])
    sales(probe, [(1, day, 1, 100) for day in range(110, 138)])
    sales(probe, [(1, day, 2, 9_999) for day in range(60, 150)])
    row = summary(probe)
    assert (row["days_before"], row["days_during"], row["days_after"]) == (28, 10, 28)
    assert (row["daily_sales_before"], row["daily_sales_during"], row["daily_sales_after"]) == (2.0, 3.0, 1.0)
    assert row["lift"] == pytest.approx(0.5)


def test_days_without_sales_count_as_zero(probe: Probe) -> None:
    campaign(probe, 1, first=100, last=101, products=[1])
    sales(probe, [(1, 90, 1, 100), (1, 100, 1, 400), (2, 102, 2, 100)])
    days = daily(probe)
    assert [row["date"] for row in days] == [_date(day) for day in range(90, 103)]
    assert [float(row["sales_value"]) for row in days] == [1.0, *[0.0] * 9, 4.0, 0.0, 0.0]
    assert [row["days_since_start"] for row in days] == list(range(-10, 3))
    assert [row["is_running"] for row in days] == [False] * 10 + [True, True, False]


def test_a_product_on_two_coupons_of_a_campaign_is_counted_once(probe: Probe) -> None:
    campaign(probe, 1, first=100, last=100, products=[1])
    probe.load("retail_coupons", [{"coupon_upc": 77, "product_id": 1, "campaign": 1}])
    sales(probe, [(1, 100, 1, 250), (2, 100, 1, 250), (2, 100, 1, 100)])
    [row] = daily(probe)
    assert (float(row["sales_value"]), row["units"], row["baskets"], row["households"]) == (6.0, 3, 2, 2)
    assert summary(probe, built=True)["products"] == 1


def test_a_campaign_after_the_last_sale_has_no_means(probe: Probe) -> None:
    campaign(probe, 1, first=500, last=510, products=[1])
    sales(probe, [(1, 100, 1, 100), (1, 101, 1, 100)])
    row = summary(probe)
    assert (row["days_before"], row["days_during"], row["days_after"]) == (0, 0, 0)
    assert [row[f"daily_sales_{phase}"] for phase in ("before", "during", "after")] == [None] * 3
    assert row["lift"] is None


def test_nothing_sold_before_a_campaign_leaves_its_lift_unknown(probe: Probe) -> None:
    campaign(probe, 1, first=110, last=112, products=[1])
    sales(probe, [(1, 100, 2, 100), (1, 110, 1, 100)])
    row = summary(probe)
    assert row["daily_sales_before"] == 0.0
    assert row["lift"] is None


def test_a_campaign_without_sales_coupons_or_households_is_still_listed(probe: Probe) -> None:
    campaign(probe, 1, first=100, last=110, products=[])
    row = summary(probe)
    assert (row["products"], row["households_targeted"], row["redemptions"]) == (0, 0, 0)
    assert row["redemption_rate"] is None
    assert probe.rows("gold.campaign_daily_sales", "date") == []


def test_a_household_that_redeems_twice_is_one_redeeming_household(probe: Probe) -> None:
    campaign(probe, 1, first=100, last=110, products=[1])
    probe.load(
        "retail_campaign_households",
        [{"campaign_type": "TypeB", "household_key": household, "campaign": 1} for household in range(1, 5)],
    )
    probe.load(
        "retail_coupon_redemptions",
        [
            {"household_key": 1, "day": day, "coupon_upc": 7, "campaign": 1, "redeemed_on": _date(day)}
            for day in (101, 102)
        ],
    )
    row = summary(probe)
    assert (row["households_targeted"], row["households_redeeming"], row["redemptions"]) == (4, 1, 2)
    assert row["redemption_rate"] == 0.25


def test_no_rows_at_all_make_empty_tables(probe: Probe) -> None:
    probe.build()
    for table in ("household_daily_spend", "household_summary", "section_monthly_sales", "campaign_daily_sales"):
        assert probe.rows(f"gold.{table}", "1") == []


def campaign(probe: Probe, number: int, *, first: int, last: int, products: list[int]) -> None:
    probe.load(
        "retail_campaigns",
        [
            {
                "campaign_type": "TypeB",
                "campaign": number,
                "start_day": first,
                "end_day": last,
                "start_date": _date(first),
                "end_date": _date(last),
            }
        ],
    )
    probe.load("retail_coupons", [{"coupon_upc": 7, "product_id": p, "campaign": number} for p in products])


def sales(probe: Probe, lines: list[tuple[int, int, int, int]]) -> None:
    """Load lines of household, day, product and cents: a piece each, a basket a household and day."""
    probe.load(
        "retail_transactions",
        [
            {
                "household_key": household,
                "basket_id": day * 1_000 + household,
                "day": day,
                "product_id": product,
                "quantity": 1,
                "sales_value": cents / 100,
                "store_id": 1,
                "retail_disc": 0,
                "coupon_disc": 0,
                "coupon_match_disc": 0,
                "sold_at": f"{_date(day).isoformat()} 12:00:00",
            }
            for household, day, product, cents in lines
        ],
    )


def daily(probe: Probe) -> list[dict[str, Any]]:
    probe.build()
    return probe.rows("gold.campaign_daily_sales", "campaign, date")


def summary(probe: Probe, *, built: bool = False) -> dict[str, Any]:
    if not built:
        probe.build()
    [row] = probe.rows("gold.campaign_summary", "campaign")
    return row


def _date(day: int) -> date:
    return oracle.FIRST_DAY.date() + timedelta(days=day - 1)
