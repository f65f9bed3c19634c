"""Whatever the figures are, a chart stays within its drawing and keeps their proportions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
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


def number(label: str) -> float:
    """What the label of a mark says."""
    unit = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(label[-1], 1.0)
    return float(label.rstrip("kMGT").replace(",", "")) * unit


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=12))
def test_columns_are_as_high_as_their_values(piles: list[tuple[int, int, int]]) -> None:
    chart = drawing.columns([str(index) for index in range(len(piles))], piles, ("a", "b", "c"))
    height = drawing.HEIGHT - drawing.TOP - drawing.BOTTOM
    top = number(chart.y[-1].label)
    assert top >= max(sum(pile) for pile in piles)
    assert len(chart.boxes) == sum(value > 0 for pile in piles for value in pile)
    drawn = sum(box.height for box in chart.boxes)
    assert abs(drawn - sum(sum(pile) for pile in piles) * height / top) < 0.2 * len(chart.boxes) + 0.1


@given(st.lists(st.floats(-1e12, 1e12).map(lambda value: round(value, 3)), min_size=2, max_size=60))
def test_lines_and_columns_take_any_number(values: list[float]) -> None:
    drawn = drawing.line(list(zip("abcdefghij" * 6, values, strict=False)))
    assert drawn is not None
    points = [tuple(map(float, point.split())) for point in drawn.line[1:].split("L")]
    chart = drawing.columns([str(value) for value in values], [(value,) for value in values], ("",))
    assert len(points) == len(values)
    assert [box.title for box in chart.boxes] == [f"{value}: {drawing.told(value)}" for value in values if value]
    zero = next(tick.at for tick in chart.y if number(tick.label) == 0)
    for (across, down), value in zip(points, values, strict=True):
        assert drawing.LEFT <= across <= drawing.WIDTH - drawing.RIGHT
        assert drawing.TOP <= down <= drawing.HEIGHT - drawing.BOTTOM
        assert (down <= zero) if value > 0 else (down >= zero)
    assert [across for across, _ in points] == sorted(across for across, _ in points)
    for marks in (drawn.x, chart.x):
        for one, other in pairwise(marks):
            assert other.at - one.at >= 6 * max(len(one.label), len(other.label)) or len(marks) == len(values) == 2


@pytest.mark.parametrize(
    ("value", "told", "rounded"),
    [
        (0, "0", "0"),
        (1234, "1,234", "1,234"),
        (0.1 + 0.2, "0.3", "0.3"),
        (0.000423, "0.000423", "0.000423"),
        (12.5, "12.50", "12.50"),
        (1234567.891, "1,234,567.89", "1.23M"),
        (-45678, "-45,678", "-45.7k"),
        (999_999, "999,999", "1M"),
        (3.2e15, "3,200,000,000,000,000", "3200T"),
    ],
)
def test_numbers_are_told_as_people_read_them(value: float, told: str, rounded: str) -> None:
    assert (drawing.told(value), drawing.rounded(value)) == (told, rounded)


@given(st.lists(st.text("abcdefghij ", min_size=1, max_size=30), min_size=1, max_size=40))
def test_no_word_below_columns_is_cut_by_the_end_of_the_drawing(labels: list[str]) -> None:
    chart = drawing.columns(labels, [(1.0,) for _ in labels], ("",))
    assert chart.x
    for tick in chart.x:
        half = len(tick.label) * 3.05
        assert tick.at - half >= 0
        assert tick.at + half <= drawing.WIDTH


def test_points_of_a_line_are_as_far_apart_as_their_days() -> None:
    days = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)]
    drawn = drawing.line([(day, 1.0) for day in days])
    assert drawn is not None
    first, second, last = (float(point.split()[0]) for point in drawn.line[1:].split("L"))
    assert round((last - first) / (second - first)) == 4
    assert drawing.line([(days[0], 1.0)]) is None


def test_bars_compare_and_long_names_are_cut() -> None:
    chart = drawing.bars([("x" * 80, 10, "10"), ("b", 5, "5"), ("c", 0, "0")])
    assert chart.bars[0].width == 2 * chart.bars[1].width
    assert chart.bars[2].width > 0
    assert chart.bars[0].label == "x" * (drawing.LONGEST_LABEL - 1) + "…"
    assert drawing.steps([]) is None
    assert drawing.bars([]).bars == []
