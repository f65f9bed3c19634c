"""Which messages are taken: the kinds of call, and what each must hold.

From https://segment.com/docs/connections/spec/ and the calls' pages there. How a message is completed is in `messages`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.kinds import KINDS

_OBJECTS = ("context", "integrations", "properties", "traits")


def check(message: Mapping[str, object]) -> str:
    """Check a message whose type is set, and return who sent it: the user's id, else the anonymous one, as text.

    Raises:
        BadMessage: naming the first rule that it breaks.
    """
    kind = message.get("type")
    if kind not in KINDS:
        raise BadMessage(f"type is none of {', '.join(KINDS)}")
    user, anonymous = _id(message, "userId"), _id(message, "anonymousId")
    sender = user or anonymous
    if not sender:
        raise BadMessage("one of userId and anonymousId is needed")
    event = message.get("event")
    if kind == "track" and not (event and isinstance(event, str)):
        raise BadMessage("a track call needs event, its name as text")
    if kind == "group" and not _id(message, "groupId"):
        raise BadMessage("a group call needs groupId")
    if kind == "alias" and not (user and _id(message, "previousId")):
        raise BadMessage("an alias call needs previousId, the id until now, and userId, the id from now on")
    for name in _OBJECTS:
        if not isinstance(message.get(name), dict | None):
            raise BadMessage(f"{name} is not an object")
    _id(message, "messageId")
    return sender


def _id(message: Mapping[str, object], name: str) -> str:
    """An id as text, empty where there is none. Numbers are ids of senders who count; they stay as they are."""
    value = message.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise BadMessage(f"{name} is neither text nor a number")
