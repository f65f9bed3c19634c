"""The sample of pledges: of the number asked for, the same each time, and sound to its last line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.pledges.conftest import HEADER

from tributary.assets.pledges.reading import read_statement
from tributary.assets.pledges.standin import bills_of, make_sample, sample_is_made
from tributary.assets.pledges.standin.generate import Plan

BILLS = 600


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def test_the_same_number_of_bills_gives_the_same_bytes_and_every_line_fits(tmp_path: Path) -> None:
    lines = make_sample(tmp_path / "one", BILLS)
    make_sample(tmp_path / "other", BILLS)
    files = bytes_of(tmp_path / "one")
    assert files == bytes_of(tmp_path / "other")
    rows, bills, codes = 0, set(), set()
    for name, data in files.items():
        content = read_statement(name, data)
        assert content.misfits == ()
        for row in content.rows.to_pylist():  # type: ignore[union-attr]
            rows += 1
            bills.add((row["branch_code"], row["pledged_on"], row["bill_number"]))
            codes.add(row["ornament_code"])
    assert (len(bills), rows) == (BILLS, lines)
    assert {"b1", "b2", "b3", "b4"} <= codes


def test_a_sample_that_is_made_is_known_and_one_of_another_size_takes_its_place(tmp_path: Path) -> None:
    make_sample(tmp_path, 10_000)
    assert sample_is_made(tmp_path, 10_000)
    assert not sample_is_made(tmp_path, BILLS)
    before = bytes_of(tmp_path)
    make_sample(tmp_path, BILLS)
    after = bytes_of(tmp_path)
    assert after.keys() == before.keys()
    assert sum(data == f"{HEADER}\n".encode() for data in after.values()) >= len(before) - 24


@pytest.mark.parametrize("bills", [1, 7, 20_000, 5_000_000])
def test_branches_and_months_together_write_the_bills_that_were_asked_for(bills: int) -> None:
    plan = Plan.of(bills)
    assert plan.bills.sum() == bills
    assert plan.bills.min() >= 0
    assert len(plan.names()) == plan.bills.size


def test_the_usual_sample_has_twenty_thousand_bills_and_the_whole_one_five_million() -> None:
    assert (bills_of(0.004), bills_of(1), bills_of(1e-9)) == (20_000, 5_000_000, 1)
