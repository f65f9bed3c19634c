"""A message as it was sent, decoded as quickly as can be.

Nothing is judged: every field takes any value, so that one odd value does not spoil the decoding of its neighbours.
The fields: https://segment.com/docs/connections/spec/common/
"""

from __future__ import annotations

from typing import Any

import msgspec

_NOTHING = msgspec.Raw(b"")


class Message(msgspec.Struct, gc=False):
    """A record as it was sent. Absent fields are None, or empty where the field is kept as JSON."""

    type: Any = None
    event: Any = None
    userId: Any = None  # noqa: N815 - the names are Segment's
    anonymousId: Any = None  # noqa: N815
    messageId: Any = None  # noqa: N815
    timestamp: Any = None
    sentAt: Any = None  # noqa: N815
    receivedAt: Any = None  # noqa: N815
    properties: msgspec.Raw = _NOTHING
    traits: msgspec.Raw = _NOTHING
    context: msgspec.Raw = _NOTHING
    name: Any = None
    category: Any = None
    groupId: Any = None  # noqa: N815
    previousId: Any = None  # noqa: N815


MESSAGES = msgspec.json.Decoder(Message)
