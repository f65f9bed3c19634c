"""Whatever the figures are, a chart stays within its drawing and keeps their proportions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tributary.resources.look import drawing

VALUES = st.integers(0, 10**6)


@given(st.lists(VALUES, min_size=1, max_size=60))
def test_steps_stay_within_the_drawing(values: list[int]) -> None:
    first = date(2024, 2, 27)
    chart = drawing.steps([(first + timedelta(days=index), value) for index, value in enumerate(values)])
    assert chart is not None
    for across in re.findall(r"[MH]([0-9.]+)", chart.line):
        assert drawing.LEFT <= float(across) <= drawing.WIDTH - drawing.RIGHT
    for down in re.findall(r"(?:V| )([0-9.]+)", chart.line):
        assert drawing.TOP <= float(down) <= drawing.HEIGHT - drawing.BOTTOM
    assert chart.line.count("V") == sum(a != b for a, b in pairwise(values))


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=12))
def test_columns_are_as_high_as_their_values(piles: list[tuple[int, int, int]]) -> None:
    chart = drawing.columns([str(index) for index in range(len(piles))], piles, ("a", "b", "c"))
    height = drawing.HEIGHT - drawing.TOP - drawing.BOTTOM
    top = float(chart.y[-1].label.replace(",", ""))
    assert top >= max(sum(pile) for pile in piles)
    assert len(chart.boxes) == sum(value > 0 for pile in piles for value in pile)
    drawn = sum(box.height for box in chart.boxes)
    assert abs(drawn - sum(sum(pile) for pile in piles) * height / top) < 0.2 * len(chart.boxes) + 0.1


def test_bars_compare_and_long_names_are_cut() -> None:
    chart = drawing.bars([("x" * 80, 10, "10"), ("b", 5, "5"), ("c", 0, "0")])
    assert chart.bars[0].width == 2 * chart.bars[1].width
    assert chart.bars[2].width > 0
    assert chart.bars[0].label == "x" * (drawing.LONGEST_LABEL - 1) + "…"
    assert drawing.steps([]) is None
    assert drawing.bars([]).bars == []
