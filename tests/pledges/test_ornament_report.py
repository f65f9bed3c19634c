"""The report `ornament_verification`: for any request the rows that a filter over all lines, written apart, gives."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.asking import ask, contents, fill

from tributary.assets.reporting.answers import AnswersError
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NAME = "ornament_verification"
CODES, BRANCHES = ("b1", "b2", "b3", "b4"), ("DEL01", "MUM01", "MUM02")
FIRST = date(2025, 3, 1)


def some_lines(bills: int = 150) -> list[dict[str, Any]]:
    """Lines of bills, of few kinds, counts and weights, so that requests meet bounds exactly."""
    rng = random.Random(7)  # noqa: S311 - drawn for tests
    rows = []
    for bill in range(bills):
        branch, day = rng.choice(BRANCHES), FIRST + timedelta(days=rng.randrange(10))
        for _ in range(rng.randint(1, 4)):
            rows.append(
                {
                    "bill_id": f"{branch}/{day}/{bill}",
                    "branch_code": branch,
                    "bill_number": str(bill),
                    "pledged_on": day,
                    "ornament_code": rng.choice(CODES),
                    "item_count": rng.randint(1, 4),
                    "gross_weight_g": Decimal(rng.randint(1, 12)) / 2,
                    "net_weight_g": Decimal("0.5"),
                    "purity_karat": Decimal(22),
                    "appraised_value": Decimal(rng.randint(1, 9)) * 1000,
                    "source_object": f"{branch}.csv",
                    "source_line": len(rows) + 2,
                }
            )
    return rows


@pytest.fixture
def pawned(warehouse: PostgresWarehouse) -> PostgresWarehouse:
    fill(warehouse, "core.fact_pledge", some_lines())
    kinds = [{"ornament_code": code, "ornament_type": f"Kind {code}"} for code in CODES]
    fill(warehouse, "core.dim_ornament_type", kinds)
    return warehouse


def naive(facts: pd.DataFrame, asked: Mapping[str, Any]) -> list[int]:
    """The lines that fit, of the bills that match: bill by bill and line by line."""
    within = pd.Series(True, index=facts.index)
    if asked.get("branches"):
        within &= facts.branch_code.isin(asked["branches"])
    if asked.get("pledged_from"):
        within &= facts.pledged_on >= date.fromisoformat(asked["pledged_from"])
    if asked.get("pledged_to"):
        within &= facts.pledged_on <= date.fromisoformat(asked["pledged_to"])
    fits = []
    for line in asked["lines"]:
        fit = within & (facts.ornament_code == line["code"])
        for column, name in (("item_count", "count"), ("gross_weight_g", "weight_g")):
            if line.get(f"lower_{name}") is not None:
                fit &= facts[column] >= Decimal(str(line[f"lower_{name}"]))
            if line.get(f"upper_{name}") is not None:
                fit &= facts[column] <= Decimal(str(line[f"upper_{name}"]))
        fits.append(fit)
    combine = all if asked.get("match", "all") == "all" else any
    found = []
    for _, bill in facts.groupby("bill_id"):
        if combine(fit[bill.index].any() for fit in fits):
            found += [bill.source_line[at] for at in bill.index if any(fit[at] for fit in fits)]
    return sorted(found)


def told(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(row["source_line"] for row in rows)


LINES = st.fixed_dictionaries(
    {"code": st.sampled_from(CODES)},
    optional={
        "lower_count": st.integers(1, 3),
        "upper_count": st.integers(3, 4),
        "lower_weight_g": st.sampled_from(["0", "1", "2.5", "3.000"]),
        "upper_weight_g": st.sampled_from(["3", "4.5", "4.499", "6"]),
    },
)
REQUESTS = st.fixed_dictionaries(
    {"lines": st.lists(LINES, min_size=1, max_size=4)},
    optional={
        "match": st.sampled_from(["all", "any"]),
        "branches": st.lists(st.sampled_from(BRANCHES), max_size=2),
        "pledged_from": st.sampled_from(["2025-03-02", "2025-03-05"]),
        "pledged_to": st.sampled_from(["2025-03-05", "2025-03-09"]),
    },
)


def test_any_request_gives_what_a_filter_over_all_lines_gives(pawned: PostgresWarehouse) -> None:
    facts = pd.DataFrame(some_lines())

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(asked=REQUESTS)
    def check(asked: dict[str, Any]) -> None:
        assert told(ask(pawned, NAME, asked)) == naive(facts, asked)

    check()


def bill(warehouse: PostgresWarehouse, *lines: tuple[str, int, str]) -> None:
    """One bill with lines of code, count and gross weight."""
    usual = some_lines(1)[0]
    rows = [
        {**usual, "ornament_code": code, "item_count": count, "gross_weight_g": Decimal(weight), "source_line": place}
        for place, (code, count, weight) in enumerate(lines, start=2)
    ]
    fill(warehouse, "core.fact_pledge", rows)


@pytest.mark.parametrize(
    ("match", "lines", "found"),
    [
        ("all", [("b1", 2, 2, "10", "10")], [2]),
        ("all", [("b1", 2, 2, "10", "10"), ("b2", 1, 1, "5", "5")], [2, 3]),
        ("all", [("b1", 2, 2, "10", "10"), ("b2", 2, 2, "5", "5")], []),
        ("any", [("b1", 2, 2, "10", "10"), ("b2", 2, 2, "5", "5")], [2]),
        # Count and weight must be those of one line, not of two.
        ("all", [("b1", 3, 3, "10", "10")], []),
        # One line of the bill may answer two that are asked; asking the same twice asks it once.
        ("all", [("b1", 1, 2, "9", "10"), ("b1", 2, 3, "10", "11")], [2]),
        ("all", [("b2", 1, 1, "5", "5"), ("b2", 1, 1, "5", "5")], [3]),
        ("all", [("b9", 1, 1, "5", "5")], []),
    ],
)
def test_how_lines_combine(
    pawned: PostgresWarehouse, match: str, lines: list[tuple[Any, ...]], found: list[int]
) -> None:
    bill(pawned, ("b1", 2, "10"), ("b2", 1, "5"), ("b1", 3, "7"))
    names = ("code", "lower_count", "upper_count", "lower_weight_g", "upper_weight_g")
    asked = {"match": match, "lines": [dict(zip(names, line, strict=True)) for line in lines]}
    assert told(ask(pawned, NAME, asked)) == found


def test_ranges_the_wrong_way_round_are_told_beside_their_fields(pawned: PostgresWarehouse) -> None:
    lines = [
        {"code": "b1", "lower_count": 3, "upper_count": 2},
        {"code": "b2", "lower_weight_g": "2", "upper_weight_g": "1"},
    ]
    with pytest.raises(AnswersError) as refused:
        ask(pawned, NAME, {"lines": lines, "pledged_from": "2025-03-02", "pledged_to": "2025-03-01"})
    assert {problem.at for problem in refused.value.problems} >= {
        ("lines", 0, "upper_count"),
        ("lines", 1, "upper_weight_g"),
    }


@pytest.mark.parametrize("hostile", ["b1' or '1'='1", "b1'; drop table core.fact_pledge; --", "%s", "b1\\", "b1*/"])
def test_hostile_text_finds_nothing_and_changes_nothing(pawned: PostgresWarehouse, hostile: str) -> None:
    assert ask(pawned, NAME, {"lines": [{"code": hostile}], "branches": [hostile]}) == []
    assert len(ask(pawned, NAME, {"lines": [{"code": code} for code in CODES], "match": "any"})) == len(some_lines())


def test_the_summary_counts_what_was_asked_for_by_branch_and_code(pawned: PostgresWarehouse) -> None:
    asked = {"lines": [{"code": "b1"}, {"code": "b2", "lower_count": 2}], "match": "any"}
    rows = ask(pawned, NAME, asked)
    kept = [{"request_key": "k", "request_id": "r", **row} for row in rows]
    fill(pawned, "staged.report_ornament_verification", kept)
    summary = contents().models["gold.ornament_report_summary"]
    pawned.replace(summary.table, Select(summary.statement("postgres")))
    found = pd.DataFrame(pawned.rows(f"SELECT * FROM {summary.table.sql_name}")).set_index(
        ["branch_code", "ornament_code"]
    )
    frame = pd.DataFrame(rows)
    groups = frame.groupby(["branch_code", "ornament_code"])
    expected = pd.DataFrame({"bills": groups.bill_id.nunique(), "item_count": groups.item_count.sum()})
    sums = groups[["gross_weight_g", "net_weight_g", "appraised_value"]].agg(lambda column: sum(column, Decimal(0)))
    expected = expected.join(sums)
    assert set(found.index.get_level_values("ornament_code")) == {"b1", "b2"}
    pd.testing.assert_frame_equal(found[expected.columns].sort_index(), expected.sort_index(), check_dtype=False)


def test_what_reports_make_has_no_target_of_freshness_and_what_deliveries_make_has() -> None:
    targets = contents().targets
    assert "gold.pledge_months" in targets
    assert "gold.ornament_report_summary" not in targets
