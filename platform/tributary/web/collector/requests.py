"""What a request to the collector holds: the messages of its body, each read for itself, and the body's write key.

How the body comes in is in `body`; whether the key is right in `write_key`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tributary.web.collector.errors import MessageRefused, RequestRefused
from tributary.web.collector.messages import MAX_MESSAGE_BYTES, read

MAX_BATCH_BYTES = 500 * 1024
"""Segment's limit of a batch, in bytes as sent, or once unpacked."""

MAX_BATCH_MESSAGES = 2_500
"""Segment's limit of the messages in a batch."""


MAX_SHARED_BYTES = 8 * 1024 * 1024
"""What a batch's context and integrations may come to, once each message has its copy of them."""


class Batch(msgspec.Struct, rename="camel"):
    """The body of a batch. Its messages stay text, so that each can be measured and refused alone."""

    batch: list[msgspec.Raw]
    write_key: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


_batches = msgspec.json.Decoder(Batch)
_encoder = msgspec.json.Encoder()


def limit_of(kind: str | None) -> int:
    """How many bytes a body may have: of one call of this kind, or of a batch (None)."""
    return MAX_BATCH_BYTES if kind is None else MAX_MESSAGE_BYTES


def read_batch(body: bytes) -> Batch:
    """Read the body of a batch, and nothing of its messages.

    Raises:
        RequestRefused: it is no batch, or one of too many messages.
    """
    try:
        found = _batches.decode(body)
    except msgspec.ValidationError:
        raise _unreadable("not a batch; send an object with a list `batch`, and `sentAt` as text") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unreadable("not valid JSON in UTF-8") from None
    if len(found.batch) > MAX_BATCH_MESSAGES:
        raise RequestRefused(413, "too_large", f"A batch may have {MAX_BATCH_MESSAGES} messages; send several.")
    shared = len(_encoder.encode((found.context, found.integrations)))
    if shared > MAX_MESSAGE_BYTES or shared * len(found.batch) > MAX_SHARED_BYTES:
        raise RequestRefused(
            413,
            "too_large",
            "The batch's context and integrations are too large for each of its messages; send several.",
        )
    return found


def read_single(body: bytes) -> dict[str, Any]:
    """Read the body of a single call.

    Raises:
        RequestRefused: it is no JSON object.
    """
    try:
        return read(body)
    except MessageRefused as refusal:
        raise RequestRefused(400, "invalid_body", f"The body cannot be read: {refusal}") from None


def _unreadable(why: str) -> RequestRefused:
    return RequestRefused(400, "invalid_body", f"The body is {why}.")
