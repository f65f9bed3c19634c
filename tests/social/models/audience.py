"""Who the people are, when they came and whom they might follow, in the plainest Python: sets, and loops in order."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from tests.social.models import oracle
from tests.social.models.rows import Row, Rows

DAY, WEEK, HALF_HOUR = timedelta(days=1), timedelta(days=7), timedelta(minutes=30)
NAMES = {
    "social_users": "Identify",
    "social_posts": "Post Created",
    "social_follows": "Follow User",
    "social_unfollows": "Unfollow User",
    "social_reactions": "Post Liked",
}
LONG_AGO = datetime.fromisoformat("1900-01-01")
TAKING_PART = ("Post Created", "Follow User", "Post Liked")


def identities(rows: Rows) -> dict[str, str]:
    """Every id that is known to be a user's under another id, by whom it is."""
    renamed: dict[str, tuple[datetime, str]] = {}
    for call in sorted(rows["social_other_events"], key=_order):
        if call["type"] == "alias" and call["previous_id"] and call["user_id"]:
            renamed[call["previous_id"]] = (call["timestamp"], call["user_id"])
    renamed = {id_: said for id_, said in renamed.items() if said[1] != id_}
    first: dict[str, str] = {}
    for call in sorted(rows["social_users"], key=_order):
        if call.get("anonymous_id"):
            first.setdefault(call["anonymous_id"], call["user_id"])
    found = {}
    for id_ in {*renamed, *(one for one, user in first.items() if user != one)}:
        when, user = renamed.get(id_, (LONG_AGO, first.get(id_, "")))
        for _ in range(3):
            later = renamed.get(user)
            if later is None or later[0] <= when:
                break
            when, user = later
        if user != id_:
            found[id_] = user
    return found


def events(rows: Rows) -> list[dict[str, Any]]:
    """Each message with its name, and with the person who acted."""
    known = identities(rows)
    found = []
    for table, messages in rows.items():
        for row in messages:
            user, browser = row["user_id"], row.get("anonymous_id")
            person = known.get(user, user) if user else known.get(browser, browser)
            name = NAMES.get(table) or row["event"] or row["type"].title()
            found.append({"device": None, **row, "name": name, "person": person, "table": table})
    return sorted(found, key=lambda row: (row["timestamp"], row["message_id"]))


def sessions(rows: Rows) -> list[dict[str, Any]]:
    """Each person's events, cut where more than half an hour passes."""
    runs: defaultdict[str, list[list[dict[str, Any]]]] = defaultdict(list)
    for event in events(rows):
        if event["person"] is not None:
            mine = runs[event["person"]]
            if not mine or event["timestamp"] - mine[-1][-1]["timestamp"] > HALF_HOUR:
                mine.append([])
            mine[-1].append(event)
    return [
        {
            "person_id": person,
            "number": number,
            "is_known": any(event["user_id"] for event in run),
            "started_at": run[0]["timestamp"],
            "ended_at": run[-1]["timestamp"],
            "events": len(run),
            "views": sum(event.get("type") in ("page", "screen") for event in run),
            "posts": sum(event["name"] == "Post Created" for event in run),
            "campaign_name": next((event["campaign_name"] for event in run if event.get("campaign_name")), None),
            "referrer_host": _host(run[0]),
            "device": next((device for event in run if (device := _device(event))), None),
        }
        for person, mine in sorted(runs.items())
        for number, run in enumerate(mine, 1)
    ]


def visitors(rows: Rows) -> list[dict[str, Any]]:
    """Everybody who ever came."""
    found = []
    happened, came = events(rows), sessions(rows)
    for person in sorted({event["person"] for event in happened} - {None}):
        mine = [event for event in happened if event["person"] == person]
        first = mine[0]["timestamp"]
        visits = [one for one in came if one["person_id"] == person]
        known = min((event["timestamp"] for event in mine if event["user_id"]), default=None)
        found.append(
            {
                "person_id": person,
                "first_seen_at": first,
                "last_seen_at": mine[-1]["timestamp"],
                "sessions": len(visits),
                **{name: visits[0][name] for name in ("campaign_name", "referrer_host", "device")},
                "was_anonymous": known is None or known > first,
                "known_at": known,
                "took_part_at": min((e["timestamp"] for e in mine if e["name"] in TAKING_PART), default=None),
                "came_back_at": min(
                    (one["started_at"] for one in visits if one["started_at"].date() > first.date()), default=None
                ),
            }
        )
    return found


def acquisition(rows: Rows) -> dict[tuple[Any, ...], tuple[int, int, int, int]]:
    """Visitors, known ones, those who took part and came back, by week, campaign, site and device."""
    by: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in visitors(rows):
        said = (one[name] or "(none)" for name in ("campaign_name", "referrer_host", "device"))
        by[monday(one["first_seen_at"].date()), *said].append(one)
    return {
        key: (
            len(mine),
            *(sum(one[step] is not None for one in mine) for step in ("known_at", "took_part_at", "came_back_at")),
        )
        for key, mine in by.items()
    }


def funnel(rows: Rows) -> dict[tuple[date, str], int]:
    """How many who were anonymous at first got so far, by the week of first sight."""
    found: defaultdict[tuple[date, str], int] = defaultdict(int)
    for one in visitors(rows):
        if one["was_anonymous"]:
            week = monday(one["first_seen_at"].date())
            reached = True
            for step, at in (
                ("seen", "first_seen_at"),
                ("known", "known_at"),
                ("taking part", "took_part_at"),
                ("back", "came_back_at"),
            ):
                reached = reached and one[at] is not None
                found[week, step] += reached
    return dict(found)


def user_days(rows: Rows) -> dict[tuple[str, date], tuple[int, int, int]]:
    """Events, posts and reactions of each user and day."""
    found: defaultdict[tuple[str, date], list[str]] = defaultdict(list)
    for event in events(rows):
        if event["user_id"]:
            found[event["user_id"], event["timestamp"].date()].append(event["name"])
    return {key: (len(mine), mine.count("Post Created"), mine.count("Post Liked")) for key, mine in found.items()}


def active_between(rows: Rows, first: date, last: date) -> set[str]:
    """The users with an event on one of the days, both included."""
    return {user for user, day in user_days(rows) if first <= day <= last}


def active_users(rows: Rows) -> list[tuple[date, int, int, int]]:
    """Users of each day, of the week and of the four weeks that end with it."""
    return [
        (day, *(len(active_between(rows, day - timedelta(days=length - 1), day)) for length in (1, 7, 28)))
        for day in _series(rows, DAY)
    ]


def growth(rows: Rows) -> list[tuple[date, int, int, int, int, int]]:
    """Active, new, retained, reactivated and churned users of each week."""
    found = []
    weeks = _series(rows, WEEK)
    for week in weeks:
        now, before = active_between(rows, week, week + 6 * DAY), active_between(rows, week - WEEK, week - DAY)
        ever = active_between(rows, date.min, week - DAY)
        found.append((week, len(now), len(now - ever), len(now & before), len(now & ever - before), len(before - now)))
    return found


def retention(rows: Rows) -> dict[tuple[date, int], tuple[int, int]]:
    """Users of each cohort, and those active so many weeks after."""
    found = {}
    weeks = _series(rows, WEEK)
    for at, cohort in enumerate(weeks):
        mine = active_between(rows, cohort, cohort + 6 * DAY) - active_between(rows, date.min, cohort - DAY)
        for later, week in enumerate(weeks[at:]):
            if mine:
                found[cohort, later] = (len(mine), len(mine & active_between(rows, week, week + 6 * DAY)))
    return found


def reactions(rows: Rows) -> dict[str, tuple[int, int, int]]:
    """Of each post who liked it: all, within a day, and while they followed the author."""
    found = {}
    for post_id, post in oracle.first_posts(rows).items():
        first: dict[str, datetime] = {}
        for like in rows["social_reactions"]:
            if like["post_id"] == post_id:
                first[like["user_id"]] = min(like["timestamp"], first.get(like["user_id"], like["timestamp"]))
        followers = sum(
            any(
                one.follower_id == user
                and one.followee_id == post["user_id"]
                and one.followed_at <= when
                and (one.unfollowed_at is None or when < one.unfollowed_at)
                for one in oracle.followings(rows)
            )
            for user, when in first.items()
        )
        soon = sum(when < post["published_at"] + DAY for when in first.values())
        found[post_id] = (len(first), soon, followers)
    return found


def suggestions(rows: Rows, user: str) -> list[tuple[str, int, bool, int]]:
    """Whom the user may want to follow, the best first: friends in common, whether they follow, and their followers."""
    pairs = {
        (one.follower_id, one.followee_id)
        for one in oracle.followings(rows)
        if one.unfollowed_at is None and one.follower_id != one.followee_id
    }
    mine = {whom for who, whom in pairs if who == user}
    found = []
    for other in {person for pair in pairs for person in pair} - mine - {user}:
        common = sum((friend, other) in pairs for friend in mine)
        if common or (other, user) in pairs:
            found.append((other, common, (other, user) in pairs, sum(whom == other for _, whom in pairs)))
    return sorted(found, key=lambda one: (-one[1], -one[2], -one[3], one[0].encode()))[:20]


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _series(rows: Rows, step: timedelta) -> list[date]:
    days = sorted({day for _, day in user_days(rows)})
    if not days:
        return []
    first, last = (days[0], days[-1]) if step == DAY else (monday(days[0]), monday(days[-1]))
    return [first + step * n for n in range((last - first) // step + 1)]


def _order(row: Row) -> tuple[Any, ...]:
    return (row["timestamp"], row["source_object"], row["record_offset"], row["message_id"])


def _device(event: Row) -> str | None:
    return "web" if event["device"] == "analytics.js" else event["device"]


def _host(event: Row) -> str | None:
    said = event.get("referrer") or ""
    return said.partition("://")[2].partition("?")[0].partition("/")[0].lower() or None
