"""Sends events to a collector over keep-alive connections, as fast as it answers: a process of its own.

`python -m bench.collector_sender PORT REQUESTS SIZE CONNECTIONS` sends REQUESTS requests in all: single track calls
where SIZE is 1, else batches of SIZE. Each connection has one request under way, and latency is what a sender waits
for. The result is one line of JSON. Bare sockets, since a client library costs more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import sys
import time
import uuid

import uvloop

from bench.collector_server import WRITE_KEY

_AUTHORIZATION = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
_END = b'{"success":true}'


def message(number: int) -> dict[str, object]:
    """A track call of usual size, some 500 bytes."""
    return {
        "type": "track",
        "messageId": str(uuid.uuid4()),
        "userId": f"user-{number % 5_000}",
        "event": "Post Created",
        "properties": {"author": f"user-{number % 5_000}", "post_id": f"post-{number}", "body": "word " * 30},
        "context": {"library": {"name": "bench", "version": "1"}, "locale": "en-GB"},
        "timestamp": "2026-01-31T12:00:00.000Z",
    }


def request(port: int, number: int, size: int) -> bytes:
    """A whole HTTP request."""
    if size == 1:
        path, content = "/v1/track", message(number)
    else:
        batch = [message(number * size + place) for place in range(size)]
        path, content = "/v1/batch", {"batch": batch, "sentAt": "2026-01-31T12:00:01.000Z"}
    body = json.dumps(content).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Basic {_AUTHORIZATION}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Sender(asyncio.Protocol):
    """One connection: takes the next request when the last one was answered."""

    def __init__(self, requests: list[bytes], latencies: list[float], done: asyncio.Future[None]) -> None:
        self._requests, self._latencies, self._done = requests, latencies, done
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(_END):
            return
        self._latencies.append(time.perf_counter() - self._began)
        if not self._received.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(RuntimeError(f"the collector answered {self._received[:200]!r}"))
            return
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        if not self._done.done():
            self._done.set_exception(RuntimeError(f"the connection ended before the work: {self._received[:200]!r}"))

    def _next(self) -> None:
        if not self._requests:
            self._done.set_result(None)
            self._transport.close()
            return
        self._received = b""
        self._began = time.perf_counter()
        self._transport.write(self._requests.pop())


async def send(port: int, requests: list[bytes], connections: int) -> list[float]:
    """Send all requests, and return the seconds that each took."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        end: asyncio.Future[None] = loop.create_future()
        ends.append(end)
        await loop.create_connection(lambda end=end: Sender(requests, latencies, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return latencies


def main(port: str, count: str, size: str, connections: str) -> None:
    """Send, and write the measurement to standard output."""
    requests = [request(int(port), number, int(size)) for number in range(int(count))]
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    latencies = sorted(uvloop.run(send(int(port), requests, int(connections))))
    wall = time.perf_counter() - began
    using = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": using.ru_utime + using.ru_stime - used.ru_utime - used.ru_stime,
                "p50": latencies[len(latencies) // 2],
                "p99": latencies[int(len(latencies) * 0.99)],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
