"""What the gate notes, what may be kept of its answers, what they tell of failures, and when they end."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import uuid

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.types import Receive, Scope, Send
from tests.gateway.conftest import Site
from tests.gateway.serving import served
from tests.gateway.test_behind_the_gate import LOCATIONS, ended_by, opened, start
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake

from tributary.identity import callers, sockets
from tributary.identity.gate import Gate, Mounted
from tributary.identity.keys import add_key, revoke_key
from tributary.identity.rules import ByMethod
from tributary.resources.principal import Role

pytestmark = pytest.mark.xdist_group("gateway_dagster")


def test_what_is_done_for_nobody_is_noted_too(site: Site, engine: Engine) -> None:
    with engine.connect() as connection:
        newest = connection.execute(text("SELECT coalesce(max(id), 0) FROM identity.audit")).scalar_one()
    site.asked("mutation { wipeEverything }", Role.VIEWER)
    site.asked("{ version", Role.VIEWER)
    httpx.get(f"{site.url}/notebook", headers=site.headers(Role.VIEWER))
    httpx.post(f"{site.url}/runs/\u009b2J", headers=site.headers(Role.VIEWER))
    asyncio.run(ended_by(site, '{"type": "subscribe"}'))
    query = "SELECT who, what, path, outcome, status FROM identity.audit WHERE id > :n ORDER BY id"
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query), {"n": newest})]
    who, path = "key:k-viewer", "/dagster/graphql"
    assert found == [
        (who, "POST", path, "refused", 403),
        (who, "POST", path, "refused", 400),
        (who, "GET", "/dagster/notebook", "refused", 404),
        # A terminal that shows the log obeys nothing in it.
        (who, "POST", "/dagster/runs/�2J", "refused", 405),
        (who, "message", path, "refused", 400),
    ]


def test_nothing_private_is_kept_on_the_way(site: Site) -> None:
    headers = site.headers(Role.VIEWER)
    for path in ("/", "/sneakers/", "/dagster/", "/dagster/logs/a/b.out", "/dagster/graphql?query={version}", "/none"):
        answer = httpx.get(site.origin + path, headers=headers, timeout=60)
        assert answer.headers["Cache-Control"] == "no-store", path
    page = httpx.get(f"{site.url}/", headers=headers).text
    scripts = re.findall(r'"(/dagster/[^"]+\.(?:js|css|png|svg))"', page)
    assert scripts
    for script in scripts[:5]:
        assert httpx.get(site.origin + script, headers=headers).headers["Cache-Control"] == "private", script


@pytest.mark.parametrize("key", ['["..", "x"]', "[]"])
def test_a_failure_of_dagster_tells_nothing_of_its_code(site: Site, key: str) -> None:
    answer = site.asked(f"{{ capturedLogs(logKey: {key}) {{ stdout }} }}", Role.VIEWER)
    assert answer.status_code == 500
    assert "Dagster could not answer this (ValueError)" in answer.json()["errors"][0]["message"]
    assert not [word for word in ("errorInfo", "stack", ".py", "unpack", "Invalid path") if word in answer.text]


def test_what_dagster_says_for_people_is_told_without_its_code(site: Site) -> None:
    asked = 'repositorySelector: {repositoryName: "x", repositoryLocationName: "nowhere"}'
    query = f"{{ sensorsOrError({asked}) {{ ... on PythonError {{ message stack }} }} }}"
    told = site.asked(query, Role.VIEWER).json()["data"]["sensorsOrError"]
    assert "nowhere" in told["message"]
    assert told["stack"] == []


def test_one_principal_leaves_room_for_the_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 3)

    async def again() -> ClientConnection:
        """One more, as soon as the server has noticed that others were closed."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return await opened(site, site.headers(Role.VIEWER))
            except InvalidHandshake:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)

    async def tried() -> tuple[int, float]:
        mine = [await opened(site, site.headers(Role.VIEWER)) for _ in range(3)]
        with pytest.raises(InvalidHandshake):
            await opened(site, site.headers(Role.VIEWER))
        other = await opened(site, site.headers(Role.OPERATOR))
        for number in range(600):
            await mine[0].send(start(LOCATIONS, str(number)))
        begun = time.monotonic()
        answer = await asyncio.to_thread(site.asked, "{ version }", Role.OPERATOR)
        took = time.monotonic() - begun
        for one in (*mine, other):
            await one.close()
        await (await again()).close()
        return answer.status_code, took

    status, took = asyncio.run(tried())
    assert status == 200
    # Of all at once it would be five seconds.
    assert took < 3


def test_an_answer_without_end_ends_with_the_key(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "REMEMBERED_SECONDS", 0.05)
    monkeypatch.setattr(sockets, "LOOK_SECONDS", 0.1)
    begun = threading.Event()

    async def endless(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            begun.set()
            await asyncio.sleep(0.02)

    async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
        begun.set()
        await asyncio.Event().wait()

    known = callers.Callers(engine, "c", asks=True)
    mounted = [Mounted("", endless, ByMethod()), Mounted("/silent", silent, ByMethod())]
    with served(Gate(mounted, known, engine)) as server:
        for path, left in (("/", None), ("/silent", 401)):
            begun.clear()
            name = f"streaming-{uuid.uuid4().hex[:8]}"
            headers = {"Authorization": f"Bearer {add_key(engine, name, Role.VIEWER, [], None)}"}
            ending = threading.Thread(target=lambda name=name: (begun.wait(10), revoke_key(engine, name)))  # type: ignore[misc]
            ending.start()
            try:
                status: int | None = httpx.get(server.url + path, headers=headers, timeout=10).status_code
            except httpx.RemoteProtocolError:
                status = None
            assert status == left
            ending.join()
