"""What the social tables must hold, said in the plainest Python: loops over events in order, no SQL, no cleverness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.social.models.rows import Row, Rows


@dataclass(frozen=True)
class Profile:
    """What is known of a user at an instant."""

    is_identified: bool = False
    username: str | None = None
    email: str | None = None
    about_me: str | None = None
    traits: str | None = None


@dataclass(frozen=True)
class Following:
    """An uninterrupted time of following."""

    follower_id: str
    followee_id: str
    followed_at: datetime
    unfollowed_at: datetime | None
    follow_message_id: str
    unfollow_message_id: str | None


def sightings(rows: Rows) -> dict[str, datetime]:
    """When each user was seen first."""
    seen: defaultdict[str, list[datetime]] = defaultdict(list)
    for row in (row for table in rows.values() for row in table):
        for name in ("user_id", "user_id_recipient"):
            if row.get(name) is not None:
                seen[row[name]].append(row["timestamp"])
        if "published_at" in row:
            seen[row["user_id"]].append(row["published_at"])
    return {user: min(instants) for user, instants in seen.items()}


def profile_at(rows: Rows, user: str, instant: datetime) -> Profile:
    """The user's identify calls up to an instant, replayed."""
    profile = Profile()
    for call in sorted((row for row in rows["social_users"] if row["user_id"] == user), key=_delivery_order):
        if call["timestamp"] <= instant:
            said = {name: call[name] for name in ("username", "email", "about_me") if call[name] is not None}
            if call["traits"] != "{}":
                said["traits"] = call["traits"]
            profile = replace(profile, is_identified=True, **said)
    return profile


def followings(rows: Rows) -> list[Following]:
    """A state machine for each pair."""
    turns = [(row["timestamp"], True, row) for row in rows["social_follows"]]
    turns += [(row["timestamp"], False, row) for row in rows["social_unfollows"]]
    turns.sort(key=lambda turn: (turn[0], turn[1], _place(turn[2])))
    begun: dict[tuple[str, str], Following] = {}
    ended: list[Following] = []
    for when, is_follow, row in turns:
        pair = (row["user_id"], row["user_id_recipient"])
        if is_follow and pair not in begun:
            begun[pair] = Following(*pair, when, None, row["message_id"], None)
        elif not is_follow and pair in begun:
            ended.append(replace(begun.pop(pair), unfollowed_at=when, unfollow_message_id=row["message_id"]))
    return [*ended, *begun.values()]


def first_posts(rows: Rows) -> dict[str, Row]:
    """Of each post the row that was published first."""
    posts: dict[str, Row] = {}
    for row in sorted(rows["social_posts"], key=lambda row: (row["published_at"], _delivery_order(row))):
        posts.setdefault(row["post_id"], row)
    return posts


def followers_by_day(rows: Rows) -> dict[tuple[str, date], tuple[int, int, int]]:
    """Followers at the end of the day, gained and lost, of each user and day with a change."""
    intervals = followings(rows)
    ends = [one for one in intervals if one.unfollowed_at is not None]
    found = {}
    days = {(one.followee_id, one.followed_at.date()) for one in intervals}
    days |= {(one.followee_id, one.unfollowed_at.date()) for one in ends if one.unfollowed_at}
    for user, day in days:
        midnight = datetime.fromisoformat(f"{day + timedelta(days=1)}")
        mine = [one for one in intervals if one.followee_id == user]
        left = sum(
            one.followed_at < midnight and (one.unfollowed_at is None or one.unfollowed_at >= midnight) for one in mine
        )
        gained = sum(one.followed_at.date() == day for one in mine)
        lost = sum(one.unfollowed_at is not None and one.unfollowed_at.date() == day for one in mine)
        found[user, day] = (left, gained, lost)
    return found


def daily_activity(rows: Rows) -> list[dict[str, Any]]:
    """Each day from the first with an event or post to the last."""
    events = [row for table in rows.values() for row in table]
    posted = [row["published_at"].date() for row in first_posts(rows).values()]
    intervals = followings(rows)
    days = [row["timestamp"].date() for row in events] + posted
    return [
        _activity_of(day, events, posted, intervals)
        for day in _days_between(min(days, default=None), max(days, default=None))
    ]


def _activity_of(day: date, events: list[Row], posted: list[date], intervals: list[Following]) -> dict[str, Any]:
    active = {row["user_id"] for row in events if row["timestamp"].date() == day} - {None}
    before = {row["user_id"] for row in events if row["timestamp"].date() < day}
    follows = sum(one.followed_at.date() == day for one in intervals)
    unfollows = sum(one.unfollowed_at is not None and one.unfollowed_at.date() == day for one in intervals)
    return {
        "date": day,
        "active_users": len(active),
        "new_users": len(active - before),
        "returning_users": len(active & before),
        "posts": posted.count(day),
        "follows": follows,
        "unfollows": unfollows,
        "net_follows": follows - unfollows,
        "events": sum(row["timestamp"].date() == day for row in events),
    }


def user_summary(rows: Rows, user: str) -> dict[str, Any]:
    """What a user has done, and who follows them, at the end of the data."""
    events = [row for table in rows.values() for row in table]
    mine = [row["timestamp"] for row in events if row["user_id"] == user]
    posts = [row["published_at"] for row in first_posts(rows).values() if row["user_id"] == user]
    last = max(row["timestamp"] for row in events)
    intervals = followings(rows)
    current = [one for one in intervals if one.unfollowed_at is None]
    return {
        "user_id": user,
        "username": profile_at(rows, user, last).username,
        "first_seen_at": sightings(rows)[user],
        "last_active_at": max(mine, default=None),
        "posts": len(posts),
        "last_post_at": max(posts, default=None),
        "posts_last_7_days": sum(last - timedelta(days=7) < published <= last for published in posts),
        "followers": sum(one.followee_id == user for one in current),
        "following": sum(one.follower_id == user for one in current),
        "follows_made": sum(one.follower_id == user for one in intervals),
        "days_active": len({instant.date() for instant in mine}),
        "first_active_on": min(mine).date() if mine else None,
    }


def _days_between(first: date | None, last: date | None) -> Iterator[date]:
    while first is not None and last is not None and first <= last:
        yield first
        first += timedelta(days=1)


def _delivery_order(row: Row) -> tuple[Any, ...]:
    received = row["received_at"]
    return (row["timestamp"], received is None, received or row["timestamp"], *_place(row))


def _place(row: Row) -> tuple[Any, ...]:
    return (row["source_object"], row["record_offset"], row["message_id"])
