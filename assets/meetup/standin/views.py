"""How groups and events look through the API at a moment: plain dicts in the shape of the schema.

A value that takes arguments is a function of `(info, **arguments)`, as graphql-core's own executor wants it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tributary.assets.meetup.standin.founding import Group
from tributary.assets.meetup.standin.meeting import Meeting
from tributary.assets.meetup.standin.words import WORDS, topic_of

_OPENINGS = ("Join us for", "We are back with", "Everybody is welcome to", "Bring a friend to", "Come early for")
_CLOSINGS = (
    "<p>Doors open half an hour before. 🍕 &amp; drinks are on our sponsors.</p>",
    '<p>Please read our <a href="https://example.org/conduct">code of conduct</a>. 🙏</p>',
    "<ul><li>Talks</li><li>Questions</li><li>Networking 🎉</li></ul>",
    "<p>No experience needed &mdash; beginners are very welcome!</p>",
)
_LETTERS = "abcdfghjklmnpqrstvwxyz"
CLOSED_NAME = "*** Closed Group ***"
"""What a group is called once it has closed."""

_UNSETTLED = timedelta(days=7)


def group_view(group: Group, now: datetime) -> dict[str, Any]:
    """The group as it is at `now`, without its events."""
    day = now.astimezone(ZoneInfo(group.timezone)).date()
    closed = group.closes is not None and group.closes < day
    members = 0 if closed else group.members_on(day)
    name = CLOSED_NAME if closed else group.name_on(day)
    urlname = group.urlname_on(day)
    return {
        "id": group.id,
        "urlname": urlname,
        "name": name,
        "description": f"<p>{name} meets in {group.town.name} to talk about {', '.join(group.topics)}. 👋</p>",
        "link": f"https://www.meetup.com/{urlname}",
        "status": "ORG_CLOSED" if closed else "PAID",
        "isPrivate": group.private or closed,
        "joinMode": "APPROVAL" if group.private else "OPEN",
        "customMemberLabel": "Members",
        "city": group.town.name,
        "state": group.town.state,
        "country": group.town.country,
        "zip": group.town.zip,
        "lat": group.lat,
        "lon": group.lon,
        "timezone": group.timezone,
        "foundedDate": group.founded.astimezone(ZoneInfo(group.timezone)).isoformat(timespec="seconds"),
        "proJoinDate": None,
        "topicCategory": WORDS.categories[group.theme.category],
        "activeTopics": [topic_of(topic) for topic in group.topics],
        "stats": {
            "memberCounts": {
                "all": members,
                "banned": members // 400,
                "leadership": 0 if closed else 1 + members // 500,
                "pending": members // 250 if group.private else 0,
                "pendingPayment": 0,
            },
            "eventRatings": {
                "average": round(4.2 + (group.number % 7) / 10, 2),
                "totalRatings": members // 3,
                "totalReviews": members // 9,
            },
        },
        "keyGroupPhoto": _photo(group.number + 5_000_000) if group.number % 4 else None,
    }


def event_view(group: Group, meeting: Meeting, group_node: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An event as it is at `now`, with the view of its group."""
    moment = now.timestamp()
    status = meeting.status(moment)
    ends = datetime.fromtimestamp(meeting.ends, meeting.start.tzinfo)
    number = event_id(meeting, moment)
    topics = [topic_of(topic) for topic in group.topics[: 1 + meeting.text % 3]]
    edges = [{"cursor": topic["id"], "node": topic} for topic in topics]
    cursors = {"startCursor": topics[0]["id"], "endCursor": topics[-1]["id"]}
    one_page = {**cursors, "hasNextPage": False, "hasPreviousPage": False}
    return {
        "id": number,
        "token": event_token(meeting),
        "title": meeting.title,
        "eventUrl": f"https://www.meetup.com/{group.urlname_on(meeting.start.date())}/events/{number}/",
        "description": _description(meeting),
        "howToFindUs": "Ring the bell 🔔 twice" if meeting.text % 6 == 0 else None,
        "eventType": meeting.kind,
        "status": status,
        "dateTime": meeting.start.isoformat(timespec="seconds"),
        "endTime": ends.isoformat(timespec="seconds") if meeting.duration else None,
        "createdTime": datetime.fromtimestamp(meeting.created, meeting.start.tzinfo).isoformat(timespec="seconds"),
        "duration": meeting.duration,
        "maxTickets": meeting.seats or 0,
        "guestsAllowed": meeting.text % 2 == 0,
        "numberOfAllowedGuests": 2 if meeting.text % 2 == 0 else 0,
        "feeSettings": _fee(meeting),
        "venues": None if meeting.text % 97 == 0 and not meeting.venues else list(meeting.venues),
        "rsvps": _rsvps(meeting, status, moment),
        "topics": {"edges": edges, "pageInfo": one_page, "totalCount": len(edges)},
        "featuredEventPhoto": _photo(meeting.serial) if meeting.pictured else None,
        "series": _series(group, meeting),
        "group": group_node,
    }


def event_token(meeting: Meeting) -> str:
    """The identifier that an event keeps for ever."""
    return f"{meeting.serial:x}-{meeting.text:04x}"


def event_id(meeting: Meeting, moment: float) -> str:
    """An event's id: a number, but letters for one of a series in the first days after it was announced."""
    if meeting.recurring and moment < min(meeting.created + _UNSETTLED.total_seconds(), meeting.starts):
        rest, letters = meeting.serial, ""
        while rest:
            rest, digit = divmod(rest, len(_LETTERS))
            letters += _LETTERS[digit]
        return f"q{letters:q<14}"
    return str(200_000_000 + meeting.serial)


def _rsvps(meeting: Meeting, status: str, moment: float) -> dict[str, Any]:
    share = meeting.answered(moment if meeting.cancelled is None else min(moment, meeting.cancelled))
    yes = round(meeting.yes * share)
    attended = meeting.attended if status in ("PAST", "AUTOSCHED_FINISHED") else 0
    return {
        "yesCount": yes,
        "noCount": round(meeting.no * share),
        "waitlistCount": round(meeting.waiting * share),
        "attendedCount": attended,
        "noShowCount": yes - attended if attended and meeting.text % 3 == 0 else 0,
        "absentCount": 0,
        "totalCount": yes,
    }


def _fee(meeting: Meeting) -> dict[str, Any] | None:
    if meeting.fee is None:
        return None
    refund = {"days": 2, "notes": "Full refund up to two days before."} if meeting.text % 2 else None
    return {
        "accepts": "PAYPAL" if meeting.text % 3 else "CASH",
        "amount": meeting.fee,
        "currency": "GBP" if meeting.start.tzname() in ("GMT", "BST") else "USD",
        "required": bool(meeting.text % 3),
        "refundPolicy": refund,
    }


def _series(group: Group, meeting: Meeting) -> dict[str, Any] | None:
    if not meeting.recurring:
        return None
    day = meeting.start.strftime("%A")
    return {"id": str(9_000 + group.number), "description": f"Every week on {day}", "endDate": None}


def _description(meeting: Meeting) -> str:
    opening = _OPENINGS[meeting.text % len(_OPENINGS)]
    closing = _CLOSINGS[meeting.text % len(_CLOSINGS)]
    return (
        f"<p>{opening} <b>{meeting.title}</b>!</p><p>We look at {meeting.subject} with people who use it every day: "
        f"what works, what does not, and what to try next.</p>{closing}"
    )


def _photo(number: int) -> dict[str, Any]:
    base = "https://images.example.org/photos/"
    return {"id": str(number), "baseUrl": base, "highResUrl": f"{base}highres_{number}.jpeg"}
