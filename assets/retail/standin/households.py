"""The households of the sample: who they are, when they shop, and how much.

Traits and demographics belong here (`hh_demographic.csv`); what they like is in tastes. Income and size raise the
spending; the households that lapse early do so at dates that fill every recency score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.draws import Floats, Ints
from tributary.assets.retail.standin.files import labelled
from tributary.assets.retail.standin.sizes import LAST_DAY, Sizes
from tributary.assets.retail.standin.vocabulary import WORLD

# The days on which the share of households that stop shopping does so: (share, first day, last day).
_LAPSES = ((0.07, 230, 520), (0.08, 530, 612), (0.09, 618, 672), (0.10, 677, 699))


@dataclass(frozen=True)
class Households:
    """Households by code 0..n-1; `household_key` is the code plus 1. Age and income index the labels of the world."""

    age: Ints
    income: Ints
    kids: Ints
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
    demographics: pa.Table
    """The rows of `hh_demographic.csv`, by household, of those that have told who they are."""


def make_households(sizes: Sizes, rng: np.random.Generator) -> Households:
    """Invent the households."""
    n, world = sizes.households, WORLD.households
    kinds = list(world.compositions)
    of_kind = world.compositions.values()
    composition = _pick(np.tile([kind.weight for kind in of_kind], (n, 1)), rng)
    people = _pick(np.array([kind.people for kind in of_kind])[composition], rng)
    adults = np.where(composition == kinds.index("1 Adult Kids"), 1, 2)
    with_kids = np.isin(composition, [kinds.index("2 Adults Kids"), kinds.index("1 Adult Kids")])
    kids = np.where(with_kids, np.clip(people + 1 - adults, 1, 3), 0)
    age_weights = np.tile(list(world.ages.values()), (n, 1))
    age_weights[with_kids, -1] *= 0.1
    age = _pick(age_weights, rng)
    income = _pick(np.tile(list(world.incomes.values()), (n, 1)), rng)
    owning = np.clip(0.25 + 0.09 * age + 0.03 * income, 0, 0.92)
    owner_weights = np.column_stack([owning, 0.1 * (1 - owning), np.full((n, 2), 0.012), 0.55 * (1 - owning)])
    trips = np.exp(rng.normal(0, 0.6, n)) * (0.8 + 0.1 * people)
    appetite = np.exp(rng.normal(0, 0.28, n)) * (people + 1.0) ** 0.38 * (0.8 + 0.055 * income)
    start, end = _active_days(trips, rng)
    popular_stores = 1 / (np.arange(sizes.stores) + 4.0)
    home, second = (rng.choice(sizes.stores, n, p=popular_stores / popular_stores.sum()) for _ in range(2))
    marital = _pick(np.array([kind.marital for kind in of_kind])[composition], rng)
    owner = _pick(owner_weights, rng)
    known = _surveyed(sizes.demographics, trips, rng)
    demographics = {
        "AGE_DESC": labelled(list(world.ages), age[known]),
        "MARITAL_STATUS_CODE": labelled(world.marital, marital[known]),
        "INCOME_DESC": labelled(list(world.incomes), income[known]),
        "HOMEOWNER_DESC": labelled(world.owners, owner[known]),
        "HH_COMP_DESC": labelled(kinds, composition[known]),
        "HOUSEHOLD_SIZE_DESC": labelled(world.people, people[known]),
        "KID_CATEGORY_DESC": labelled(world.kids, kids[known]),
        "household_key": known + 1,
    }
    return Households(age, income, kids, start, end, trips, appetite, home, second, pa.table(demographics))


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


def _surveyed(count: int, trips: Floats, rng: np.random.Generator) -> Ints:
    """Regular shoppers are more likely to have told who they are."""
    order = np.argsort(-(np.log(trips) + rng.gumbel(0, 0.7, len(trips))), kind="stable")
    return np.sort(order[:count])
