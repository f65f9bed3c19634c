"""Staged rows of the source social for tests: one at a time, and whole random networks as a hypothesis strategy.

Message ids, source objects and offsets are given by position, so that a test names only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Mapping[str, list[Row]]

TABLES = (
    "social_users",
    "social_posts",
    "social_follows",
    "social_unfollows",
    "social_reactions",
    "social_other_events",
)
START = datetime.fromisoformat("2026-03-01")
MICROSECOND = timedelta(microseconds=1)
USERS = ("ann", "bob", "cy", "dee", "eve@x", "Łuk 😀", "7", "ann@")
INSTANTS = tuple(
    START + timedelta(days=day) + within
    for day in (0, 1, 2, 9)
    for within in (timedelta(0), MICROSECOND, timedelta(hours=12), timedelta(days=1) - MICROSECOND)
)
"""Few instants, so that they coincide; on both sides of midnight, and a microsecond apart; with days without any."""


def at(minutes: float = 0) -> datetime:
    """The instant so many minutes after START."""
    return START + timedelta(minutes=minutes)


def identify(user: str, when: datetime, **given: Any) -> Row:
    """An identify call; attributes that are left out are null, traits empty."""
    said = {"username": None, "email": None, "about_me": None, "traits": "{}"}
    return {"table": "social_users", "user_id": user, "timestamp": when, **said, **given}


def post(user: str, when: datetime, **given: Any) -> Row:
    """A 'Post Created' call, published at its timestamp unless it says otherwise."""
    said = {"post_id": None, "published_at": when, "body": "words"}
    return {"table": "social_posts", "user_id": user, "timestamp": when, **said, **given}


def follow(user: str, recipient: str, when: datetime, **given: Any) -> Row:
    """A 'Follow User' call."""
    return {"table": "social_follows", "user_id": user, "user_id_recipient": recipient, "timestamp": when, **given}


def unfollow(user: str, recipient: str, when: datetime, **given: Any) -> Row:
    """An 'Unfollow User' call."""
    return {"table": "social_unfollows", "user_id": user, "user_id_recipient": recipient, "timestamp": when, **given}


def like(user: str, post_id: str, when: datetime, **given: Any) -> Row:
    """A 'Post Liked' call."""
    return {"table": "social_reactions", "user_id": user, "post_id": post_id, "timestamp": when, **given}


def alias(previous: str, user: str, when: datetime, **given: Any) -> Row:
    """An alias call: `previous` is `user` from now on."""
    return other(user, when, type="alias", previous_id=previous, **given)


def other(user: str | None, when: datetime, **given: Any) -> Row:
    """Another message; a page call unless it says otherwise."""
    said = {"type": "page", "event": None, "anonymous_id": "browser", "properties": "{}"}
    return {"table": "social_other_events", "user_id": user, "timestamp": when, **said, **given}


def staged(events: Iterable[Row]) -> Rows:
    """The events as rows of the staged tables, with what they leave out filled in."""
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    for number, event in enumerate(events):
        message = f"m{number:05}"
        row = {"message_id": message, "sent_at": None, "received_at": None, "source_object": "o", **event}
        # Unlike the message ids these do not grow, so that each of the two shows where it decides.
        row.setdefault("record_offset", number * 7919 % 100_003)
        if "post_id" in row and row["post_id"] is None:
            row["post_id"] = message
        rows[row.pop("table")].append(row)
    return rows


_user = st.sampled_from(USERS)
_instant = st.sampled_from(INSTANTS)
_delivery = {
    "when": _instant,
    "source_object": st.sampled_from(["o1", "o2", "O3", "ö4"]),
    "received_at": st.sampled_from([None, *INSTANTS[:3]]),
}
_text = st.sampled_from([None, None, "", "a", "b", "z'é😀"])
_browser = st.sampled_from([None, "browser", "phone", "ann"])
_event = st.one_of(
    st.builds(
        identify,
        _user,
        username=_text,
        email=_text,
        about_me=_text,
        traits=st.sampled_from(["{}", '{"age": 3}', '{"age": 4}']),
        anonymous_id=_browser,
        **_delivery,
    ),
    st.builds(
        post,
        _user,
        post_id=st.sampled_from([None, "p1", "p2", "p3", "p4"]),
        published_at=_instant,
        body=_text,
        **_delivery,
    ),
    st.builds(follow, _user, _user, **_delivery),
    st.builds(unfollow, _user, _user, **_delivery),
    st.builds(like, _user, st.sampled_from(["p1", "p2", "p5"]), **_delivery),
    st.builds(
        other,
        st.sampled_from([None, *USERS]),
        anonymous_id=_browser,
        device=st.sampled_from([None, "analytics.js", "ios"]),
        campaign_name=st.sampled_from([None, None, "spring"]),
        referrer=st.sampled_from([None, "https://Search.example/?q=x", "https://b.example/a?c", "odd"]),
        **_delivery,
    ),
    st.builds(alias, st.sampled_from(["browser", *USERS[:4]]), st.sampled_from(USERS[:4]), **_delivery),
)


def events() -> st.SearchStrategy[Row]:
    """Random events of few users, posts and instants, as of few objects."""
    return _event


def networks() -> st.SearchStrategy[Rows]:
    """Random networks of some hundred events of a few users, in an order of arrival that has nothing to do with time.

    Crowded on purpose: every pair meets several times, and many events share an instant.
    """
    return st.lists(_event, min_size=150, max_size=400).map(staged)


def visits() -> st.SearchStrategy[Rows]:
    """Events of few people over some weeks, often about half an hour apart: sessions and weeks begin and end."""
    instant = st.builds(
        lambda day, minutes, more: START + timedelta(days=day, minutes=minutes) + more,
        st.sampled_from([0, 1, 6, 7, 8, 13, 14, 20, 28, 35]),
        st.sampled_from([0, 10, 29, 30, 31, 60, 61, 1425, 1439]),
        st.sampled_from([timedelta(0), MICROSECOND]),
    )
    return st.lists(st.tuples(_event, instant).map(lambda drawn: {**drawn[0], "timestamp": drawn[1]}), max_size=60).map(
        staged
    )


def pairs() -> st.SearchStrategy[Rows]:
    """Follows and unfollows alone, so that each pair has a long history."""
    few = st.sampled_from(USERS[:4])
    turn = st.one_of(st.builds(follow, few, few, **_delivery), st.builds(unfollow, few, few, **_delivery))
    return st.lists(turn, min_size=150, max_size=400).map(staged)
