"""What statements took, summed by who they ran for."""

from __future__ import annotations

from tributary.resources.warehouse.base import Origin, Spending
from tributary.resources.warehouse.spending import LABELS, Price, Spendings, read, told

MINE, OTHERS = Origin("run", "gold/mine"), Origin("run", "gold/others")


def test_sums_are_by_run_and_asset_and_are_taken_once() -> None:
    sums = Spendings(Price(5.0))
    sums.add(MINE, 2_000_000_000_000, 0.5, 3.0)
    sums.add(OTHERS, 7, 0.0, 1.0)
    sums.add(MINE, 1, 0.25, 1.0)
    assert sums.take(MINE) == Spending(2, 2_000_000_000_001, 0.75, 4.0, 10.0 + 0.00005)
    assert sums.take(MINE) is None
    assert sums.take(OTHERS) == Spending(1, 7, 0.0, 1.0, 0.00005)


def test_what_is_told_is_read_again() -> None:
    for spent in (Spending(2, 5, 0.25, 4.0, 0.00005), Spending(1, 0, 0.0, 0.0)):
        assert read(told(spent)) == spent
        assert set(told(spent)) <= LABELS
    assert read({"seconds": 3}) is None
