"""A page's declaration and its rows, for what reads them in Node and in a browser."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tributary.resources.linked.declaration import (
    ROWS,
    Bars,
    Category,
    HeatMap,
    Leaderboard,
    Linked,
    Matrix,
    Measure,
    Number,
    Place,
    Rows,
    Time,
    WordCloud,
    Words,
)
from tributary.resources.warehouse.table import Column, Table

EVENTS = Table(
    "gold",
    "events",
    (
        Column("event_id", "text", "Event."),
        Column("local_date", "date", "Day."),
        Column("group_id", "text", "Group."),
        Column("group_name", "text", "Its name."),
        Column("lat", "double", "Latitude."),
        Column("lon", "double", "Longitude."),
        Column("yes_rsvps", "bigint", "Yes."),
        Column("fee", "decimal(12,2)", "Fee."),
        Column("is_online", "boolean", "Online."),
    ),
    "Events.",
    grain="one row an event",
)
WORDS = Table("gold", "words", (Column("event_id", "text", "Event."), Column("word", "text", "Word.")), "Words.")

PAGE = Linked(
    title="Events",
    table="gold.events",
    dimensions={
        "day": Time("Day", "local_date"),
        "group": Category("Group", "group_id", label="group_name"),
        "place": Place("Place", "lat", "lon"),
        "word": Words("Word", "gold.words", "event_id", "word"),
        "fee": Number("Fee", "fee", 5),
    },
    measures={
        "events": Measure("Events"),
        "yes": Measure("Yes answers", "yes_rsvps"),
        "mean": Measure("Yes answers an event", "yes_rsvps", per=ROWS),
        "fee_share": Measure("Fees by answers", "fee", per="yes_rsvps", percent=True),
    },
    views=[
        Bars("Events over time", "day", "events", wide=True),
        Leaderboard("Top groups", "group", "yes"),
        HeatMap("Where", "place", "events"),
        WordCloud("Words of titles", "word", "events"),
        Rows(
            "All events",
            {"event_id": "Event", "group_name": "Group", "yes_rsvps": "Yes", "fee": "Fee", "is_online": "Online"},
            "yes_rsvps",
            limit=1000,
        ),
        Bars("Fees", "fee", "events"),
        Matrix("Groups by month", "group", "yes", across="day", limit=5),
        Matrix("Words by fee", "word", "fee_share", across="fee"),
        Bars("Answers an event over time", "day", "mean"),
    ],
)


def rows_and_words(count: int = 300) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows with nulls wherever nulls may be, and words of most of them."""
    chance = random.Random(7)  # noqa: S311
    rows = []
    for number in range(count):
        group = chance.choice(["g1", "g2", "g3", "g4 é, \U0001f600", None])
        is_placed = chance.random() < 0.8
        rows.append(
            {
                "event_id": f"e{number:04}",
                "local_date": None if number % 41 == 0 else date(2024, 1, 1) + timedelta(days=chance.randrange(150)),
                "group_id": group,
                "group_name": group and f"The {group}",
                "lat": 37.7 + chance.random() / 5 if is_placed else None,
                "lon": -122.5 + chance.random() / 5 if is_placed else None,
                "yes_rsvps": None if number % 17 == 0 else chance.randrange(200),
                "fee": None if number % 3 else Decimal(chance.randrange(4000)) / 100,
                "is_online": chance.choice([True, False]),
            }
        )
    words = [
        {"event_id": row["event_id"], "word": word}
        for row in rows
        for word in ("jazz", "run", "python", "naïve")
        if chance.random() < 0.3
    ]
    return rows, words
