"""Where the staged columns of the social domain come from in a Segment message, for people and for lineage."""

from __future__ import annotations

from tributary.assets.factory.lineage import Lineage, Source
from tributary.assets.social.raw_assets import SOCIAL_EVENTS
from tributary.assets.social.tables import FOLLOWS, OTHERS, POSTS, RECORD_OFFSET, SOURCE_OBJECT, UNFOLLOWS, USERS

_DELIVERY = {
    "message_id": ("messageId",),
    "timestamp": ("timestamp", "originalTimestamp", "sentAt", "receivedAt"),
    "sent_at": ("sentAt",),
    "received_at": ("receivedAt",),
}
_FOLLOW: dict[str, tuple[str, ...]] = {"user_id": ("userId",), "user_id_recipient": ("properties.user_id",)}
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    USERS.key: {
        "user_id": ("userId",),
        "username": ("traits.username",),
        "email": ("traits.email",),
        "about_me": ("traits.about_me",),
        "traits": ("traits",),
    },
    POSTS.key: {
        "post_id": ("properties.post_id", "properties.id", "messageId"),
        "user_id": ("properties.author", "userId"),
        "published_at": ("properties.created_at", "timestamp"),
        "body": ("properties.body",),
    },
    FOLLOWS.key: _FOLLOW,
    UNFOLLOWS.key: _FOLLOW,
    OTHERS.key: {
        "type": ("type",),
        "event": ("event",),
        "user_id": ("userId",),
        "anonymous_id": ("anonymousId",),
        "properties": ("properties", "traits"),
    },
}


def _lineage(fields: dict[str, tuple[str, ...]]) -> Lineage:
    found = {
        column: tuple(Source(SOCIAL_EVENTS, field) for field in names)
        for column, names in {**fields, **_DELIVERY}.items()
    }
    return {**found, SOURCE_OBJECT: (), RECORD_OFFSET: ()}


LINEAGE = {key: _lineage(fields) for key, fields in _FIELDS.items()}
