"""The recommender: what its lists hold, what its reasons claim, and that it is measured without seeing the answers."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.retail.recommend import SCHEMA, Evaluation, RecommendError, recommend
from tributary.assets.retail.recommend.evaluation import (
    FAVOURITES,
    FAVOURITES_AND_NEW,
    OUR_NEW,
    OURS,
    POPULAR,
    POPULAR_NEW,
    Difference,
    evaluate,
    most_popular,
)
from tributary.assets.retail.recommend.purchases import hold_out_last_baskets, read_purchases
from tributary.assets.retail.recommend.ranking import rank
from tributary.assets.retail.recommend.scores import fit, popularity_strength

REAL = Path(__file__).parents[3] / "shared" / "data" / "complete_journey" / "transaction_data.csv"
START = dt.datetime(2005, 1, 1)  # noqa: DTZ001 - the source tells local time without a zone
TYPES = {"household_key": pa.int32(), "basket_id": pa.int64(), "product_id": pa.int32(), "quantity": pa.int32()}

Line = tuple[int, int, int, int]
"""Household, basket, product, day."""

lines_of_a_shop = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 30), st.integers(1, 25), st.integers(0, 40)), max_size=120
)


def sales(lines: list[Line], quantity: int = 1) -> pa.Table:
    columns: dict[str, Any] = {
        "household_key": [line[0] for line in lines],
        "basket_id": [line[1] for line in lines],
        "product_id": [line[2] for line in lines],
        "quantity": [quantity] * len(lines),
    }
    arrays = {name: pa.array(values, TYPES[name]) for name, values in columns.items()}
    moments = [START + dt.timedelta(days=line[3]) for line in lines]
    return pa.table({**arrays, "sold_at": pa.array(moments, pa.timestamp("us"))})


def shop_with_tastes(households: int = 120, baskets: int = 12, groups: int = 6, seed: int = 1) -> list[Line]:
    """Households of a few tastes: most of a basket comes from the 20 products of one's own group, the rest from all."""
    rng = np.random.default_rng(seed)
    lines: list[Line] = []
    for household in range(households):
        for trip in range(baskets):
            own = (household % groups) * 20 + rng.integers(0, 20, 4)
            other = rng.integers(0, groups * 20, 2)
            lines += [(household, household * 100 + trip, int(p) + 1000, trip * 7) for p in {*own, *other}]
    return lines


def lists_of(table: pa.Table) -> dict[int, list[dict[str, Any]]]:
    lists: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        lists[row["household_key"]].append(row)
    return lists


def bought_by(lines: list[Line]) -> dict[int, set[int]]:
    products: dict[int, set[int]] = defaultdict(set)
    for household, _, product, _ in lines:
        products[household].add(product)
    return products


@settings(max_examples=60, deadline=None)
@given(lines_of_a_shop, st.integers(1, 12))
def test_every_household_gets_a_full_dense_list_without_repeats(lines: list[Line], count: int) -> None:
    table = recommend(sales(lines), count=count).table

    assert table.schema == SCHEMA
    lists = lists_of(table)
    assert list(lists) == sorted({line[0] for line in lines})
    possible = min(count, len({line[2] for line in lines}))
    for rows in lists.values():
        assert [row["rank"] for row in rows] == list(range(1, possible + 1))
        assert len({row["product_id"] for row in rows}) == possible
        scores = [row["score"] for row in rows]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
        for before, after in pairwise(rows):
            assert before["score"] > after["score"] or before["product_id"] < after["product_id"]


@settings(max_examples=40, deadline=None)
@given(lines_of_a_shop, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_their_repetition_matters(lines: list[Line], random: Any) -> None:
    lines_of_basket = {(household, basket): day for household, basket, _, day in lines}
    lines = [(h, b, p, lines_of_basket[h, b]) for h, b, p, _ in lines]
    shuffled = [*lines, *lines[: len(lines) // 3]]
    random.shuffle(shuffled)
    assert recommend(sales(shuffled)) == recommend(sales(lines))


def test_the_order_of_rows_does_not_matter_where_products_are_alike() -> None:
    lines = shop_with_tastes()
    shuffled = [lines[at] for at in np.random.default_rng(3).permutation(len(lines))]
    assert recommend(sales(shuffled)) == recommend(sales(lines))


@pytest.mark.filterwarnings("error")
def test_nothing_warns() -> None:
    assert recommend(sales(shop_with_tastes())).table.num_rows == 1200


def test_a_habit_comes_first_and_is_explained_by_ones_own_baskets() -> None:
    lines = [(1, basket, 500, basket) for basket in range(1, 5)]
    lines += [(1, 5, 700, 5), (1, 4, 600, 4), (2, 9, 800, 1)]
    rows = lists_of(recommend(sales(lines)).table)[1]
    assert (rows[0]["product_id"], rows[0]["reason"]) == (500, "Bought in 4 of your 5 baskets")
    reasons = {row["product_id"]: row["reason"] for row in rows}
    assert reasons[700] == "Bought in 1 of your 5 baskets"
    assert reasons[800] == "New to you: bought by 1 of 2 households"


def test_a_recent_purchase_counts_more_than_an_old_one() -> None:
    lines = [(1, 1, 10, 0), (1, 2, 30, 300), (1, 3, 20, 600), (2, 4, 99, 0)]
    order = [row["product_id"] for row in lists_of(recommend(sales(lines)).table)[1]]
    assert order[:3] == [20, 30, 10]


def test_every_reason_tells_true_numbers() -> None:
    lines = shop_with_tastes()
    bought = bought_by(lines)
    kinds = set()
    for household, rows in lists_of(recommend(sales(lines)).table).items():
        for row in rows:
            words, product = row["reason"].split(), row["product_id"]
            kinds.add(words[0])
            if words[0] == "Bought":
                held = {basket for h, basket, p, _ in lines if (h, p) == (household, product)}
                assert row["reason"] == f"Bought in {len(held)} of your 12 baskets"
                continue
            assert product not in bought[household]
            assert words[:3] == ["New", "to", "you:"]
            known = int(words[-4].rstrip(","))
            assert known in bought[household]
            buyers = [h for h in bought if product in bought[h]]
            both = [h for h in buyers if known in bought[h]]
            assert row["reason"] == (
                f"New to you: bought by {len(buyers)} of {len(bought)} households, "
                f"{len(both)} of them with {known}, which you buy"
            )
    assert kinds == {"Bought", "New"}


def test_a_discovery_comes_from_the_households_own_taste() -> None:
    """Two camps of equal size, and one household of each that misses one product of its camp."""
    lines = [(h, h * 10 + trip, 100 * (h % 2) + p, trip) for h in range(40) for trip in range(3) for p in range(8)]
    lines = [line for line in lines if (line[0], line[2]) not in {(0, 5), (1, 105)}]
    lists = lists_of(recommend(sales(lines)).table)
    assert next(row["product_id"] for row in lists[0] if row["reason"].startswith("New")) == 5
    assert next(row["product_id"] for row in lists[1] if row["reason"].startswith("New")) == 105


def test_three_of_ten_are_new_to_the_household() -> None:
    lines = shop_with_tastes()
    bought = bought_by(lines)
    lists = lists_of(recommend(sales(lines)).table)
    assert all(sum(row["product_id"] not in bought[h] for row in rows) >= 3 for h, rows in lists.items())


def test_a_household_with_one_basket_gets_a_list_and_is_not_evaluated() -> None:
    lines = [*shop_with_tastes(households=30), (999, 1, 1000, 3)]
    result = recommend(sales(lines))
    assert len(lists_of(result.table)[999]) == 10
    assert result.evaluation.households == 31
    assert result.evaluation.households_evaluated == 30


@pytest.mark.parametrize("quantity", [0, -1])
def test_coupons_and_returns_are_no_purchases(quantity: int) -> None:
    result = recommend(pa.concat_tables([sales([(1, 1, 5, 0)]), sales([(2, 2, 6, 1), (1, 3, 5, 2)], quantity)]))
    assert lists_of(result.table).keys() == {1}
    assert [row["reason"] for row in result.table.to_pylist()] == ["Bought in 1 of your 1 basket"]


def test_no_sales_give_an_empty_table_and_no_rates() -> None:
    result = recommend(sales([]))
    assert result.table.equals(SCHEMA.empty_table())
    assert result.evaluation == Evaluation(0, 0, 0, 0)


def test_wrong_input_is_refused_in_one_sentence() -> None:
    good = sales([(1, 1, 1, 1)])
    at = good.column_names.index("product_id")
    with pytest.raises(RecommendError, match="no column sold_at"):
        recommend(good.drop_columns(["sold_at"]))
    with pytest.raises(RecommendError, match="product_id of the sales lines is string, not an integer"):
        recommend(good.set_column(at, "product_id", pa.array(["1"])))
    with pytest.raises(RecommendError, match="product_id of the sales lines holds 1 null"):
        recommend(good.set_column(at, "product_id", pa.array([None], pa.int32())))
    with pytest.raises(RecommendError, match="product_id of the sales lines holds a number beyond int32"):
        recommend(good.set_column(at, "product_id", pa.array([2**40])))
    with pytest.raises(RecommendError, match="ask for 1 to 100"):
        recommend(good, count=0)


@settings(max_examples=60, deadline=None)
@given(lines_of_a_shop)
def test_exactly_the_last_basket_of_each_returning_household_is_set_aside(lines: list[Line]) -> None:
    moments: dict[tuple[int, int], int] = {}
    for household, basket, _, day in lines:
        moments[household, basket] = max(day, moments.get((household, basket), 0))
    expected = set()
    for household in {line[0] for line in lines}:
        own = sorted((day, basket) for (h, basket), day in moments.items() if h == household)
        if len(own) > 1:
            expected |= {(h, p) for h, basket, p, _ in lines if (h, basket) == (household, own[-1][1])}

    purchases = read_purchases(sales(lines))
    held = hold_out_last_baskets(purchases)
    found = {
        (int(purchases.households[h]), int(purchases.products[p]))
        for h, p in zip(held.household, held.product, strict=True)
    }
    assert found == expected
    assert len(held.training.line_product) + len(held.product) == len(purchases.line_product)
    assert len(purchases.basket_time) - len(held.training.basket_time) == len({h for h, _ in expected})


def test_what_is_set_aside_has_no_say_in_the_measured_lists() -> None:
    """Whatever the last baskets hold, known products or unknown ones, the lists and the baseline stay the same."""
    lines = shop_with_tastes(households=60)
    earlier = [line for line in lines if line[3] < 77]

    def measured(last: list[Line]) -> tuple[list[Any], list[int]]:
        purchases = read_purchases(sales(earlier + last))
        training = hold_out_last_baskets(purchases).training
        ranked = rank(fit(training), 10)
        products = purchases.products[ranked.product].tolist()
        rows = list(zip(ranked.household.tolist(), ranked.rank.tolist(), products, ranked.score.tolist(), strict=True))
        return rows, purchases.products[most_popular(training)].tolist()

    seen = measured([line for line in lines if line[3] == 77])
    assert measured([(h, 900_000 + h, 5000 + p, 77) for h in range(60) for p in range(15)]) == seen
    assert measured([(h, 900_000 + h, 1000, 77) for h in range(60)]) == seen


def test_rates_are_shares_of_households_with_a_hit() -> None:
    """Everyone's last basket holds the staple in the first half of households, and a first-time product in the rest."""
    lines = [(h, h * 10 + trip, 1, trip) for h in range(10) for trip in range(3)]
    lines += [(h, h * 10 + 3, 1 if h < 5 else 100 + h, 3) for h in range(10)]
    found = recommend(sales(lines)).evaluation
    assert (found.households, found.baskets, found.products, found.households_evaluated) == (10, 40, 6, 10)
    assert {name: rate.share for name, rate in found.rates.items()} == dict.fromkeys(found.rates, 0.5)
    # What is bought for the first time nobody had bought before, so that nobody could be told of it.
    assert {name: rate.share for name, rate in found.new.items()} == dict.fromkeys(found.new, 0.0)
    assert found.over_strongest == found.over_popular_new == Difference(0.0, 0.0)
    half = found.rates[OURS]
    assert (round(half.low, 3), round(half.high, 3)) == (0.237, 0.763)  # Wilson's interval of 5 of 10


def test_it_beats_popularity_where_households_have_tastes() -> None:
    found = recommend(sales(shop_with_tastes())).evaluation
    assert found.rates[OURS].low > found.rates[POPULAR].high
    assert found.over_strongest is not None
    assert found.over_strongest.share - found.over_strongest.half > 0
    assert found.over_popular_new is not None
    assert found.over_popular_new.share - found.over_popular_new.half > 0


@settings(max_examples=40, deadline=None)
@given(lines_of_a_shop)
def test_baselines_are_lists_that_anybody_could_make(lines: list[Line]) -> None:
    moments: dict[tuple[int, int], int] = {}
    for household, basket, _, day in lines:
        moments[household, basket] = max(day, moments.get((household, basket), 0))
    last = {h: max((day, basket) for (other, basket), day in moments.items() if other == h)[1] for h, _ in moments}
    evaluated = sorted({h for h, basket in moments if basket != last[h]})
    earlier = [line for line in lines if line[1] != last[line[0]] or line[0] not in evaluated]
    baskets = {(h, basket, product) for h, basket, product, _ in earlier}
    popular: Counter[int] = Counter(product for _, _, product in baskets)
    order = sorted(popular, key=lambda product: (-popular[product], product))
    expected: dict[str, list[bool]] = defaultdict(list)
    for household in evaluated:
        mine = Counter(product for h, _, product in baskets if h == household)
        habits = sorted(mine, key=lambda product: (-mine[product], -popular[product], product))
        unseen = [product for product in order if product not in mine][:10]
        answer = {product for h, basket, product, _ in lines if (h, basket) == (household, last[household])}
        for name, guess in (
            (POPULAR, order[:10]),
            (FAVOURITES, [*habits, *unseen][:10]),
            (FAVOURITES_AND_NEW, [*habits[:7], *unseen][:10]),
        ):
            expected[name].append(bool(answer & {*guess}))
    found = evaluate(read_purchases(sales(lines))).rates
    assert {name: found[name].share for name in expected} == {
        name: pytest.approx(sum(hits) / len(hits)) for name, hits in expected.items()
    }


def test_discoveries_beat_popularity_too() -> None:
    """With all ten places given to products never bought, taste still finds more of the next basket."""
    found = evaluate(read_purchases(sales(shop_with_tastes(baskets=4))), new_in_ten=10)
    assert found.new[OUR_NEW].share > 1.2 * found.new[POPULAR_NEW].share


def test_popularity_weighs_less_where_households_repeat_themselves() -> None:
    rng = np.random.default_rng(5)
    loyal = [(h, h * 50 + trip, h % 20, trip) for h in range(40) for trip in range(20)]
    fickle = [(h, h * 50 + trip, int(rng.integers(0, 20)), trip) for h in range(40) for trip in range(20)]
    strengths = []
    for lines in (loyal, fickle):
        purchases = read_purchases(sales(lines))
        shares = np.bincount(purchases.line_product) / len(purchases.basket_time)
        strengths.append(popularity_strength(purchases, shares))
    assert strengths[0] == 1
    assert strengths[1] > 100


@pytest.mark.skipif(not REAL.exists(), reason="the real sample of sales lines is not on this machine")
def test_it_beats_popularity_on_real_sales() -> None:
    table = pv.read_csv(REAL)
    minutes = table["DAY"].to_numpy() * 1440 + table["TRANS_TIME"].to_numpy() // 100 * 60
    real = pa.table(
        {
            "household_key": table["household_key"].cast(pa.int32()),
            "basket_id": table["BASKET_ID"],
            "product_id": table["PRODUCT_ID"].cast(pa.int32()),
            "quantity": table["QUANTITY"].cast(pa.int32()),
            "sold_at": pa.array(minutes * 60, pa.timestamp("s")),
        }
    )
    found = recommend(real).evaluation
    assert found.households_evaluated > 2000
    assert found.rates[OURS].share > 1.2 * found.rates[POPULAR].share
    assert found.over_strongest is not None
    assert found.over_strongest.share + found.over_strongest.half > 0
