"""From one message as it was sent to the record that goes into the stream: checked and completed.

A record is the message as it was sent, less any write key, with what Segment's own collector adds. The kinds of call
and what each must hold are from https://segment.com/docs/connections/spec/ and the calls' pages there; what is JSON and
how times are reckoned is said for all in `resources.segment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

import msgspec

from tributary.resources.segment.documents import document
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import EPOCH, MICROSECOND, believable, happened, micros_of
from tributary.resources.segment.kinds import KINDS, REFUSED
from tributary.resources.stream import Record
from tributary.resources.stream.model import MAX_RECORD_BYTES

MAX_MESSAGE_BYTES = 32 * 1024
"""Segment's limit of one message, in bytes as sent."""

VERSION = 2
"""Segment's version of the format, at the top level of every message."""

_ROOM_BYTES = 1_000
"""What a record of a refused message may need beside the message."""

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Arrival:
    """What the messages of one request have in common.

    `received` is in UTC; `channel` is `server` or `client`; `sent_at` (and `sent`, in microseconds since 1970),
    `context` and `integrations` are the batch's, for messages which do not say otherwise.
    """

    received: datetime
    channel: str
    ip: str | None
    sent_at: str | int | float | None = None
    sent: int | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    integrations: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def micros(self) -> int:
        """`received` in microseconds since 1970."""
        return (self.received - EPOCH) // MICROSECOND

    @cached_property
    def text(self) -> str:
        """`received` as messages hold it."""
        return written(self.received)


def now() -> datetime:
    """This moment in UTC, in whole milliseconds, as it is written."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def read(data: bytes) -> dict[str, Any]:
    """The message that is the JSON text `data`.

    Raises:
        BadMessage: it is no JSON object that can be taken, or too large.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadMessage(f"it is above {MAX_MESSAGE_BYTES} bytes")
    return document(data)


def completed(message: dict[str, Any], arrival: Arrival, kind: str | None = None) -> Record:
    """The record of a message, which is changed on the way; `kind` is that of the endpoint, where it has one.

    Raises:
        BadMessage: the message breaks a rule.
    """
    message.pop("writeKey", None)
    if kind is not None and message.setdefault("type", kind) != kind:
        raise BadMessage(f"type does not fit the endpoint, which takes {kind} calls")
    sender = check(message)
    _add_times(message, arrival)
    if message.get("messageId") in (None, ""):
        message["messageId"] = str(uuid4())
    message["context"] = context = {**arrival.context, **(message.get("context") or {})}
    if context.get("ip") is None and arrival.ip is not None:
        context["ip"] = arrival.ip
    message["integrations"] = {**arrival.integrations, **(message.get("integrations") or {})}
    message.setdefault("channel", arrival.channel)
    message["version"] = VERSION
    return Record(_encoder.encode(message), sender)


def refused(data: bytes, reason: str, arrival: Arrival) -> Record:
    """The record of what was not taken, so that it ends up in quarantine with its reason, and not nowhere.

    It goes in as text, since it may be anything; whole, unless that makes a record too large for the stream.
    """
    record = _refused(data, len(data), reason, arrival)
    if len(record) > MAX_RECORD_BYTES - _ROOM_BYTES:
        record = _refused(data[:MAX_MESSAGE_BYTES], len(data), reason, arrival)
    return Record(record, REFUSED)


def _refused(data: bytes, size: int, reason: str, arrival: Arrival) -> bytes:
    record = {
        "type": REFUSED,
        "reason": reason,
        "receivedAt": arrival.text,
        "message": data.decode("utf-8", errors="backslashreplace"),
        "bytes": size,
    }
    return _encoder.encode(record)


def written(moment: datetime) -> str:
    """A moment in UTC as messages hold it: ISO 8601 with milliseconds and `Z`."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def _add_times(message: dict[str, Any], arrival: Arrival) -> None:
    if message.get("sentAt") is not None:
        sent = micros_of(message["sentAt"], "sentAt")
    else:
        sent = arrival.sent
        if arrival.sent_at is not None:
            message["sentAt"] = arrival.sent_at
    if message.get("originalTimestamp") is None and message.get("timestamp") is not None:
        message["originalTimestamp"] = message["timestamp"]
    original = micros_of(message.get("originalTimestamp"), "timestamp")
    message["receivedAt"] = message["timestamp"] = arrival.text
    if original is not None:
        micros = believable(happened(arrival.micros, sent, original), "timestamp, corrected by sentAt,")
        message["timestamp"] = written(EPOCH + timedelta(microseconds=micros))


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
