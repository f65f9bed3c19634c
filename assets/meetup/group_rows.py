"""A raw group as rows: one of `staged.meetup_groups`, and one of `staged.meetup_group_topics` for each topic."""

from __future__ import annotations

from datetime import date

from tributary.assets.factory.reading import Row
from tributary.assets.meetup.tables import SNAPSHOT_DATE
from tributary.assets.meetup.values import (
    Node,
    flag,
    in_utc,
    moment,
    needed,
    part,
    parts,
    place,
    real,
    text,
    whole,
)


def group_rows(node: Node, day: date | None) -> tuple[Row, list[Row]]:
    """The row of a group that stands in the snapshot of `day`, and those of its topics.

    Raises:
        DoesNotFit: it is no group, or holds what no column can.
    """
    identifier = needed(node, "id")
    category, stats = part(node, "topicCategory"), part(node, "stats")
    counts, ratings = part(stats, "memberCounts"), part(stats, "eventRatings")
    lat, lon = place(node)
    rated = whole(ratings, "totalRatings")
    row = {
        "group_id": identifier,
        SNAPSHOT_DATE: day,
        "urlname": needed(node, "urlname"),
        "name": needed(node, "name", may_be_empty=True),
        "description": text(node, "description"),
        "link": text(node, "link"),
        "status": needed(node, "status"),
        "is_private": flag(node, "isPrivate"),
        "join_mode": text(node, "joinMode"),
        "city": text(node, "city"),
        "state": text(node, "state"),
        "country": text(node, "country"),
        "postal_code": text(node, "zip"),
        "lat": lat,
        "lon": lon,
        "timezone": text(node, "timezone"),
        "founded_at": in_utc(moment(node, "foundedDate"), "foundedDate"),
        "category_id": text(category, "id"),
        "category": text(category, "name"),
        "members": whole(counts, "all"),
        "organisers": whole(counts, "leadership"),
        "rating": real(ratings, "average") if rated else None,
        "ratings": rated,
    }
    topics = {
        needed(topic, "id"): {
            "group_id": identifier,
            SNAPSHOT_DATE: day,
            "topic_id": needed(topic, "id"),
            "topic": needed(topic, "name"),
            "urlkey": text(topic, "urlkey"),
        }
        for topic in reversed(parts(node, "activeTopics"))
    }
    return row, [topics[key] for key in sorted(topics)]


def topics_of(node: Node) -> int:
    """How many topics a group lists, each once."""
    return len({topic["id"] for topic in node.get("activeTopics") or ()})
