"""Where the staged columns of the meetup domain come from in Meetup's groups and events, for people and for lineage."""

from __future__ import annotations

from tributary.assets.factory.lineage import Lineage, Source
from tributary.assets.meetup.raw_assets import MEETUP_EVENTS, MEETUP_GROUPS
from tributary.assets.meetup.tables import (
    EVENTS,
    GROUP_TOPICS,
    GROUPS,
    LOCAL_DATE,
    SNAPSHOT_DATE,
    SOURCE_OBJECT,
    VENUES,
)
from tributary.resources.warehouse.table import Table

Fields = dict[str, tuple[str, ...]]

_GROUPS: Fields = {
    "group_id": ("id",),
    "is_private": ("isPrivate",),
    "join_mode": ("joinMode",),
    "postal_code": ("zip",),
    "founded_at": ("foundedDate",),
    "category_id": ("topicCategory.id",),
    "category": ("topicCategory.name",),
    "members": ("stats.memberCounts.all",),
    "organisers": ("stats.memberCounts.leadership",),
    "rating": ("stats.eventRatings.average", "stats.eventRatings.totalRatings"),
    "ratings": ("stats.eventRatings.totalRatings",),
}
_TOPICS: Fields = {
    "group_id": ("id",),
    "topic_id": ("activeTopics.id",),
    "topic": ("activeTopics.name",),
    "urlkey": ("activeTopics.urlkey",),
}
_EVENTS: Fields = {
    "event_id": ("token",),
    "meetup_id": ("id",),
    "group_id": ("group.id",),
    "group_urlname": ("group.urlname",),
    LOCAL_DATE: ("dateTime",),
    "starts_at": ("dateTime",),
    "local_start": ("dateTime",),
    "utc_offset_minutes": ("dateTime",),
    "ends_at": ("endTime", "dateTime", "duration"),
    "duration_minutes": ("duration",),
    "created_at": ("createdTime",),
    "event_url": ("eventUrl",),
    "event_type": ("eventType",),
    "is_online": ("eventType", "venues.venueType"),
    "is_cancelled": ("status",),
    "max_tickets": ("maxTickets",),
    "fee_amount": ("feeSettings.amount",),
    "fee_currency": ("feeSettings.currency",),
    "fee_required": ("feeSettings.required",),
    "yes_rsvps": ("rsvps.yesCount",),
    "no_rsvps": ("rsvps.noCount",),
    "waitlist": ("rsvps.waitlistCount",),
    "attended": ("rsvps.attendedCount",),
    "no_shows": ("rsvps.noShowCount",),
    "total_rsvps": ("rsvps.totalCount",),
    "series_id": ("series.id",),
    "topic_ids": ("topics.edges.node.id",),
}
_VENUES: Fields = {
    "event_id": ("token",),
    LOCAL_DATE: ("dateTime",),
    "position": ("venues",),
    "venue_id": ("venues.id",),
    "postal_code": ("venues.postalCode",),
    "venue_type": ("venues.venueType",),
    **{name: (f"venues.{name}",) for name in ("name", "address", "city", "state", "country", "lat", "lon")},
}


def _lineage(table: Table, raw: str, fields: Fields) -> Lineage:
    """Where a column has no other name in Meetup's schema, it has its own; the object's key tells its own day."""
    of_the_key: Fields = {SOURCE_OBJECT: (), SNAPSHOT_DATE: ()}
    named = {**{name: (name,) for name in table.column_names}, **fields, **of_the_key}
    return {name: tuple(Source(raw, field) for field in named[name]) for name in table.column_names}


LINEAGE: dict[str, Lineage] = {
    GROUPS.key: _lineage(GROUPS, MEETUP_GROUPS, _GROUPS),
    GROUP_TOPICS.key: _lineage(GROUP_TOPICS, MEETUP_GROUPS, _TOPICS),
    EVENTS.key: _lineage(EVENTS, MEETUP_EVENTS, _EVENTS),
    VENUES.key: _lineage(VENUES, MEETUP_EVENTS, _VENUES),
}
