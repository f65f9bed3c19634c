"""Pictures of charts: what is drawn whatever the days are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tributary.assets.factory.charts import draw
from tributary.assets.factory.header import ChartEntry

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    "x",
    [
        [date(1900, 1, 1), date(9999, 12, 31)],
        [date(9999, 12, 1), date(9999, 12, 31)],
        [date(1, 1, 1), date(1, 1, 2)],
        [date(9999, 12, 31)],
        [datetime(9999, 12, 31, 23, 59, 59, 999999)],  # noqa: DTZ001 - as the warehouse gives it
    ],
    ids=str,
)
def test_a_line_is_drawn_up_to_the_ends_of_the_calendar(x: list[Any]) -> None:
    chart = ChartEntry(title="By day", x="day", y="count(*)", kind="line")
    assert draw(chart, x, [1.0] * len(x)).startswith(PNG)
