"""Draws the bills of one branch and month: dates, ornaments, weights, purities and values, a statement at a time.

Each statement is drawn from a seed of its own, so that none hangs on another, and memory is that of one.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from tributary.assets.pledges.files import CONTRACT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SEED = 20240101
_FIRST = date(2024, 1, 1)
_MONTHS = 24
_MOST_BRANCHES = 100
_BILLS_A_BRANCH = 2_000
_MOST_LINES = 8
_CITIES = (
    "MUM", "CHE", "HYD", "BLR", "KOC", "DEL", "KOL", "PUN", "AHM", "JAI",
    "TVM", "CBE", "MDU", "VJA", "NGP", "IND", "SUR", "BHO", "PAT", "LKO",
)  # fmt: skip
# Code, words, how common, typical grams a piece, further pieces a line, share of stones.
_ORNAMENTS = (
    ("b1", "Bangle", 18.0, 10.5, 1.4, 0.01), ("b2", "Ring", 17.0, 4.2, 0.5, 0.05),
    ("b3", "Chain", 15.0, 14.0, 0.1, 0.0), ("b4", "Necklace", 9.0, 28.0, 0.05, 0.06),
    ("b5", "Earring", 11.0, 3.1, 1.1, 0.07), ("b6", "Stud", 7.0, 1.9, 1.1, 0.08),
    ("b7", "Pendant", 5.0, 5.0, 0.2, 0.06), ("b8", "Bracelet", 4.5, 12.0, 0.15, 0.03),
    ("b9", "Coin", 3.5, 8.0, 0.8, 0.0), ("b10", "Anklet", 2.0, 17.0, 0.9, 0.0),
    ("b11", "Nose pin", 2.0, 0.9, 0.3, 0.12), ("b12", "Mangalsutra", 2.4, 18.0, 0.05, 0.09),
    ("b13", "Armlet", 0.8, 24.0, 0.4, 0.03), ("b14", "Waist belt", 0.5, 62.0, 0.0, 0.02),
    ("b15", "Brooch", 0.4, 6.5, 0.1, 0.1), ("b16", "Toe ring", 0.5, 2.2, 1.0, 0.02),
    ("b17", "Hair ornament", 0.4, 9.0, 0.3, 0.05), ("b18", "Cuff link", 0.3, 5.5, 1.0, 0.04),
    ("b19", "Watch strap", 0.2, 30.0, 0.0, 0.0), ("b20", "Bar", 0.5, 20.0, 0.2, 0.0),
)  # fmt: skip
_CODES = np.array([one[0] for one in _ORNAMENTS])
_WORDS = np.array([one[1] for one in _ORNAMENTS])
_COMMON, _GRAMS, _FURTHER, _STONES = (np.array([one[place] for one in _ORNAMENTS]) for place in range(2, 6))
_KARATS, _KARAT_SHARES = np.array([24.0, 22.0, 20.0, 18.0, 14.0]), np.array([0.04, 0.78, 0.07, 0.09, 0.02])
_STRAY_WAYS = 0.004
"""Of so many lines the code is written in capitals, and of as many with a blank before it."""
_OPTIONS = csv.WriteOptions(include_header=False, quoting_style="none")


@dataclass(frozen=True)
class Plan:
    """How many bills each branch (a row) writes in each month (a column)."""

    bills: Ints

    @classmethod
    def of(cls, bills: int) -> Plan:
        """Branches differ in size, and months in season; together they write so many bills."""
        branches = min(max(round(bills / _BILLS_A_BRANCH), 1), _MOST_BRANCHES)
        rng = np.random.default_rng([SEED, branches])
        weights = rng.lognormal(0.0, 0.35, (branches, 1)) * (1 + 0.25 * np.sin(np.arange(_MONTHS) * 2 * np.pi / 12))
        reached = np.rint(np.cumsum(weights.ravel()) / weights.sum() * bills).astype(np.int64)
        return cls(np.diff(reached, prepend=0).reshape(branches, _MONTHS))

    def names(self) -> Mapping[str, tuple[int, int]]:
        """The files, each with its branch and month."""
        branches, months = self.bills.shape
        return {
            f"{branch_code(branch)}-{_month(month):%Y-%m}.csv": (branch, month)
            for branch in range(branches)
            for month in range(months)
        }


def branch_code(branch: int) -> str:
    """The code of a branch."""
    return f"{_CITIES[branch % len(_CITIES)]}{branch // len(_CITIES) + 1:02d}"


def statement(plan: Plan, branch: int, month: int) -> tuple[int, bytes]:
    """The lines of a branch and month: how many, and as CSV without a header."""
    rng = np.random.default_rng([SEED, branch, month, plan.bills.size])
    bills = int(plan.bills[branch, month])
    first = _month(month)
    days = (_month(month + 1) - first).days
    # Numbers begin anew each year.
    number = int(plan.bills[branch, month - month % 12 : month].sum())
    day = np.sort(rng.integers(0, days, bills))
    of = np.repeat(np.arange(bills), np.minimum(1 + rng.poisson(0.9, bills), _MOST_LINES))
    lines = len(of)
    kind = rng.choice(len(_CODES), lines, p=_COMMON / _COMMON.sum())
    count = 1 + rng.poisson(_FURTHER[kind])
    gross = np.maximum(np.round(count * _GRAMS[kind] * rng.lognormal(0.0, 0.4, lines), 3), 0.05)
    net = np.maximum(np.round(gross * (1 - _STONES[kind] * rng.random(lines) * 2), 3), 0.04)
    karat = rng.choice(_KARATS, lines, p=_KARAT_SHARES)
    price = 6_200 * 1.018**month
    value = np.round(net * karat / 24 * price * rng.uniform(0.93, 1.03, lines), -1)
    texts = np.array([str(date.fromordinal(first.toordinal() + n)) for n in range(days)])
    columns = (
        pa.array([branch_code(branch)] * lines),
        pa.array(np.char.zfill((number + 1 + of).astype(str), 6)),
        pa.array(texts[day[of]]),
        pa.array(_written(rng, _CODES[kind])),
        pa.array(_WORDS[kind]),
        pa.array(count),
        *(_decimal(values, scale) for values, scale in ((gross, 3), (net, 3), (karat, 2), (value, 2))),
    )
    table = pa.table(dict(zip((column.source for column in CONTRACT.columns), columns, strict=True)))
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, _OPTIONS)
    return lines, buffer.getvalue()


def _month(number: int) -> date:
    return date(_FIRST.year + number // 12, number % 12 + 1, 1)


def _written(rng: np.random.Generator, codes: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Codes as people key them in: now and then in capitals, or with a blank."""
    way = rng.random(len(codes))
    capitals = np.where(way < _STRAY_WAYS, np.char.upper(codes), codes)
    return np.where(way > 1 - _STRAY_WAYS, np.char.add(" ", codes), capitals)


def _decimal(values: Floats, scale: int) -> pa.Array:
    """Values with so many decimals, as texts of numbers are written."""
    return pa.array(values).cast(pa.decimal128(38, scale))
