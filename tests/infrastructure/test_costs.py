"""What docs/deploy.md says of costs is what the arithmetic gives, and that is right where it was done by hand."""

from __future__ import annotations

import pytest

from infrastructure.costs import PAGE, SIZES, drawn, lines
from infrastructure.stages import read_stages


def test_the_page_has_the_arithmetic_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "run: python -m infrastructure.costs"


def test_costs_by_hand() -> None:
    """A thousand million events a day: 30 TB in, 150 TB as Firehose counts, two servers for 730 hours with disks."""
    stage = read_stages()["prod"]
    found = {name: usd for name, usd, _ in lines(SIZES["10⁹"], stage)}
    assert found["Kinesis"] == pytest.approx(29.2 + 30_000 * 0.12)
    assert found["Firehose"] == pytest.approx(4350)
    assert found["Postgres"] == pytest.approx(1625.76)
    assert found["Athena, after a year"] == pytest.approx(54.75 * 0.15 * 10 * 30 * 5)


def test_more_events_never_cost_less() -> None:
    stages = read_stages()
    sums = [sum(usd for _, usd, _ in lines(size, stages[size.stage])) for size in SIZES.values()]
    assert sums == sorted(sums)
    # Production's budget is for the middle size.
    assert sums[1] < stages["prod"].budget_usd
    assert sums[0] < stages["dev"].budget_usd
