"""The dimensions and the fact: what is one bill, and what a kind of ornament is called."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from tests.pledges.conftest import Branches, bill

from tributary.assets.calendar.parts import PARTS as CALENDAR
from tributary.assets.pledges.parts import PARTS
from tributary.platform import load_platform

MODELS = ("core/dim_branch", "core/dim_ornament_type", "core/fact_pledge", "gold/pledge_months")


class Ledger(Branches):
    """The same, down to the core."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        models = [one for one in load_platform().assets if one.key.to_user_string() in MODELS]
        self.assets = [*PARTS.assets, *models]
        dg.materialize(list(CALENDAR.assets), resources=self.resources, instance=self.instance)

    def run(self, **tags: str) -> dg.ExecuteInProcessResult:
        return dg.materialize(self.assets, resources=self.resources, instance=self.instance, tags=tags)

    def core(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.warehouse.rows(query)]


@pytest.fixture
def ledger(tmp_path: Any, warehouse: Any) -> Ledger:
    return Ledger(tmp_path, warehouse)


def test_a_bill_is_one_by_its_branch_day_and_number(ledger: Ledger) -> None:
    ledger.state("MUM01-2025-03.csv", bill(1), bill(1, code="b2"), bill(1, count=2))
    ledger.state("DEL01-2025-03.csv", bill(1, "DEL01"))
    ledger.state("MUM01-2024-03.csv", bill(1, day="2024-03-04"))
    ledger.run()
    counted = "SELECT bill_id, count(*), min(date_key) FROM core.fact_pledge GROUP BY 1 ORDER BY 1"
    assert ledger.core(counted) == [
        ("DEL01/2025-03-04/000001", 1, 20250304),
        ("MUM01/2024-03-04/000001", 1, 20240304),
        ("MUM01/2025-03-04/000001", 3, 20250304),
    ]
    assert ledger.core("SELECT branch_code, months, lines FROM core.dim_branch ORDER BY 1") == [
        ("DEL01", 1, 1),
        ("MUM01", 2, 4),
    ]
    fine = "SELECT DISTINCT fine_weight_g FROM core.fact_pledge"
    assert ledger.core(fine) == [(round(Decimal("10.250") * 22 / 24, 3),)]


def test_a_corrected_statement_changes_its_own_bills_alone(ledger: Ledger) -> None:
    ledger.state("MUM01-2025-03.csv", bill(1), bill(2))
    for month in range(1, 13):
        ledger.state(f"DEL01-2024-{month:02d}.csv", *(bill(n, "DEL01", f"2024-{month:02d}-05") for n in range(5)))
    ledger.run()
    ledger.state("MUM01-2025-03.csv", bill(2, count=4))
    result = ledger.run()
    (told,) = result.asset_materializations_for_node("core__fact_pledge")
    assert told.metadata["keys replaced"].value == 1
    found = "SELECT bill_number, item_count FROM core.fact_pledge WHERE branch_code = 'MUM01'"
    assert ledger.core(found) == [("000002", 4)]
    assert ledger.core("SELECT count(*) FROM core.fact_pledge") == [(61,)]


def test_a_kind_of_ornament_is_called_as_most_lines_call_it(ledger: Ledger) -> None:
    words = ("Bangle", "Kada", "Kada", "Ring")
    lines = [bill(n, code="b1" if n < 3 else "b2").replace("Bangle", word) for n, word in enumerate(words)]
    ledger.state("MUM01-2025-03.csv", *lines)
    ledger.run()
    assert ledger.core("SELECT * FROM core.dim_ornament_type ORDER BY 1") == [
        ("b1", "Kada", 1, 3),
        ("b2", "Ring", 0, 1),
    ]


def test_months_add_up_by_branch_and_kind(ledger: Ledger) -> None:
    ledger.state("MUM01-2025-03.csv", bill(1), bill(2, count=3), bill(3, code="b2"))
    ledger.state("MUM01-2025-04.csv", bill(1, day="2025-04-30"))
    ledger.run()
    found = "SELECT month_start, ornament_code, lines, item_count, gross_weight_g FROM gold.pledge_months ORDER BY 1, 2"
    assert ledger.core(found) == [
        (date(2025, 3, 1), "b1", 2, 4, Decimal("21.000")),
        (date(2025, 3, 1), "b2", 1, 1, Decimal("10.500")),
        (date(2025, 4, 1), "b1", 1, 1, Decimal("10.500")),
    ]
