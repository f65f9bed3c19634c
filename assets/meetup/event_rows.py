"""A raw event as rows: one of `staged.meetup_events`, and one of `staged.meetup_venues` for each of its venues."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tributary.assets.factory.reading import DoesNotFit, Row
from tributary.assets.meetup.durations import minutes_of
from tributary.assets.meetup.tables import LOCAL_DATE
from tributary.assets.meetup.values import (
    INTEGER,
    Node,
    amount,
    flag,
    in_utc,
    moment,
    needed,
    part,
    parts,
    place,
    stands_for_no_place,
    text,
    whole,
)

CANCELLED = frozenset({"CANCELLED", "CANCELLED_PERM", "AUTOSCHED_CANCELLED"})
"""Meetup's statuses of events that were called off."""

ONLINE = "online"
"""The kind of the venue that stands for no place at all."""

_ONLINE_TYPES = frozenset({"ONLINE", "HYBRID"})
_MINUTE = timedelta(minutes=1)


def event_rows(node: Node, day: date | None) -> tuple[Row, list[Row]]:
    """The row of an event that stands in the object of `day`, and those of its venues.

    Raises:
        DoesNotFit: it is no event of that day, or of any, or holds what no column can.
    """
    start = moment(node, "dateTime")
    if start is None:
        raise DoesNotFit("its dateTime is missing")
    if day is None or start.date() != day:
        raise DoesNotFit("its dateTime is of another day than its object")
    starts_at = in_utc(start, "dateTime")
    group, rsvps, fee = part(node, "group"), part(node, "rsvps"), part(node, "feeSettings")
    status, kind = needed(node, "status"), text(node, "eventType")
    duration = text(node, "duration")
    minutes = None if duration is None else minutes_of(duration)
    token = needed(node, "token")
    venues = _venue_rows(node, token, day)
    row = {
        "event_id": token,
        "meetup_id": text(node, "id"),
        "group_id": _group_id(group),
        "group_urlname": text(group, "urlname"),
        LOCAL_DATE: day,
        "starts_at": starts_at,
        "local_start": start.replace(tzinfo=None),
        "utc_offset_minutes": (start.utcoffset() or timedelta()) // _MINUTE,
        "ends_at": _end(node, starts_at, minutes),
        "duration_minutes": minutes,
        "created_at": in_utc(moment(node, "createdTime"), "createdTime"),
        "title": needed(node, "title", may_be_empty=True),
        "description": text(node, "description"),
        "event_url": text(node, "eventUrl"),
        "event_type": kind,
        "status": status,
        "is_online": kind in _ONLINE_TYPES or any(venue["venue_type"] == ONLINE for venue in venues),
        "is_cancelled": status in CANCELLED,
        "venues": len(venues),
        "max_tickets": _limit(whole(node, "maxTickets", INTEGER)),
        "fee_amount": amount(fee, "amount"),
        "fee_currency": text(fee, "currency"),
        "fee_required": flag(fee, "required"),
        "yes_rsvps": whole(rsvps, "yesCount"),
        "no_rsvps": whole(rsvps, "noCount"),
        "waitlist": whole(rsvps, "waitlistCount"),
        "attended": whole(rsvps, "attendedCount"),
        "no_shows": whole(rsvps, "noShowCount"),
        "total_rsvps": whole(rsvps, "totalCount"),
        "series_id": text(part(node, "series"), "id"),
        "topic_ids": _topic_ids(node),
    }
    return row, venues


def venues_of(node: Node) -> int:
    """How many venues an event lists."""
    return len(node.get("venues") or ())


def _limit(tickets: int | None) -> int | None:
    """The most attendees; Meetup says 0 of events without a limit, whose answers stay open."""
    return tickets if tickets is not None and tickets > 0 else None


def _group_id(group: Node) -> str:
    if not group:
        raise DoesNotFit("its group is missing")
    return needed(group, "id")


def _end(node: Node, starts_at: datetime | None, minutes: int | None) -> datetime | None:
    """When it ends: as Meetup says, else after its duration."""
    told = in_utc(moment(node, "endTime"), "endTime")
    if told is not None or minutes is None or starts_at is None:
        return told
    try:
        return starts_at + minutes * _MINUTE
    except OverflowError:
        return None


def _topic_ids(node: Node) -> str | None:
    found = {needed(part(edge, "node"), "id") for edge in parts(part(node, "topics"), "edges")}
    return ",".join(sorted(found)) or None


def _venue_rows(node: Node, token: str, day: date) -> list[Row]:
    return [
        {
            "event_id": token,
            LOCAL_DATE: day,
            "position": position,
            "venue_id": needed(venue, "id"),
            **{name: text(venue, name) for name in ("name", "address", "city", "state", "country")},
            "postal_code": text(venue, "postalCode"),
            **dict(zip(("lat", "lon"), place(venue), strict=True)),
            "venue_type": ONLINE if stands_for_no_place(venue) else text(venue, "venueType"),
        }
        for position, venue in enumerate(parts(node, "venues"), start=1)
    ]
