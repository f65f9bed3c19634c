"""What a request carries: refused at once where it is too large, and handed to an application when it is whole.

An application that waits for a body in a thread would be stopped by a few senders that never end, so none waits: bodies
are gathered here, where waiting costs a socket and nothing else. How long that may take is `patience`'s matter.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive

LINGER_SECONDS = 0.5
LINGER_BYTES = 256 * 1024
"""For so long, and so much, a sender whose body is refused is listened to after its answer: most look for the answer
only when they can send no more, and would see a broken connection instead."""


class TooLarge(Exception):
    """A body above the limit."""


class NoRoom(Exception):
    """Too many bytes of bodies under way at once."""


class Disconnected(Exception):
    """The sender went before the body was whole."""


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a body follows (RFC 9112, 6.3)."""
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def announced(headers: Mapping[bytes, bytes]) -> int:
    """The bytes that Content-Length announces; 0 where it does not."""
    length = headers.get(b"content-length", b"")
    # The server refuses what is no number; a number too long to be one is larger than any limit.
    return int(length[:20]) if length.isdigit() else 0


@dataclass
class Gathering:
    """Gathers the bodies of a server, all of those under way together within `room` bytes."""

    room: int = 64 * 1024 * 1024

    async def whole(self, receive: Receive, largest: int) -> bytes:
        """The whole body of a request.

        Raises:
            TooLarge: it goes on after `largest` bytes; the rest was not read.
            NoRoom: too much is under way at once.
            Disconnected: it ends early.
        """
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Disconnected
                part = message.get("body", b"")
                size, self.room = size + len(part), self.room - len(part)
                if size > largest:
                    raise TooLarge
                if self.room < 0:
                    raise NoRoom
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
        finally:
            self.room += size


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was gathered as one message, and then what the server says."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return first.pop() if first else await receive()

    return again


async def linger(receive: Receive) -> None:
    """Throw away what a refused sender still sends, for a moment."""
    end = time.monotonic() + LINGER_SECONDS
    size = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while size <= LINGER_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                size += len(message.get("body", b""))
            # Not read any more: the sender stops where the buffers between are full, and can look for the answer.
            await asyncio.sleep(end - time.monotonic())
    except TimeoutError:
        return
