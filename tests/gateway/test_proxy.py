"""What the proxy hands on: streams, large bodies, headers and websockets, to and from a server of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from tests.gateway.serving import Served, served
from tests.ports import free_port
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tributary.identity.signing import read
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.patience import Limits
from tributary.resources.principal import Principal, Role, roles_up_to, with_principal
from tributary.web.proxy import Upstream

KEY = OctKey.generate_key(256)
WHO = Principal("ada", roles_up_to(Role.OPERATOR), frozenset({"pii"}))
HELD, LEFT = threading.Event(), threading.Event()


async def told(request: Request) -> Response:
    """What arrived."""
    body = await request.body()
    names = [name.decode() for name, _ in request.scope["headers"]]
    answer = JSONResponse(
        {
            "method": request.method,
            "path": request.scope["path"],
            "query": request.scope["query_string"].decode(),
            "headers": dict(request.headers),
            "twice": sorted({name for name in names if names.count(name) > 1}),
            "size": len(body),
        }
    )
    answer.headers.update({"Connection": "X-Hop", "X-Hop": "1", "X-Kept": "1", "Location": f"{request.base_url}x/y"})
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2")
    return answer


async def slowly(_request: Request) -> Response:
    async def parts() -> Any:
        yield b"first"
        await asyncio.to_thread(HELD.wait, 10)
        yield b"second"

    return StreamingResponse(parts())


async def much(_request: Request) -> Response:
    async def parts() -> Any:
        for _ in range(200):
            yield b"x" * 100_000

    return StreamingResponse(parts())


async def counted(request: Request) -> Response:
    size = 0
    async for part in request.stream():
        size += len(part)
    return JSONResponse(size)


async def broken(_request: Request) -> Response:
    async def parts() -> Any:
        yield b"begun"
        raise ConnectionResetError

    return StreamingResponse(parts(), headers={"Content-Length": "100"})


async def endless(_request: Request) -> Response:
    async def parts() -> Any:
        try:
            while True:
                yield b"more"
                await asyncio.sleep(0.01)
        finally:
            LEFT.set()

    return StreamingResponse(parts())


async def echo(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="two" if "two" in websocket.scope["subprotocols"] else None)
    await websocket.send_json({"origin": websocket.headers.get("origin"), "host": websocket.headers["host"]})
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") == "end":
            await websocket.close(4321, "as asked")
            return
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])


BEHIND = Starlette(
    routes=[
        Route("/app/slowly", slowly),
        Route("/app/much", much),
        Route("/app/counted", counted, methods=["POST"]),
        Route("/app/broken", broken),
        Route("/app/endless", endless),
        Route("/app/away", lambda _request: RedirectResponse("https://elsewhere.example/x")),
        WebSocketRoute("/app/echo", echo),
        Route("/app/{path:path}", told, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
)


@contextlib.contextmanager
def proxied(origin: str) -> Iterator[Served]:
    upstream = Upstream("app", origin, KEY)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await upstream(with_principal(scope, WHO), receive, send)

    policy = Policy(hosts=known_hosts(["data.example.com"]), largest_body=lambda _path: None)
    with served(application, policy, limits=Limits()) as found:
        yield found


@pytest.fixture(scope="module")
def behind() -> Iterator[Served]:
    with served(BEHIND, Policy(largest_body=lambda _path: None), limits=Limits()) as found:
        yield found


@pytest.fixture(scope="module")
def front(behind: Served) -> Iterator[Served]:
    with proxied(behind.url) as found:
        yield found


def test_a_request_arrives_as_it_was_sent(front: Served, behind: Served) -> None:
    sent = {
        "Host": "data.example.com",
        "Origin": "https://data.example.com",
        "Referer": "https://data.example.com/x",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=10.0.0.1",
        "X_Under": "1",
        "X-Own": "1",
        "X-Gone": "1",
        "Connection": "X-Gone",
        "Accept-Encoding": "br",
    }
    answer = httpx.put(f"{front.url}/app/a%2Fb%3Fc/%C3%A9;x=1?q=a%2Fb&q=%ff", content=b"x" * 1000, headers=sent)
    found = answer.json()
    assert (found["method"], found["path"], found["query"]) == ("PUT", "/app/a/b?c/é;x=1", "q=a%2Fb&q=%ff")
    assert (found["size"], found["twice"]) == (1000, [])
    headers = found["headers"]
    assert headers["host"] == behind.url.removeprefix("http://")
    assert headers["origin"] == behind.url
    assert (headers["x-forwarded-for"], headers["x-forwarded-host"]) == ("127.0.0.1", "data.example.com")
    assert (headers["x-own"], headers["accept-encoding"]) == ("1", "br")
    assert not {"referer", "forwarded", "x_under", "x-gone"} & headers.keys()
    assert read(headers["x-tributary-principal"].encode(), "app", KEY) == WHO
    assert answer.headers.get_list("set-cookie") == ["one=1; Path=/; SameSite=lax", "two=2; Path=/; SameSite=lax"]
    assert answer.headers["location"] == "/x/y"
    assert "x-hop" not in answer.headers
    assert answer.headers["x-kept"] == "1"
    assert httpx.get(f"{front.url}/app/away").headers["location"] == "https://elsewhere.example/x"


def test_an_answer_streams(front: Served) -> None:
    HELD.clear()
    with httpx.stream("GET", f"{front.url}/app/slowly") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        HELD.set()
        assert b"".join(parts) == b"second"
    assert len(httpx.get(f"{front.url}/app/much").content) == 20_000_000


def test_a_large_body_streams(front: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 100_000

    assert httpx.post(f"{front.url}/app/counted", content=parts(), timeout=30).json() == 20_000_000
    assert httpx.post(f"{front.url}/app/counted", content=b"y" * 5_000_000, timeout=30).json() == 5_000_000


def test_an_answer_that_breaks_off_does_not_look_whole(front: Served) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{front.url}/app/broken")


def test_an_answer_without_end_ends_with_its_client(front: Served) -> None:
    with httpx.stream("GET", f"{front.url}/app/endless") as answer:
        assert next(answer.iter_raw()) == b"more"
    assert LEFT.wait(10)


def test_a_server_that_is_away_is_told() -> None:
    with proxied(f"http://127.0.0.1:{free_port()}") as found:
        assert httpx.get(f"{found.url}/app/x").status_code == 502


@contextlib.contextmanager
def ending(asked: list[str]) -> Iterator[str]:
    """A server that answers the first request of a connection and ends the connection at the second."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(taken: socket.socket) -> None:
        with taken:
            for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b""):
                asked.append(taken.recv(65536).partition(b" ")[0].decode())
                taken.sendall(answer)

    def take() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=take, daemon=True).start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_ends_as_it_is_used_is_no_fault_where_nothing_changes() -> None:
    asked: list[str] = []
    with ending(asked) as origin, proxied(origin) as found, httpx.Client(base_url=f"{found.url}/app") as client:
        assert [client.get("/x").text, client.get("/x").text] == ["ok", "ok"]
        assert asked == ["GET", "GET", "GET"]
        assert client.post("/x").status_code == 502
        assert asked[3:] == ["POST"], "what may change something is not sent twice"


def test_a_websocket_is_handed_on_both_ways(front: Served, behind: Served) -> None:
    async def talk() -> tuple[Any, ...]:
        url = f"{front.url}/app/echo".replace("http", "ws", 1)
        async with connect(url, subprotocols=["one", "two"], origin=front.url, max_size=None) as one:  # type: ignore[arg-type, list-item]
            hello = await one.recv()
            await one.send("text")
            await one.send(b"\x00bytes")
            got = [await one.recv(), await one.recv()]
            await one.send(b"z" * 3_000_000)
            size = len(await one.recv())
            await one.send("end")
            try:
                await one.recv()
            except ConnectionClosed as error:
                return one.subprotocol, hello, got, size, error.rcvd
        return ()

    subprotocol, hello, got, size, ended = asyncio.run(talk())
    assert subprotocol == "two"
    assert f'"origin":"{behind.url}"' in hello
    assert (got, size) == (["text", b"\x00bytes"], 3_000_000)
    assert (ended.code, ended.reason) == (4321, "as asked")
