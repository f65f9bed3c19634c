"""From one message as it was sent to the record that goes into the stream: checked and completed.

A record is the message as it was sent, less any write key, with what Segment's own collector adds. Which messages are
taken is in `rules`, how times are reckoned in `times`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from resources.stream import Record
from tributary.web.collector.errors import MessageRefused
from tributary.web.collector.rules import check
from tributary.web.collector.times import corrected, parse, written

MAX_MESSAGE_BYTES = 32 * 1024
"""Segment's limit of one message, in bytes as sent."""

REFUSED = "refused"
"""The type of records that hold a message which was not taken."""

VERSION = 2
"""Segment's version of the format, at the top level of every message."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


@dataclass(frozen=True)
class Arrival:
    """What the messages of one request have in common.

    `received` is in UTC; `channel` is `server` or `client`; `sent_at`, `context` and `integrations` are the batch's,
    for messages which do not say otherwise.
    """

    received: datetime
    channel: str
    ip: str | None
    sent_at: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    integrations: Mapping[str, Any] = field(default_factory=dict)


def read(data: bytes | msgspec.Raw) -> dict[str, Any]:
    """The message that is the JSON text `data`.

    Raises:
        MessageRefused: it is no JSON object, or too large.
    """
    if len(memoryview(data)) > MAX_MESSAGE_BYTES:
        raise MessageRefused(f"the message is above {MAX_MESSAGE_BYTES} bytes.")
    try:
        message = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MessageRefused("the message is not valid JSON in UTF-8.") from None
    if not isinstance(message, dict):
        raise MessageRefused("the message is not a JSON object.")
    return message


def completed(message: dict[str, Any], arrival: Arrival, kind: str | None = None) -> Record:
    """The record of a message, which is changed on the way; `kind` is that of the endpoint, where it has one.

    Raises:
        MessageRefused: the message breaks a rule.
    """
    message.pop("writeKey", None)
    if kind is not None and message.setdefault("type", kind) != kind:
        raise MessageRefused(f"type does not fit the endpoint, which takes {kind} calls.")
    sender = check(message)
    _add_times(message, arrival)
    if not message.get("messageId"):
        message["messageId"] = str(uuid4())
    message["context"] = context = {**arrival.context, **(message.get("context") or {})}
    if context.get("ip") is None and arrival.ip is not None:
        context["ip"] = arrival.ip
    message["integrations"] = {**arrival.integrations, **(message.get("integrations") or {})}
    message.setdefault("channel", arrival.channel)
    message["version"] = VERSION
    return Record(_encoder.encode(message), sender)


def refused(data: bytes | msgspec.Raw, reason: str, arrival: Arrival) -> Record:
    """The record of a message that was not taken, so that it ends up in quarantine with its reason, and not nowhere.

    The message goes in as text: it may be anything. Of one above the limit only as much as the limit allows.
    """
    text = bytes(memoryview(data)[:MAX_MESSAGE_BYTES]).decode("utf-8", errors="backslashreplace")
    record = {
        "type": REFUSED,
        "reason": reason,
        "receivedAt": written(arrival.received),
        "message": text,
        "bytes": len(memoryview(data)),
    }
    return Record(_encoder.encode(record), REFUSED)


def _add_times(message: dict[str, Any], arrival: Arrival) -> None:
    if message.get("sentAt") is None and arrival.sent_at is not None:
        message["sentAt"] = arrival.sent_at
    if message.get("originalTimestamp") is None and message.get("timestamp") is not None:
        message["originalTimestamp"] = message["timestamp"]
    original = parse("timestamp", message.get("originalTimestamp"))
    sent = parse("sentAt", message.get("sentAt"))
    message["receivedAt"] = written(arrival.received)
    message["timestamp"] = written(corrected(arrival.received, sent, original))
