"""What the platform's page tells of statements: the sum of all assets, and the dearest of them."""

from __future__ import annotations

from tributary.resources.warehouse.base import Spending
from tributary.web.machine.costs import MOST_ASSETS, spent


def test_the_dearest_come_first_and_all_are_in_the_sum() -> None:
    assert spent({}) is None
    by_asset = {f"gold.t{n}": Spending(1, n * 10, 0.5, 1.0, n / 1000) for n in range(MOST_ASSETS + 5)}
    found = spent(by_asset)
    assert found is not None
    assert [key for key, _ in found.assets[:2]] == [f"gold.t{MOST_ASSETS + 4}", f"gold.t{MOST_ASSETS + 3}"]
    assert (len(found.assets), found.others) == (MOST_ASSETS, 5)
    assert (found.total.statements, found.total.scanned_bytes) == (25, sum(n * 10 for n in range(25)))
    assert found.total.usd is not None
    assert round(found.total.usd, 6) == sum(range(25)) / 1000


def test_without_prices_those_that_read_most_come_first() -> None:
    found = spent({"core.a": Spending(9, 5, 0, 9.0), "core.b": Spending(1, 6, 0, 1.0)})
    assert found is not None
    assert [key for key, _ in found.assets] == ["core.b", "core.a"]
    assert found.total.usd is None
