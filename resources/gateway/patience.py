"""How long a connection may take: to send a request's head, to send its body, to read the answer.

uvicorn bounds only the time between two requests. Without these bounds a sender that never ends, or never reads, holds
what it has for ever; with them it costs a socket for seconds. How large a body may be is the matter of `bodies`.
"""

from __future__ import annotations

import resource
from asyncio import TimerHandle, Transport
from typing import Any, ClassVar, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""A request's line and headers at most."""

DISCARDED_BYTES = 1024 * 1024
"""What is thrown away at most of a body that the application answered without reading it."""

_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_NOT_READ = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_SPARE_FILES = 200


class Limits(NamedTuple):
    """Seconds that are allowed.

    Args:
        head: for a request's line and headers, from the connection's begin or the first byte after the last request;
            for the rest of a body, too, that was answered before it was read.
        body: for a whole body.
        pause: between two parts of a body.
        reading: for the client to take more of an answer that it does not read.
    """

    head: float = 10.0
    body: float = 60.0
    pause: float = 10.0
    reading: float = 30.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a connection, with limits. The server makes one for each connection."""

    limits: ClassVar[Limits] = Limits()
    most: ClassVar[int] = max(64, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_FILES)
    """Connections at most; one more takes the place of the one that has been silent for longest in mid-request."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._begun = self.heard = self.loop.time()
        self._heads_since: float | None = self._begun
        self._stuck_since: float | None = None
        self._unclaimed = 0
        self._in_head = True
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._interval, self._look)
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        super().data_received(data)
        if self.serving:
            self._unclaimed = 0
            return
        self._unclaimed += len(data)
        if self._discarding:
            if self._unclaimed > DISCARDED_BYTES:
                self.transport.abort()
        elif self._unclaimed > HEAD_BYTES:
            self._end(_TOO_LONG)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body in chunks would otherwise stand among the headers after they were looked at.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._heads_since, self._begun, self._unclaimed = None, self.heard, 0
        if not self.url.startswith(b"/"):
            self._take_authority()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop()
        super().handle_websocket_upgrade()
        # A handshake that its parser does not take, as one with a body, it leaves open without an answer for ever.
        if not getattr(self.transport.get_protocol(), "handshake_initiated", True):
            self._end(_NOT_READ)

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    @property
    def _interval(self) -> float:
        return min(1.0, min(self.limits) / 4)

    @property
    def serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _discarding(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    @property
    def _idle(self) -> bool:
        """Whether all that came is answered: how long it may be silent then is uvicorn's `timeout_keep_alive`."""
        return self.cycle is not None and not (self.serving or self._discarding or self._unclaimed)

    def _take_authority(self) -> None:
        """The host of an absolute target takes the place of Host (RFC 9112, 3.2.2)."""
        _, found, rest = self.url.partition(b"://")
        if not found:
            return
        authority = rest.partition(b"/")[0].partition(b"?")[0]
        self.headers[:] = [(name, value) for name, value in self.headers if name != b"host"]
        self.headers.append((b"host", authority))
        target = rest[len(authority) :]
        self.url = target if target.startswith(b"/") else b"/" + target

    def _look(self) -> None:
        """Look at the connection from time to time, and end it where it took too long."""
        now = self.loop.time()
        if self.transport.is_closing() and self._stuck_since is None:
            self._stuck_since = now
        if self._stuck_since is not None and now - self._stuck_since > self.limits.reading:
            self.transport.abort()
        elif self.serving:
            if self._body_is_late(now):
                self._end(b"" if self.cycle.response_started else _TIMEOUT)
        elif not self._idle:
            self._heads_since = now if self._heads_since is None else self._heads_since
            if now - self._heads_since > self.limits.head:
                self._end(_TIMEOUT if self._unclaimed else b"")
        self._timer = self.loop.call_later(self._interval, self._look)

    def _body_is_late(self, now: float) -> bool:
        # Reading is paused while the application has not taken what came: that is not the sender's fault.
        if not self.cycle.more_body or self.flow.read_paused:
            return False
        return now - self._begun > self.limits.body or now - self.heard > self.limits.pause

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            if answer:
                self.transport.write(answer)
            self.transport.close()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _make_room(self) -> None:
        waiting = [
            one
            for one in self.connections
            if isinstance(one, PatientProtocol) and one is not self and (not one.serving or one.cycle.more_body)
        ]
        min(waiting, key=lambda one: one.heard, default=self).transport.abort()
