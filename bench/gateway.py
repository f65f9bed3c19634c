"""What the one address costs: a page and a question to Dagster by it and directly, and a hundred open websockets.

Dagster's server has an instance of its own with one asset; the log-in is on, and each request by the one address is one
with an API key, whose session is looked up as usual.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.bed import Bed, environment
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, Limit, at_most
from bench.serving import AS_SET_OUT, free_ports, fresh_home
from tributary.identity.keys import add_key
from tributary.identity.signing import DAGSTER, HEADER, signed, signing_key
from tributary.identity.tables import open_tables
from tributary.resources.postgres.databases import connect as connect_databases
from tributary.resources.principal import Principal, Role, roles_up_to
from tributary.resources.settings import Settings

REQUESTS = 300
SOCKETS = 100
OPEN_SECONDS = 600.0
MOST_ADDED_MS = 10.0
MOST_MB_A_SOCKET = 1.0

_DEFINITIONS = "import dagster as dg\n@dg.asset\ndef pebble() -> int:\n    return 1\ndefs = dg.Definitions([pebble])\n"
_PAGE = "/dagster/runs"
_QUERY = (
    "{ assetNodes { assetKey { path } opNames groupName } runsOrError(limit: 25) { ... on Runs { results { id } } } }"
)
_SUBSCRIPTION = "subscription { locationStateChangeEvents { event { eventType } } }"


def gateway(bed: Bed) -> list[Figure]:
    """Latency added, and memory of the web process for open websockets."""
    with fresh_home(bed) as home:
        ports = free_ports()
        own: dict[str, object] = {**AS_SET_OUT, "home": home, "login": "users", **ports}
        web_port, dagster_port = ports["web_port"], ports["dagster_port"]
        settings = Settings(_env_file=None, home=home, login="users", web_port=web_port, dagster_port=dagster_port)
        with connect_databases(settings) as databases:
            engine = open_tables(databases.url("app"))
            key = add_key(engine, "bench", Role.VIEWER, [], None)
            engine.dispose()
            with _servers(settings, own) as web:
                by_gateway = httpx2.Client(base_url=settings.web_url, headers={"Authorization": f"Bearer {key}"})
                direct = httpx2.Client(base_url=settings.dagster_origin)
                secret, who = signing_key(home), Principal("bench", roles_up_to(Role.VIEWER))

                def word() -> None:
                    direct.headers[HEADER.decode()] = signed(who, DAGSTER, secret).decode()

                clients = (by_gateway, direct)
                figures = [
                    _compared("a page of Dagster's UI", clients, word, lambda one: one.get(_PAGE)),
                    _compared("a GraphQL query", clients, word, _asked),
                ]
                return [*figures, asyncio.run(_sockets(settings, key, web))]


@contextmanager
def _servers(settings: Settings, own: dict[str, object]) -> Iterator[psutil.Process]:
    """Dagster's server and the web process, as the launcher starts them; the web process."""
    home = settings.home
    (home / "tiny_definitions.py").write_text(_DEFINITIONS)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\nnux:\n  enabled: false\n")
    (home / "workspace.yaml").write_text("load_from:\n  - python_module: tiny_definitions\n")
    shared = {**environment(**own), "DAGSTER_HOME": str(home), "PYTHONPATH": str(home)}
    dagster = ["tributary.dagster_ui", "--port", str(settings.dagster_port), "--path-prefix", "/dagster"]
    dagster += ["--workspace", str(home / "workspace.yaml"), "--key", str(home / "principal-key")]
    with ExitStack() as held:
        started = [held.enter_context(_started(words, home, shared)) for words in (dagster, ["tributary.web"])]
        for url in (f"{settings.dagster_origin}/dagster/server_info", f"{settings.web_url}/whoami"):
            _wait_for(url, started)
        yield psutil.Process(started[1].pid)


@contextmanager
def _started(words: list[str], home: Path, shared: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (home / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", *words], cwd=home, env=shared, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and all(one.poll() is None for one in processes):
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise BenchError(f"Nothing answered at {url}.")


def _asked(client: httpx2.Client) -> httpx2.Response:
    return client.post("/dagster/graphql", json={"query": _QUERY})


def _compared(
    what: str,
    clients: tuple[httpx2.Client, httpx2.Client],
    word: Callable[[], None],
    ask: Callable[[httpx2.Client], httpx2.Response],
) -> Figure:
    """The median of both ways, which take turns; `word` renews, untimed, what the second shows for who it is."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(REQUESTS + 20):
        word()
        for client, found in zip(clients, seconds, strict=True):
            began = time.perf_counter()
            answer = ask(client)
            if answer.status_code != 200:
                raise BenchError(f"{what} was answered with {answer.status_code}: {answer.text[:200]}")
            if number >= 20:
                found.append(time.perf_counter() - began)
    ours, baseline = (statistics.median(found) for found in seconds)
    slow = statistics.quantiles(seconds[0], n=20)[-1] * 1000
    added = (ours - baseline) * 1000
    return Figure(
        bench="gateway",
        measured=f"{what} by the one address, median",
        ours=Timing(ours),
        baseline_name="Dagster's own server",
        baseline=Timing(baseline),
        limit=at_most(round(added, 2), MOST_ADDED_MS, "ms more"),
        note=f"{REQUESTS} requests each, one after the other, with an API key; {added:.1f} ms more, 95 % within "
        f"{slow:.1f} ms.",
    )


async def _sockets(settings: Settings, key: str, web: psutil.Process) -> Figure:
    url = f"{settings.web_url}/dagster/graphql".replace("http", "ws", 1)
    before = web.memory_info().rss / 1e6
    began = time.perf_counter()
    opened = await asyncio.gather(*(_opened(url, key) for _ in range(SOCKETS)))
    after, most = web.memory_info().rss / 1e6, 0.0
    cpu = web.cpu_times().user
    while time.perf_counter() - began < OPEN_SECONDS:
        await asyncio.sleep(5)
        most = max(most, web.memory_info().rss / 1e6)
    spent = web.cpu_times().user - cpu
    lost = sum(one.close_code is not None for one in opened)
    await asyncio.gather(*(one.close() for one in opened))
    each = (max(most, after) - before) / SOCKETS
    return Figure(
        bench="gateway",
        measured=f"{SOCKETS} subscriptions open at once",
        ours=Timing(time.perf_counter() - began),
        limit=Limit(f"≤ {MOST_MB_A_SOCKET:g} MB each, none lost", each <= MOST_MB_A_SOCKET and lost == 0),
        note=f"the web process takes {before:.0f} MB without, {after:.0f} MB when they are open, {most:.0f} MB at most "
        f"until the end: {each:.2f} MB each; {lost} were lost; {spent / OPEN_SECONDS * 100:.1f} % of a core.",
    )


async def _opened(url: str, key: str) -> ClientConnection:
    headers = {"Authorization": f"Bearer {key}"}
    found = await connect(url, additional_headers=headers, subprotocols=[Subprotocol("graphql-ws")])
    await found.send(json.dumps({"type": "connection_init"}))
    await found.recv()
    start = {"id": "1", "type": "start", "payload": {"query": _SUBSCRIPTION}}
    await found.send(json.dumps(start))
    return found
