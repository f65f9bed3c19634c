"""Actions as Segment messages: what a library sends, and what a collector makes of it.

Shapes as in Segment's specification (https://segment.com/docs/connections/spec/common/). When a message is sent and
received is decided in `delivery`; here it is only written down.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from tributary.assets.social.standin.actions import POST, Action
from tributary.assets.social.standin.chance import uuid_of
from tributary.assets.social.standin.devices import SITE
from tributary.assets.social.standin.people import Person

_IDS = ("user_id", "author")


def iso(milliseconds: int) -> str:
    """A time in milliseconds since 1970 as ISO 8601 in UTC, to the millisecond, with Z."""
    return iso_with_offset(milliseconds)[:-6] + "Z"


def iso_with_offset(milliseconds: int) -> str:
    """As `iso`, with the offset +00:00."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def message_of(action: Action, person: Person, at_ms: int, rng: Random) -> dict[str, Any]:
    """`action` as the library of the person's device tells it; `at_ms` is when it was done, by the right clock.

    The time of the call is left to the caller, since the device's clock may be wrong.
    """
    device = person.device
    message: dict[str, Any] = {"type": action.kind, "messageId": uuid_of(rng)}
    # A server's library knows of no browser, and names somebody unknown only where it knows nobody.
    if device.channel != "server" or not action.known:
        message["anonymousId"] = device.anonymous_id
    if action.known:
        message["userId"] = person.user_id
    page = {"path": action.path, "referrer": "", "search": "", "title": action.name, "url": SITE + action.path}
    if action.kind == "track":
        message["event"] = action.name
        message["properties"] = action.body
        if action.name == POST:
            message["properties"] = {**action.body, "created_at": iso(at_ms)}
        page["title"] = "Wrenfield"
    elif action.kind in ("page", "screen"):
        message["name"] = action.name
        message["properties"] = {"name": action.name, **page} if action.kind == "page" else {"name": action.name}
    elif action.kind == "group":
        message["groupId"] = action.name
        message["traits"] = action.body
    elif action.kind == "alias":
        message["previousId"] = action.name
    else:
        message["traits"] = action.body
        page["title"] = "Wrenfield"
    context = {**device.context, "page": page} if device.has_pages else device.context
    if not action.known:
        # What brought somebody is in the address, and so in the context, until they move on.
        if person.touch.campaign is not None:
            context = {**context, "campaign": person.touch.campaign}
        page["referrer"] = person.touch.referrer if action.path == "/" else SITE + "/"
    message["context"] = context
    message["integrations"] = {}
    return message


def with_numeric_ids(message: dict[str, Any]) -> dict[str, Any]:
    """`message` as a client sends it that takes ids for numbers."""
    changed = dict(message)
    if "userId" in changed:
        changed["userId"] = int(changed["userId"])
    if "properties" in changed:
        changed["properties"] = {
            name: int(value) if name in _IDS else value for name, value in changed["properties"].items()
        }
    return changed


def collected(
    message: dict[str, Any], channel: str, original_ms: int, sent_ms: int, received_ms: int
) -> dict[str, Any]:
    """`message` as the collector completes it.

    `original_ms` and `sent_ms` are by the sender's clock, `received_ms` by the collector's; `timestamp` is corrected by
    their difference, as Segment does: received - (sent - original).
    """
    # Servers' libraries write the offset where browsers and phones write Z.
    of_sender = iso_with_offset if channel == "server" else iso
    return {
        **message,
        "originalTimestamp": of_sender(original_ms),
        "sentAt": of_sender(sent_ms),
        "receivedAt": iso(received_ms),
        "timestamp": iso(received_ms - (sent_ms - original_ms)),
        "channel": channel,
        "version": 2,
    }
