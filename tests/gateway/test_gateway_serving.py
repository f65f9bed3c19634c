"""A real server under senders that are slow, endless or hostile, while others are answered at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
import websockets.exceptions
import websockets.sync.client
from starlette.types import Message, Receive, Scope, Send
from tests.gateway.serving import Served, form_app, rest, served

from tributary.resources.gateway.bodies import Gathering, NoRoom, TooLarge
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import KnownHosts

LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def seen() -> list[bytes]:
    """The bodies that the application got."""
    return []


@pytest.fixture(scope="module")
def server(seen: list[bytes]) -> Iterator[Served]:
    """A form app behind the gateway."""
    with served(form_app(seen), Policy(KnownHosts(), graphql=frozenset({"/graphql"}))) as found:
        yield found


def head(server: Served, *lines: str, method: str = "POST", target: str = "/") -> bytes:
    """A request's line and headers."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines, "", ""]).encode()


def slowest_of(server: Served, times: int = 20) -> float:
    """The longest that an honest sender waits, in seconds."""
    waits = []
    with httpx.Client(base_url=server.url, timeout=10) as client:
        for _ in range(times):
            begun = time.perf_counter()
            assert client.post("/", content=b"a=1").status_code == 200
            waits.append(time.perf_counter() - begun)
    return max(waits)


def test_senders_that_never_end_stop_nobody_and_are_let_go(server: Served, seen: list[bytes]) -> None:
    seen.clear()
    beginnings = [
        b"",
        b"POST / HTT",
        head(server, "Content-Length: 10")[:-2] + b"X-Slow: ",
        head(server, "Content-Length: 10") + b"12345",
        head(server, "Transfer-Encoding: chunked") + b"5\r\n12345\r\n",
    ]
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(server.connection()) for _ in range(250)]
        for number, opened in enumerate(waiting):
            opened.sendall(beginnings[number % len(beginnings)])
        assert slowest_of(server) < 0.5
        for number, opened in enumerate(waiting):
            opened.settimeout(5)
            told = rest(opened)
            assert told.startswith(b"HTTP/1.1 408 ") or (told == b"" and number % len(beginnings) == 0), told
    assert set(seen) == {b"a=1"}


@pytest.mark.parametrize("begun", [b"POST / HTTP/1.1\r\n", None])
def test_a_sender_that_dribbles_is_let_go_too(server: Served, begun: bytes | None) -> None:
    body = begun is None
    with server.connection() as opened:
        opened.sendall(head(server, "Content-Length: 1000") if begun is None else begun)
        begin = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - begin < 6:
                opened.sendall(b"X: y\r\n" if not body else b"x")
                time.sleep(0.05)
        assert time.monotonic() - begin < 3


def test_blank_lines_after_an_answer_do_not_keep_a_connection(server: Served) -> None:
    with server.connection() as opened:
        opened.sendall(head(server, "Content-Length: 3") + b"a=1")
        opened.recv(65536)
        begin = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - begin < 6:
                opened.sendall(b"\r\n")
                time.sleep(0.05)
        assert time.monotonic() - begin < 3


def test_a_connection_in_use_is_kept(server: Served) -> None:
    with httpx.Client(base_url=server.url) as client:
        ports = set()
        for _ in range(12):
            answer = client.post("/", content=b"a=1")
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(0.15)
    assert len(ports) == 1


def test_a_body_that_is_announced_as_too_large_is_refused_at_once(server: Served, seen: list[bytes]) -> None:
    seen.clear()
    begin = time.monotonic()
    told = server.said(head(server, f"Content-Length: {128 * 1024 * 1024}"))
    assert told.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - begin < 2
    assert seen == []


def test_of_an_endless_body_little_is_read(server: Served, seen: list[bytes]) -> None:
    seen.clear()
    before = psutil.Process().memory_info().rss
    sent = 0
    with server.connection() as opened:
        opened.sendall(head(server, "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with contextlib.suppress(ConnectionError, TimeoutError):
            while sent < 128 * 1024 * 1024:
                opened.sendall(chunk)
                sent += 0x10000
    # What the kernel's buffers on both sides hold counts as sent.
    assert sent < 32 * 1024 * 1024
    assert psutil.Process().memory_info().rss - before < 32 * 1024 * 1024
    assert seen == []
    with server.connection() as opened:
        opened.sendall(head(server, "Transfer-Encoding: chunked") + chunk + chunk)
        assert opened.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_just_the_limit_arrives_whole(server: Served, seen: list[bytes]) -> None:
    seen.clear()
    assert httpx.post(server.url, content=b"x" * LIMIT).status_code == 200
    assert httpx.post(server.url, content=iter([b"y" * 1000] * 60)).status_code == 200
    assert httpx.post(server.url, content=b"x" * (LIMIT + 1)).status_code == 413
    assert [len(body) for body in seen] == [LIMIT, 60_000]


def test_a_head_without_end_is_refused(server: Served) -> None:
    told = b""
    with server.connection() as opened, contextlib.suppress(ConnectionError):
        opened.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(100):
            opened.sendall(b"X: " + b"y" * 1000 + b"\r\n")
            time.sleep(0.001)
        told = rest(opened)
    assert told == b"" or told.startswith(b"HTTP/1.1 431 ")


def test_a_reader_that_never_reads_is_let_go() -> None:
    done = []

    async def endless(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        done.append(True)

    with served(endless) as server, server.connection() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(head(server, method="GET"))
        deadline = time.monotonic() + 10
        while not done and time.monotonic() < deadline:
            time.sleep(0.05)
    assert done


def test_where_all_places_are_taken_the_silent_go_first(seen: list[bytes]) -> None:
    with served(form_app(seen), most=20) as server, contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(server.connection()) for _ in range(60)]
        assert slowest_of(server, 3) < 0.5
        assert waiting[0].recv(1) == b""


def test_an_absolute_target_names_the_host(server: Served) -> None:
    for target, status in ((f"http://127.0.0.1:{server.port}/", b"200"), ("http://evil.example/", b"421")):
        for host in ("evil.example", f"127.0.0.1:{server.port}"):
            request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            assert server.said(request).startswith(b"HTTP/1.1 " + status), (target, host)


def test_hosts_and_origins_on_the_wire(server: Served, seen: list[bytes]) -> None:
    seen.clear()
    own = f"127.0.0.1:{server.port}"
    for lines, status in [
        ([], b"400"),
        ([f"Host: {own}", f"Host: {own}"], b"400"),
        (["Host: evil.example"], b"421"),
        ([f"Host: {own}", "Origin: http://evil.example"], b"403"),
        ([f"Host: {own}", "Origin: null"], b"403"),
        ([f"Host: {own}", f"Origin: http://localhost:{server.port}"], b"200"),
    ]:
        request = "\r\n".join(["POST / HTTP/1.1", *lines, "Content-Length: 1", "Connection: close", "", "x"])
        assert server.said(request.encode()).startswith(b"HTTP/1.1 " + status), lines
    assert seen == [b"x"]


def test_websockets_open_for_the_servers_own_pages_only() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})
        # Longer than any limit of requests.
        await receive()

    with served(echo) as server:
        address = f"ws://127.0.0.1:{server.port}/graphql"
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{server.port + 1}"):
            with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
                websockets.sync.client.connect(address, origin=origin)  # type: ignore[arg-type]
        own = f"http://localhost:{server.port}"
        with websockets.sync.client.connect(address, origin=own) as opened:  # type: ignore[arg-type]
            assert opened.recv() == "hello"
            time.sleep(2)
            opened.send("still there")


HANDSHAKE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 10",),
        ("Transfer-Encoding: chunked",),
        tuple(f"X-{number}: x" for number in range(200)),
        (f"X: {'x' * 10_000}",),
    ],
    ids=lambda lines: lines[0][:20],
)
def test_a_handshake_that_cannot_be_read_is_answered(server: Served, lines: tuple[str, ...]) -> None:
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    assert server.said(head(server, *HANDSHAKE, key, *lines, method="GET")).startswith(b"HTTP/1.1 400 ")


def test_nothing_is_added_to_a_head_after_it_was_looked_at() -> None:
    seen: list[bytes] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        seen.extend(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    trailers = b"1\r\nx\r\n0\r\nOrigin: null\r\nX-Tributary-Principal: x\r\n\r\n"
    with served(application) as server:
        sent = head(server, "Transfer-Encoding: chunked", "Connection: close") + trailers
        assert server.said(sent).startswith(b"HTTP/1.1 204 ")
    assert sorted(seen) == [b"connection", b"host", b"transfer-encoding"]


def test_no_message_is_compressed() -> None:
    async def accept(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    with served(accept) as server, websockets.sync.client.connect(f"ws://127.0.0.1:{server.port}/") as opened:
        assert opened.protocol.extensions == []


def test_no_page_of_another_site_can_frame_an_answer(server: Served) -> None:
    assert httpx.get(server.url).headers["x-frame-options"] == "SAMEORIGIN"


def test_bodies_under_way_have_a_bound_together() -> None:
    async def bodies() -> list[str]:
        gathering = Gathering(room=100)
        ends = asyncio.Event()

        def receiving(size: int) -> Receive:
            parts = iter([b"x" * size])

            async def receive() -> Message:
                part = next(parts, None)
                if part is None:
                    await ends.wait()
                return {"type": "http.request", "body": part or b"", "more_body": part is not None}

            return receive

        waiting = asyncio.create_task(gathering.whole(receiving(80), 90))
        await asyncio.sleep(0)
        with pytest.raises(NoRoom):
            await gathering.whole(receiving(30), 90)
        with pytest.raises(TooLarge):
            await gathering.whole(receiving(95), 90)
        ends.set()
        assert len(await waiting) == 80
        assert len(await gathering.whole(receiving(90), 90)) == 90
        return [str(gathering.room)]

    assert asyncio.run(bodies()) == ["100"]
