"""The source `calendar`, as the platform knows it."""

from __future__ import annotations

from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.source import Source

CALENDAR = Source(
    name="calendar",
    description="The days that every other source refers to, and what is known of each.",
    tables=(DIM_DATE,),
    stands="tributary.assets.calendar.standing:standing",
    parts="tributary.assets.calendar.parts:PARTS",
)
