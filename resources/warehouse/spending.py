"""What statements took on an engine that counts it, summed by the run and asset that they ran for.

Costs are estimates, of the price of bytes scanned: what is billed is the engine's to say.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from tributary.resources.warehouse.base import Origin, Spending

_STATEMENTS, _SCANNED = "statements", "bytes scanned"
_QUEUE, _RUN, _COST = "seconds queued", "seconds in the engine", "cost estimate (USD)"
LABELS = frozenset({_STATEMENTS, _SCANNED, _QUEUE, _RUN, _COST})
"""The labels under which a materialisation tells of it."""


@dataclass(frozen=True)
class Price:
    """What a terabyte (10^12 bytes) scanned costs in US dollars, and the bytes that a statement counts as at least.

    Athena's is 5 USD in most regions, and 10 MB at least (https://aws.amazon.com/athena/pricing/).
    """

    usd_per_tb: float
    least_bytes: int = 10_000_000

    def of(self, scanned_bytes: int) -> float:
        """The price of one statement."""
        return max(scanned_bytes, self.least_bytes) * self.usd_per_tb / 1e12


class Spendings:
    """The sums of this process; without a `price` nothing is said of costs."""

    def __init__(self, price: Price | None = None) -> None:
        self._price = price
        self._turn = threading.Lock()
        self._sums: dict[Origin, Spending] = {}

    def add(self, origin: Origin, scanned_bytes: int, queue_seconds: float, run_seconds: float) -> None:
        """Count a statement."""
        usd = None if self._price is None else self._price.of(scanned_bytes)
        one = Spending(1, scanned_bytes, queue_seconds, run_seconds, usd)
        with self._turn:
            before = self._sums.get(origin)
            self._sums[origin] = one if before is None else before + one

    def take(self, origin: Origin) -> Spending | None:
        """The sum of an origin's statements since it was last taken; None where there were none."""
        with self._turn:
            return self._sums.pop(origin, None)


def told(spent: Spending) -> dict[str, int | float]:
    """As a materialisation tells it, by label."""
    found = {
        _STATEMENTS: spent.statements,
        _SCANNED: spent.scanned_bytes,
        _QUEUE: round(spent.queue_seconds, 3),
        _RUN: round(spent.run_seconds, 3),
    }
    return found if spent.usd is None else {**found, _COST: round(spent.usd, 6)}


def read(told: Mapping[str, float]) -> Spending | None:
    """What a materialisation told, of the numbers by its labels; None where it told nothing of it."""
    if _STATEMENTS not in told:
        return None
    statements, scanned = int(told[_STATEMENTS]), int(told.get(_SCANNED, 0))
    return Spending(statements, scanned, told.get(_QUEUE, 0.0), told.get(_RUN, 0.0), told.get(_COST))
