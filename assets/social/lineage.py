"""Where the staged columns of the social domain come from in a Segment message, for people and for lineage."""

from __future__ import annotations

from tributary.assets.social.tables import FOLLOWS, OTHERS, POSTS, UNFOLLOWS, USERS

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

FIELDS = {key: {**fields, **_DELIVERY} for key, fields in _FIELDS.items()}
"""By table, the paths in a message that each of its columns comes from."""
