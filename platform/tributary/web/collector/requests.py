"""What a request to the collector holds: the messages of its body, each still text, and what it says for all of them.

How the body comes in is in `body`; whether the key is right in `write_key`; what a message must be in `messages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tributary.resources.segment.documents import BOM, value
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import micros_of
from tributary.web.collector.answers import RequestRefused
from tributary.web.collector.messages import MAX_MESSAGE_BYTES
from tributary.web.collector.outline import outline

MAX_BATCH_BYTES = 500 * 1024
"""Segment's limit of a batch, in bytes as sent, or once unpacked."""

MAX_BATCH_MESSAGES = 2_500
"""Segment's limit of the messages in a batch."""

MAX_SHARED_BYTES = 8 * 1024 * 1024
"""What a batch's context and integrations may come to, once each message has its copy of them."""

_NOTHING = msgspec.Raw(b"")


class _Body(msgspec.Struct, rename="camel"):
    """The body of a batch. Its parts stay text, so that each can be measured and refused alone."""

    batch: list[msgspec.Raw]
    write_key: msgspec.Raw = _NOTHING
    sent_at: msgspec.Raw = _NOTHING
    context: msgspec.Raw = _NOTHING
    integrations: msgspec.Raw = _NOTHING


@dataclass(frozen=True)
class OddPart:
    """A part of a batch that says something for all messages, and cannot be used: they are taken without it."""

    field: str
    data: bytes
    reason: str


@dataclass(frozen=True)
class Batch:
    """A batch: its messages as text, and what it says for all; `sent` is `sent_at` in microseconds since 1970.

    `is_json` says whether the body as a whole is JSON, or only parts of it are.
    """

    messages: Sequence[bytes]
    is_json: bool
    write_key: Any
    sent_at: Any
    sent: int | None
    context: dict[str, Any]
    integrations: dict[str, Any]
    odd: Sequence[OddPart]


_bodies = msgspec.json.Decoder(_Body)


def read_batch(body: bytes) -> Batch:
    """Read the body of a batch, and nothing of its messages.

    Raises:
        RequestRefused: it is no batch, or one of too many messages.
    """
    messages, is_json, parts = _parts(body)
    if len(messages) > MAX_BATCH_MESSAGES:
        raise RequestRefused(413, "too_large", f"A batch may have {MAX_BATCH_MESSAGES} messages; send several.")
    odd: list[OddPart] = []
    sent_at = _read("sentAt", parts["sentAt"], odd)
    try:
        sent = micros_of(sent_at, "sentAt")
    except BadMessage as bad:
        odd.append(OddPart("sentAt", parts["sentAt"], str(bad)))
        sent_at = sent = None
    context, integrations = (_shared(name, parts[name], len(messages), odd) for name in ("context", "integrations"))
    return Batch(messages, is_json, _read("writeKey", parts["writeKey"], []), sent_at, sent, context, integrations, odd)


def key_in(body: bytes) -> Any:
    """The write key in a body that is none, as far as one can be found."""
    return _read("writeKey", outline(body, b"batch").values.get(b"writeKey", b""), [])


def _parts(body: bytes) -> tuple[list[bytes], bool, dict[str, bytes]]:
    body = body.removeprefix(BOM)
    try:
        found = _bodies.decode(body)
        parts = {
            "writeKey": bytes(found.write_key),
            "sentAt": bytes(found.sent_at),
            "context": bytes(found.context),
            "integrations": bytes(found.integrations),
        }
        return [bytes(one) for one in found.batch], True, parts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # one odd value is enough; the others are looked for one by one
    if not body.lstrip().startswith(b"{"):
        raise _unreadable("neither JSON in UTF-8 nor a batch; send an object with a list `batch`")
    told_apart = outline(body, b"batch")
    if told_apart.items is None:
        raise _unreadable("not a batch; send an object with a list `batch`")
    names = ("writeKey", "sentAt", "context", "integrations")
    return told_apart.items, False, {name: told_apart.values.get(name.encode(), b"") for name in names}


def _read(field: str, data: bytes, odd: list[OddPart]) -> Any:
    """The value of a part; None where it is absent, or odd, which is noted."""
    try:
        return value(data) if data else None
    except BadMessage as bad:
        odd.append(OddPart(field, data, f"{field}: {bad}"))
        return None


def _shared(field: str, data: bytes, messages: int, odd: list[OddPart]) -> dict[str, Any]:
    """What a part gives to each message."""
    if len(data) > MAX_MESSAGE_BYTES or len(data) * messages > MAX_SHARED_BYTES // 2:
        odd.append(OddPart(field, data, f"{field} is too large for each message of the batch"))
        return {}
    found = _read(field, data, odd)
    if found is None or isinstance(found, dict):
        return found or {}
    odd.append(OddPart(field, data, f"{field} is not an object"))
    return {}


def _unreadable(why: str) -> RequestRefused:
    return RequestRefused(400, "invalid_body", f"The body is {why}.")
