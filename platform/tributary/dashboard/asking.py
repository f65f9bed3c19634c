"""How pages ask the data API: the application of `/api/v1`, within this process, as whoever looks at the page."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping

import httpx
from starlette.types import Receive, Scope, Send

from tributary.reports.service import Reports
from tributary.resources.postgres.databases import Databases
from tributary.resources.principal import Principal, Role, with_principal
from tributary.resources.settings import Settings
from tributary.web.api.app import PATH, Api
from tributary.web.api.reports import router as report_operations

SECONDS = 60.0
"""For an answer, which the API itself gives up before."""


def told(principal: Principal) -> bytes:
    """A principal as a header's value, which is ASCII whatever the name is."""
    claims = {"name": principal.name, "roles": sorted(principal.roles), "scopes": sorted(principal.scopes)}
    return json.dumps(claims).encode()


class Asking:
    """An API on an event loop of its own, as pages run in threads."""

    def __init__(self, settings: Settings, databases: Databases) -> None:
        reports = Reports(settings, databases)
        self._api = Api(databases, settings.home, [report_operations(reports)], copy_of=settings.copied_from)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="data-api", daemon=True).start()

    def ask(self, path: str, query: Mapping[str, str], who: str) -> httpx.Response:
        """What the API answers to whoever `who`, as `told` wrote it, says."""
        claims = json.loads(who)
        roles = frozenset(Role(one) for one in claims["roles"])
        principal = Principal(claims["name"], roles, frozenset(claims["scopes"]))
        return asyncio.run_coroutine_threadsafe(self._answer(path, query, principal), self._loop).result(SECONDS)

    async def _answer(self, path: str, query: Mapping[str, str], principal: Principal) -> httpx.Response:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._api(with_principal({**scope, "root_path": PATH}, principal), receive, send)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(PATH + path, params=dict(query))
