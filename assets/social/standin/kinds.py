"""The names of the network's events, and the kinds of messages that are told apart. Nothing is imported here."""

from __future__ import annotations

POST, FOLLOW, UNFOLLOW, LIKE, SEARCH = "Post Created", "Follow User", "Unfollow User", "Post Liked", "Search Performed"
IDENTIFY, OTHER = "identify", "other"
KINDS = (IDENTIFY, POST, FOLLOW, UNFOLLOW, OTHER)
"""`other` is every event and call that is none of the rest."""


def kind_of(call: str, event: str) -> str:
    """Which of `KINDS` a message is, by Segment's kind of call and, of a track call, the event's name."""
    if call == "identify":
        return IDENTIFY
    return event if call == "track" and event in KINDS else OTHER
