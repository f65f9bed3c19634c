"""What the meetup tables must hold, said in the plainest Python: loops over rows, no SQL, no cleverness."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from tests.meetup.models.rows import Row, Rows

Profile = tuple[str | None, str | None, str | None, int | None]
"""A group's name, urlname, status and members."""


def group_ids(rows: Rows) -> set[str]:
    """Every group that a snapshot or an event tells of."""
    return {row["group_id"] for table in ("meetup_groups", "meetup_events") for row in rows[table]}


def profile_on(rows: Rows, group_id: str, day: date) -> Profile:
    """What the group was on a day: as in the last snapshot up to it, else the first one, else what its events tell."""
    mine = _told(rows, group_id)
    if not mine:
        events = _of(rows["meetup_events"], group_id=group_id)
        last = max(events, key=lambda row: (row["local_date"], row["event_id"]))
        return (last["group_urlname"], last["group_urlname"], None, None)
    past = [profile for when, profile in mine if when <= day]
    if past:
        return past[-1]
    name, urlname, status, _ = mine[0][1]
    return (name, urlname, status, None)


def changes(rows: Rows, group_id: str) -> int:
    """How many periods the group has: one before its first snapshot, one from there, and one with every change."""
    states = [profile for _, profile in _told(rows, group_id)]
    return 1 + bool(states) + sum(earlier != later for earlier, later in pairwise(states))


def _told(rows: Rows, group_id: str) -> list[tuple[date, Profile]]:
    """What each snapshot of the group tells; of a closed group name and members are as they were told before."""
    found: list[tuple[date, Profile]] = []
    for row in sorted(_of(rows["meetup_groups"], group_id=group_id), key=lambda row: row["snapshot_date"]):
        name, members = row["name"], row["members"]
        if name == "*** Closed Group ***":
            name, members = (found[-1][1][0], found[-1][1][3]) if found else (row["urlname"], None)
            if found and all(one["name"] == "*** Closed Group ***" for one in _before(rows, group_id, row)):
                name, members = row["urlname"], None
        found.append((row["snapshot_date"], (name, row["urlname"], row["status"], members)))
    return found


def _before(rows: Rows, group_id: str, snapshot: Row) -> list[Row]:
    mine = _of(rows["meetup_groups"], group_id=group_id)
    return [row for row in mine if row["snapshot_date"] < snapshot["snapshot_date"]]


def place(rows: Rows, venue_key: str) -> str:
    """The first venue of those that are the same place as this one, by name and position."""
    return _first_like(rows, _first_like(rows, venue_key))


def _first_like(rows: Rows, venue_key: str) -> str:
    me = _latest(rows, venue_key)
    alike = [venue_key]
    for other in {row["venue_id"] for row in rows["meetup_venues"] if row["venue_type"] != "online"}:
        if other in ("online", "unknown"):
            continue
        it = _latest(rows, other)
        if not me["name"] or not it["name"] or me["name"].lower() != it["name"].lower():
            continue
        mine, its = coordinates(rows, venue_key), coordinates(rows, other)
        if mine and its and all(abs(one - two) <= 0.001 for one, two in zip(mine, its, strict=True)):
            alike.append(other)
        keys = ("address", "city")
        if all(me.get(key) and me.get(key) == it.get(key) for key in keys):
            alike.append(other)
    return min(alike)


def _latest(rows: Rows, venue_key: str) -> Row:
    named = [row for row in _of(rows["meetup_venues"], venue_id=venue_key) if row["venue_type"] != "online"]
    return max(named, key=lambda row: (row["local_date"], row["event_id"], row["position"]))


def main_venue(rows: Rows, event: Row) -> str:
    """The key of the venue at which an event counts."""
    listed = sorted(_of(rows["meetup_venues"], event_id=event["event_id"]), key=lambda row: row["position"])
    for venue in listed:
        if venue["venue_type"] != "online":
            return str(venue["venue_id"])
    return "online" if listed or event["event_type"] == "ONLINE" else "unknown"


def coordinates(rows: Rows, venue_key: str) -> tuple[float, float] | None:
    """A venue's coordinates, as the latest event that gave any had them."""
    given = [
        row
        for row in _of(rows["meetup_venues"], venue_id=venue_key)
        if row["venue_type"] != "online" and row["lat"] is not None and venue_key not in ("online", "unknown")
    ]
    if not given:
        return None
    last = max(given, key=lambda row: (row["local_date"], row["event_id"], row["position"]))
    return (last["lat"], last["lon"])


def held(rows: Rows) -> list[Row]:
    """The events that were not cancelled."""
    return _of(rows["meetup_events"], is_cancelled=False)


def by_month(rows: Rows) -> dict[date, dict[str, int]]:
    """Each month with an event, held or not."""
    months: defaultdict[date, list[Row]] = defaultdict(list)
    for event in rows["meetup_events"]:
        months[event["local_date"].replace(day=1)].append(event)
    return {month: _summary(rows, events) for month, events in months.items()}


def drawn(events: Iterable[Row]) -> tuple[int, int, int]:
    """Events, yes answers and attendees in all."""
    events = list(events)
    return (len(events), _sum(events, "yes_rsvps"), _sum(events, "attended"))


def heat(rows: Rows) -> dict[tuple[date, float, float], tuple[int, int]]:
    """Events and yes answers by month and rounded coordinates."""
    found: defaultdict[tuple[date, float, float], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for event in held(rows):
        place = coordinates(rows, main_venue(rows, event))
        if place is not None:
            lat, lon = (math.floor(degrees * 100 + 0.5) / 100 for degrees in place)
            events, yes = found[event["local_date"].replace(day=1), lat, lon]
            found[event["local_date"].replace(day=1), lat, lon] = (events + 1, yes + (event["yes_rsvps"] or 0))
    return dict(found)


def is_online(event: Row) -> bool:
    """Whether it took place (also) online."""
    said = event["is_online"]
    return event["event_type"] in ("ONLINE", "HYBRID") if said is None else bool(said)


def _summary(rows: Rows, events: list[Row]) -> dict[str, int]:
    kept = [event for event in events if not event["is_cancelled"]]
    return {
        "events": len(kept),
        "online_events": sum(is_online(event) for event in kept),
        "located_events": sum(coordinates(rows, main_venue(rows, event)) is not None for event in kept),
        "cancelled_events": len(events) - len(kept),
        "groups": len({event["group_id"] for event in kept}),
        "yes_rsvps": _sum(kept, "yes_rsvps"),
        "waitlist": _sum(kept, "waitlist"),
        "attended": _sum(kept, "attended"),
    }


def _sum(events: Iterable[Row], name: str) -> int:
    return sum(event.get(name) or 0 for event in events)


def _of(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
