"""Staged rows of the source meetup for tests: one at a time, and whole random worlds as a hypothesis strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Mapping[str, list[Row]]

TABLES = ("meetup_groups", "meetup_group_topics", "meetup_events", "meetup_venues")
FIRST = date(2023, 12, 29)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(70))
"""Days of four months; events and snapshots lie on some of those before the last."""

EVENT_DAYS = tuple(DAYS[n] for n in (0, 2, 3, 4, 63, 68))
"""Both sides of a new year, and the first of March; none in February."""

GROUPS = ("g1", "g2", "g3")


def group(group_id: str, day: date, **given: Any) -> Row:
    """A group's snapshot of a day."""
    said = {"urlname": f"{group_id}-url", "name": f"Group {group_id}", "status": "ACTIVE", "members": 10}
    return {"table": "meetup_groups", "group_id": group_id, "snapshot_date": day, **said, **given}


def topic(group_id: str, day: date, topic_id: str, **given: Any) -> Row:
    """A topic that a group had on the day of a snapshot."""
    said = {"topic": f"Topic {topic_id}", "urlkey": f"t-{topic_id}"}
    return {
        "table": "meetup_group_topics",
        "group_id": group_id,
        "snapshot_date": day,
        "topic_id": topic_id,
        **said,
        **given,
    }


def event(event_id: str, group_id: str, day: date, *venues: Row, **given: Any) -> list[Row]:
    """An event of a group, and the venues it names, in their order."""
    starts_at = datetime.combine(day, time(19)) + timedelta(hours=8)
    said = {
        "group_urlname": f"{group_id}-url",
        "starts_at": starts_at,
        "local_start": datetime.combine(day, time(19)),
        "title": f"Event {event_id}",
        "event_type": "PHYSICAL",
        "status": "CANCELLED" if given.get("is_cancelled") else "PAST",
        "is_online": given.get("event_type", "PHYSICAL") != "PHYSICAL",
        "is_cancelled": False,
        "venues": len(venues),
        "yes_rsvps": 5,
    }
    own = {"table": "meetup_events", "event_id": event_id, "group_id": group_id, "local_date": day, **said, **given}
    listed = [
        {"position": place, **named, "table": "meetup_venues", "event_id": event_id, "local_date": day}
        for place, named in enumerate(venues, start=1)
    ]
    return [own, *listed]


def venue(venue_id: str, **given: Any) -> Row:
    """A venue that an event names."""
    return {"venue_id": venue_id, "name": f"Venue {venue_id}", "lat": 37.5, "lon": -122.25, "venue_type": "", **given}


def online(venue_id: str = "9") -> Row:
    """What Meetup lists as the venue of an event that is nowhere."""
    return {"venue_id": venue_id, "name": "Online event", "lat": None, "lon": None, "venue_type": "online"}


def staged(rows: Iterable[Row | list[Row]]) -> Rows:
    """The rows by table, without those whose key was there before."""
    keys = {"meetup_groups": 3, "meetup_group_topics": 4, "meetup_events": 2, "meetup_venues": 2}
    names = ("table", "group_id", "snapshot_date", "topic_id")
    events = ("table", "event_id", "position")
    found: dict[str, list[Row]] = {table: [] for table in TABLES}
    seen: set[tuple[Any, ...]] = set()
    for given in rows:
        for row in given if isinstance(given, list) else [given]:
            by = events if "event" in row["table"] or "venue" in row["table"] else names[: keys[row["table"]]]
            key = tuple(row.get(name) for name in by)
            if key not in seen:
                seen.add(key)
                found[row["table"]].append({"source_object": "o", **row})
    return found


_day = st.sampled_from(DAYS[:-1:4])
_count = st.sampled_from([None, 0, 1, 7, 7, 30])
_snapshot = st.builds(
    group,
    st.sampled_from(GROUPS),
    _day,
    name=st.sampled_from(["Ann's", "Łuk 😀", "*** Closed Group ***"]),
    status=st.sampled_from(["ACTIVE", "ACTIVE", "PAID"]),
    members=st.sampled_from([None, 10, 10, 11]),
    urlname=st.sampled_from(["u", "u", "v"]),
)
_topic = st.builds(topic, st.sampled_from(GROUPS), _day, st.sampled_from(["1", "2", "3"]))
_place = st.builds(
    venue,
    st.sampled_from(["1", "2", "3", "unknown", "online"]),
    name=st.sampled_from([None, "Hall", "Bar"]),
    address=st.sampled_from([None, "1 Main St"]),
    lat=st.sampled_from([None, 37.5, 37.775, -33.876543, 0.004]),
    lon=st.sampled_from([None, -122.25, -122.415, -0.005, 151.2]),
    venue_type=st.sampled_from([None, ""]),
).map(lambda row: {**row, "lon": None, "lat": None} if row["lat"] is None or row["lon"] is None else row)
_venues = st.lists(st.one_of(_place, _place, st.builds(online)), max_size=3)


@st.composite
def _event(draw: st.DrawFn, event_id: str) -> list[Row]:
    return event(
        event_id,
        draw(st.sampled_from([*GROUPS, "only events know it"])),
        draw(st.sampled_from(EVENT_DAYS)),
        *draw(_venues),
        event_type=draw(st.sampled_from([None, "PHYSICAL", "ONLINE", "HYBRID"])),
        is_online=draw(st.sampled_from([None, True, False])),
        is_cancelled=draw(st.sampled_from([False, False, True])),
        yes_rsvps=draw(_count),
        waitlist=draw(_count),
        attended=draw(_count),
        fee_amount=draw(st.sampled_from([None, Decimal("12.50")])),
        local_start=draw(
            st.sampled_from([None, datetime.combine(FIRST, time(0, 30)), datetime.combine(FIRST, time(23))])
        ),
        title=draw(st.sampled_from(["Python Night", "Night of Data", "the", "🎉"])),
    )


def worlds() -> st.SearchStrategy[Rows]:
    """Random worlds of a few groups and venues and some dozens of events, in no order."""
    snapshots = st.lists(_snapshot, max_size=40)
    topics = st.lists(_topic, max_size=20)
    events = st.integers(0, 40).flatmap(lambda n: st.tuples(*(_event(f"e{number}") for number in range(n))))
    return st.builds(_world, snapshots, topics, events)


def _world(snapshots: list[Row], topics: list[Row], events: tuple[list[Row], ...]) -> Rows:
    looked_at = {row["group_id"] for row in snapshots}
    # A topic comes with a snapshot of its group.
    return staged([*snapshots, *(row for row in topics if row["group_id"] in looked_at), *events])
