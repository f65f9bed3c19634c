"""The households of the sample: who they are, when they shop, and how much.

Traits and demographics belong here (`hh_demographic.csv`); what they like is in tastes. Income and size raise the
spending; the households that lapse early do so at dates that fill every recency score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.draws import Bools, Floats, Ints
from tributary.assets.retail.standin.files import labelled
from tributary.assets.retail.standin.sizes import LAST_DAY, Sizes

AGES = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
INCOMES = (
    "Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K", "125-149K", "150-174K", "175-199K",
    "200-249K", "250K+",
)  # fmt: skip
COMPOSITIONS = ("Single Female", "Single Male", "2 Adults No Kids", "2 Adults Kids", "1 Adult Kids", "Unknown")
PEOPLE = ("1", "2", "3", "4", "5+")
KIDS = ("None/Unknown", "1", "2", "3+")
MARITAL = ("A", "B", "U")
OWNERS = ("Homeowner", "Renter", "Probable Owner", "Probable Renter", "Unknown")
OLDEST_AGE = len(AGES) - 1

_AGE_WEIGHTS = (6, 18, 24, 36, 7, 9)
_INCOME_WEIGHTS = (8, 9, 10, 21, 24, 12, 4, 5, 4, 1.4, 0.6, 1)
_COMPOSITION_WEIGHTS = (18, 12, 32, 23, 6, 9)
_PEOPLE_WEIGHTS = (
    (77, 23, 0, 0, 0),
    (87, 13, 0, 0, 0),
    (0, 1, 0, 0, 0),
    (0, 0, 47, 25, 28),
    (0, 30, 34, 15, 21),
    (84, 6, 7, 0, 3),
)
_MARITAL_WEIGHTS = ((23, 27, 50), (13, 26, 61), (53, 11, 36), (72, 5, 23), (34, 30, 36), (12, 3, 85))
# The days on which the share of households that stop shopping does so: (share, first day, last day).
_LAPSES = ((0.07, 230, 520), (0.08, 530, 612), (0.09, 618, 672), (0.10, 677, 699))


@dataclass(frozen=True)
class Households:
    """Households by code 0..n-1; `household_key` is the code plus 1. All codes index the labels above."""

    age: Ints
    income: Ints
    composition: Ints
    people: Ints
    kids: Ints
    marital: Ints
    owner: Ints
    start: Ints
    """First day on which the household may shop."""
    end: Ints
    """Last such day."""
    trips: Floats
    """Relative number of baskets."""
    appetite: Floats
    """Relative size of a basket."""
    home_store: Ints
    second_store: Ints
    surveyed: Bools
    """Whether the demographics are known."""

    def table(self) -> pa.Table:
        """The rows of `hh_demographic.csv`, by household."""
        known = np.flatnonzero(self.surveyed)
        columns = {
            "AGE_DESC": labelled(AGES, self.age[known]),
            "MARITAL_STATUS_CODE": labelled(MARITAL, self.marital[known]),
            "INCOME_DESC": labelled(INCOMES, self.income[known]),
            "HOMEOWNER_DESC": labelled(OWNERS, self.owner[known]),
            "HH_COMP_DESC": labelled(COMPOSITIONS, self.composition[known]),
            "HOUSEHOLD_SIZE_DESC": labelled(PEOPLE, self.people[known]),
            "KID_CATEGORY_DESC": labelled(KIDS, self.kids[known]),
            "household_key": known + 1,
        }
        return pa.table(columns)


def make_households(sizes: Sizes, rng: np.random.Generator) -> Households:
    """Invent the households."""
    n = sizes.households
    composition = _pick(np.tile(_COMPOSITION_WEIGHTS, (n, 1)), rng)
    people = _pick(np.array(_PEOPLE_WEIGHTS)[composition], rng)
    adults = np.where(composition == COMPOSITIONS.index("1 Adult Kids"), 1, 2)
    with_kids = np.isin(composition, [COMPOSITIONS.index("2 Adults Kids"), COMPOSITIONS.index("1 Adult Kids")])
    kids = np.where(with_kids, np.clip(people + 1 - adults, 1, 3), 0)
    age_weights = np.tile(np.array(_AGE_WEIGHTS, dtype=np.float64), (n, 1))
    age_weights[with_kids, OLDEST_AGE] *= 0.1
    age = _pick(age_weights, rng)
    income = _pick(np.tile(_INCOME_WEIGHTS, (n, 1)), rng)
    owning = np.clip(0.25 + 0.09 * age + 0.03 * income, 0, 0.92)
    owner_weights = np.column_stack([owning, 0.1 * (1 - owning), np.full((n, 2), 0.012), 0.55 * (1 - owning)])
    trips = np.exp(rng.normal(0, 0.6, n)) * (0.8 + 0.1 * people)
    appetite = np.exp(rng.normal(0, 0.28, n)) * (people + 1.0) ** 0.38 * (0.8 + 0.055 * income)
    start, end = _active_days(trips, rng)
    popular_stores = 1 / (np.arange(sizes.stores) + 4.0)
    home, second = (rng.choice(sizes.stores, n, p=popular_stores / popular_stores.sum()) for _ in range(2))
    return Households(
        age=age,
        income=income,
        composition=composition,
        people=people,
        kids=kids,
        marital=_pick(np.array(_MARITAL_WEIGHTS)[composition], rng),
        owner=_pick(owner_weights, rng),
        start=start,
        end=end,
        trips=trips,
        appetite=appetite,
        home_store=home,
        second_store=second,
        surveyed=_surveyed(sizes.demographics, trips, rng),
    )


def _pick(weights: Floats, rng: np.random.Generator) -> Ints:
    """One weighted choice per row."""
    cumulative = np.cumsum(weights, axis=1)
    chosen = cumulative > rng.random((len(weights), 1)) * cumulative[:, -1:]
    picked: Ints = np.argmax(chosen, axis=1).astype(np.int64)
    return picked


def _active_days(trips: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    n = len(trips)
    start = np.maximum(1, np.floor(120 * rng.beta(1.4, 1.6, n)).astype(np.int64) - 14)
    end = np.full(n, LAST_DAY)
    by_lapse = np.argsort(np.log(trips) + rng.normal(0, 0.8, n), kind="stable")
    at = 0
    for share, first, last in _LAPSES:
        group = by_lapse[at : at + max(1, round(share * n))]
        end[group] = rng.integers(first, last + 1, len(group))
        at += len(group)
    late = (rng.random(n) < 0.12) & (end > 500)
    start[late] = rng.integers(110, 440, int(late.sum()))
    return start, end


def _surveyed(count: int, trips: Floats, rng: np.random.Generator) -> Bools:
    """Regular shoppers are more likely to have told who they are."""
    order = np.argsort(-(np.log(trips) + rng.gumbel(0, 0.7, len(trips))), kind="stable")
    surveyed = np.zeros(len(trips), dtype=np.bool_)
    surveyed[order[:count]] = True
    return surveyed
