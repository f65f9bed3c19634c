"""A simulated Meetup for the client's tests, and a scripted server for answers that no sane server gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stamina
from pydantic import SecretStr
from tests.answering import begin
from tests.meetup.failing import FaultySimulation

from tributary.assets.meetup.api.bucket import Bucket
from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.api.opening import SIMULATOR_TOKEN
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.world import World

NOW = datetime(2019, 1, 1, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that only moves when somebody sleeps."""

    time: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retries as many times as in earnest, without the waits between."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """A small world at the beginning of 2019, over real HTTP."""
    with RunningSimulator(FaultySimulation(World(seed=3, groups=12), now=NOW)) as running:
        yield running


ClientOf = Callable[..., MeetupClient]


@pytest.fixture
def client_of(clock: FakeClock) -> Iterator[ClientOf]:
    """Makes clients with a clock that does not wait, and closes them."""
    made: list[MeetupClient] = []

    def make(url: str, token: str = SIMULATOR_TOKEN, **options: Any) -> MeetupClient:
        options.setdefault("bucket", Bucket(500, clock))
        options.setdefault("clock", clock)
        made.append(MeetupClient(url, SecretStr(token), **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(simulator: RunningSimulator, client_of: ClientOf) -> MeetupClient:
    return client_of(simulator.url)


Script = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]
"""What is answered to a request's JSON: status, headers, body."""


@dataclass
class ScriptedServer:
    """A real HTTP server that answers as a function says."""

    url: str
    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answers(self, *payloads: Any) -> None:
        """Answer with these, one a request, and with the last one for ever."""
        left = list(payloads)
        self.script = lambda _request: (200, {}, json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode())


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server = ScriptedServer("", lambda _request: (500, {}, b""))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append({**request, "authorization": self.headers["Authorization"]})
            status, headers, body = server.script(request)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}/gql-ext"
    begin(http)
    yield server
    http.shutdown()
    http.server_close()
