"""The kinds of events and what the details of each hold; the warehouse builds everything from these alone.

How events are stored is in `models`; which of them can follow which is in `rules`. Details are JSON: prices are texts
with two decimals (exact in every reader), times ISO 8601 in UTC.

| type | about | details |
| --- | --- | --- |
| bought | pair | name, color, material, purchase_price, manufacturer_id, brand, collaborator, currency, size, note |
| worn, walked, cleaned | pair | (none) |
| sold | pair | sale_price |
| trashed | pair | (none) |
| given | pair | recipient (null where not said) |
| brand_added, brand_edited | brand | manufacturer_id, name, collaborator |
| edited | pair | target_event_id, changes: the details that are new, and event_date and event_time where the day is |
| undone | pair or brand | target_event_id |

The last three of a purchase, and `photo`, which an edit adds, may be null or be missing: events from before they were
kept lack them. `currency` is that of all prices of the pair, null where it is the collector's usual one; `photo` is the
SHA-256 of an image (`photos`).

An event counts unless an `undone` one names it. Of an event that counts, each detail is that of the latest `edited`
event, itself not undone, which changes it; manufacturer_id, brand and collaborator are one detail, and so are the day
and the time. `brand_edited` counts alike: the latest one says what the brand is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Details = Mapping[str, Any]


class EventType(StrEnum):
    """What can be recorded."""

    BOUGHT = "bought"
    WORN = "worn"
    WALKED = "walked"
    CLEANED = "cleaned"
    SOLD = "sold"
    TRASHED = "trashed"
    GIVEN = "given"
    EDITED = "edited"
    UNDONE = "undone"
    BRAND_ADDED = "brand_added"
    BRAND_EDITED = "brand_edited"


USES = (EventType.WORN, EventType.WALKED, EventType.CLEANED)
REMOVALS = (EventType.SOLD, EventType.TRASHED, EventType.GIVEN)
LIFE = (EventType.BOUGHT, *USES, *REMOVALS)
"""What happens to a pair, as against what is done to its records."""
BRANDS = (EventType.BRAND_ADDED, EventType.BRAND_EDITED)

PARTICIPLES: Mapping[EventType, str] = {
    EventType.BOUGHT: "bought",
    EventType.WORN: "worn",
    EventType.WALKED: "walked in",
    EventType.CLEANED: "cleaned",
    EventType.SOLD: "sold",
    EventType.TRASHED: "thrown away",
    EventType.GIVEN: "given away",
    EventType.EDITED: "corrected",
    EventType.UNDONE: "undone",
    EventType.BRAND_ADDED: "added",
    EventType.BRAND_EDITED: "renamed",
}
"""How a sentence says that it happened: "the pair was …"."""


@dataclass(frozen=True)
class Event:
    """One recorded event.

    `event_date` is the collector's day on which it happened, `event_time` the moment from which it counts, and
    `recorded_at` when it was written down, both in UTC.
    """

    event_id: int
    type: EventType
    sneaker_id: int | None
    event_date: date
    event_time: datetime
    recorded_at: datetime
    details: Details

    @property
    def target(self) -> int | None:
        """The event that an `edited` or `undone` event is about."""
        found = self.details.get("target_event_id")
        return None if found is None else int(found)
