"""Where the staged columns of the source `social` come from in a Segment message, for people and for lineage."""

from __future__ import annotations

from tributary.assets.social.event_types import CONTEXT_FIELDS
from tributary.assets.social.tables import EVENTS, OTHERS, USERS

_CALLER = {
    "anonymous_id": ("anonymousId",),
    **{field.name: field.paths for field in CONTEXT_FIELDS},
}
_DELIVERY = {
    "message_id": ("messageId",),
    "timestamp": ("timestamp", "originalTimestamp", "sentAt", "receivedAt"),
    "sent_at": ("sentAt",),
    "received_at": ("receivedAt",),
}
_OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    USERS.key: {
        "user_id": ("userId",),
        "username": ("traits.username",),
        "email": ("traits.email",),
        "about_me": ("traits.about_me",),
        "traits": ("traits",),
    },
    OTHERS.key: {
        "type": ("type",),
        "event": ("event",),
        "user_id": ("userId",),
        "previous_id": ("previousId",),
        "properties": ("properties", "traits"),
    },
}
_EVENTS = {table.key: {field.name: field.paths for field in event.fields} for event, table in EVENTS.items()}

FIELDS = {key: {**fields, **_CALLER, **_DELIVERY} for key, fields in {**_EVENTS, **_OTHERS}.items()}
"""By table, the paths in a message that each of its columns comes from."""
