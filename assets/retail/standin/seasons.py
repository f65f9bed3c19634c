"""The calendar of the sample: which day is which date, when people shop, and what they buy when.

Only things that depend on the day belong here. DAY 1 is 2004-03-23; week numbers follow the source,
`WEEK_NO = (DAY + 8) // 7`.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from tributary.assets.retail.standin.draws import Floats, Ints
from tributary.assets.retail.standin.sizes import LAST_DAY
from tributary.assets.retail.standin.vocabulary import Commodity

FIRST_DATE = date(2004, 3, 23)
YEAR = 365.25

_BY_WEEKDAY = (0.95, 0.9, 0.92, 0.95, 1.1, 1.28, 1.25)  # Monday to Sunday
BY_HOUR = (6, 3, 2, 1, 1, 2, 4, 8, 14, 26, 45, 62, 72, 76, 78, 83, 96, 105, 98, 80, 62, 42, 24, 10)
"""How busy the hours 0..23 are."""


def day_intensity() -> Floats:
    """How busy the shops are on DAY 1..711, by weekday and feast; index 0 is day 1."""
    intensity = np.empty(LAST_DAY)
    for index in range(LAST_DAY):
        when = FIRST_DATE + timedelta(days=index)
        feast = 1.25 if (when.month, when.day) in {(12, 22), (12, 23), (12, 24), (11, 23), (7, 3)} else 1.0
        closed = 0.2 if (when.month, when.day) == (12, 25) else 1.0
        intensity[index] = _BY_WEEKDAY[when.weekday()] * feast * closed
    return intensity


def season_by_day(commodities: tuple[Commodity, ...]) -> Floats:
    """What part of its peak demand each commodity has on each day: shape (commodities, 712), day 0 unused."""
    day_of_year = (np.arange(LAST_DAY + 1) + FIRST_DATE.timetuple().tm_yday - 1) % YEAR
    levels = np.ones((len(commodities), LAST_DAY + 1))
    for row, commodity in enumerate(commodities):
        if commodity.season is not None:
            peak, width, rest = commodity.season
            away = np.abs(day_of_year - peak)
            away = np.minimum(away, YEAR - away)
            levels[row] = rest + (1 - rest) * np.exp(-((away / width) ** 2))
    return levels


def week_of(days: Ints) -> Ints:
    """The source's week number of each day."""
    return (days + 8) // 7
