"""The dashboard's process before anybody opens a page, when somebody does, and when that does not work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tributary.dashboard.asleep import Asleep

HEALTH = "/dashboard/health"


class Making:
    """Makes an application that notes its life, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.told: list[str] = []
        self._failures = failures

    def __call__(self) -> Starlette:
        self.told.append("made")
        if self._failures:
            self._failures -= 1
            raise LookupError("not now")
        return Starlette(routes=[Route("/{name:path}", self._answer)], lifespan=self._life)

    @asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        self.told.append("begun")
        yield
        self.told.append("ended")

    async def _answer(self, request: Request) -> Response:
        await asyncio.sleep(0)
        return PlainTextResponse(f"page {request.path_params['name']}")


def test_it_is_well_while_it_sleeps_and_wakes_once_for_who_asks() -> None:
    making = Making()
    with TestClient(Asleep(making, HEALTH)) as client:
        assert client.get(HEALTH).text == "ok"
        assert making.told == []
        answers: list[str] = []
        askers = [threading.Thread(target=lambda: answers.append(client.get("/dashboard/x").text)) for _ in range(5)]
        for one in askers:
            one.start()
        for one in askers:
            one.join(30)
        assert answers == ["page dashboard/x"] * 5
        assert making.told == ["made", "begun"]
        assert client.get(HEALTH).text == "page dashboard/health", "its own answer, once it is awake"
    assert making.told == ["made", "begun", "ended"]


def test_what_cannot_be_made_now_is_made_when_it_is_asked_for_again() -> None:
    making = Making(failures=1)
    with TestClient(Asleep(making, HEALTH)) as client:
        with pytest.raises(LookupError):
            client.get("/dashboard/x")
        assert client.get(HEALTH).text == "ok"
        assert client.get("/dashboard/x").text == "page dashboard/x"
    assert making.told == ["made", "made", "begun", "ended"]
