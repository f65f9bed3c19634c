"""Each part alone, as in a container: it listens where it is told, answers whom it may, and shows that it is well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import Cli
from tests.ports import free_port
from websockets import Origin
from websockets.sync.client import connect

from tributary.containers.part import PARTS
from tributary.containers.probe import is_well
from tributary.identity.signing import DAGSTER, HEADER, key_in, signed
from tributary.resources.postgres.databases import Databases
from tributary.resources.principal import OWNER
from tributary.resources.secret import kept_secret

PATIENCE = 90.0


class Parts:
    """Parts with a home each, as machines have, on one server of Postgres; the address is loopback's second."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self._folder, self._stack = folder, ExitStack()
        self._processes: list[subprocess.Popen[bytes]] = []
        self.code, self.web, self.dashboard, self.front = (f"127.0.0.2:{free_port()}" for _ in range(4))
        self.database = databases
        self.key = kept_secret(folder / "key")
        self._settings = {
            "POSTGRES_URL": databases.server_url,
            "DATABASE_PREFIX": "parts_",
            "SOURCES": "calendar",
            "HOST": "127.0.0.2",
            "PRINCIPAL_KEY": self.key,
            "CODE_SERVER": self.code,
            "DAGSTER_URL": f"http://{self.web}",
            "DAGSTER_PORT": self.web.rpartition(":")[2],
            "DASHBOARD_URL": f"http://{self.dashboard}",
            "DASHBOARD_PORT": self.dashboard.rpartition(":")[2],
            "WEB_PORT": self.front.rpartition(":")[2],
        }

    def start(self, part: str) -> subprocess.Popen[bytes]:
        """Start a part; its output is in a file of its name."""
        home = self._folder / part
        own = {key: value for key, value in os.environ.items() if not key.startswith(("TRIBUTARY_", "DAGSTER_"))}
        own |= {f"TRIBUTARY_{name}": value for name, value in self._settings.items()}
        log = self._stack.enter_context((self._folder / f"{part}.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "tributary", "serve", part],
            env={**own, "TRIBUTARY_HOME": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def wait(self, part: str, address: str) -> None:
        """Wait until a part shows that it is well."""
        deadline = time.monotonic() + PATIENCE
        while not is_well(address):
            assert time.monotonic() < deadline, (self._folder / f"{part}.log").read_text()
            time.sleep(0.2)

    def close(self) -> None:
        """End all that was started."""
        with self._stack:
            for process in self._processes:
                os.killpg(process.pid, signal.SIGTERM)
            for process in self._processes:
                self._wait(process)

    @staticmethod
    def _wait(process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _beats(records: psycopg.Connection[Any]) -> bool:
    found = records.execute("SELECT count(*) FROM daemon_heartbeats").fetchone()
    return bool(found and found[0])


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Parts]:
    found = Parts(tmp_path_factory.mktemp("parts"), databases)
    try:
        yield found
    finally:
        found.close()


def test_all_parts_work_together_from_homes_of_their_own(parts: Parts) -> None:
    for part in PARTS:
        parts.start(part)
    parts.wait("code-server", parts.code)
    parts.wait("webserver", f"http://{parts.web}/dagster/server_info")
    parts.wait("dashboard", f"http://{parts.dashboard}/dashboard/_stcore/health")
    parts.wait("web", f"http://{parts.front}/v1/health")
    # By the one address, as people come.
    assert httpx.get(f"http://{parts.front}/dagster/server_info").status_code == 200
    page = httpx.get(f"http://{parts.front}/dashboard/")
    assert (page.status_code, "Streamlit" in page.text) == (200, True)
    assert httpx.get(f"http://{parts.dashboard}/dashboard/").status_code == 401
    with connect(f"ws://{parts.front}/dashboard/_stcore/stream", origin=Origin(f"http://{parts.front}")) as socket:
        assert socket.ping().wait(20)
    with psycopg.connect(
        parts.database.server_url.replace("/postgres?", "/parts_dagster?"), autocommit=True
    ) as records:
        deadline = time.monotonic() + PATIENCE
        while not _beats(records):
            assert time.monotonic() < deadline
            time.sleep(0.5)
    url = f"http://{parts.web}/dagster/graphql"
    query = {"query": "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"}
    (home := Path(parts._folder / "elsewhere")).mkdir()
    (home / "key").write_text(parts.key)
    headers = {HEADER.decode(): signed(OWNER, DAGSTER, key_in(home / "key")).decode()}
    deadline = time.monotonic() + PATIENCE
    while True:
        nodes = httpx.post(url, json=query, headers=headers).json()["data"]["repositoriesOrError"].get("nodes")
        if nodes or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert nodes == [{"location": {"name": "tributary"}}]
    assert httpx.post(url, json=query).status_code == 401
    assert httpx.post(url, json=query, headers={**headers, "Host": "evil.example"}).status_code == 421


def test_what_is_down_is_not_well() -> None:
    assert not is_well(f"127.0.0.1:{free_port()}")
    assert not is_well(f"http://127.0.0.1:{free_port()}/v1/health")


def test_a_part_that_cannot_be_is_refused_in_a_sentence(cli: Cli, tmp_path: Path, databases: Databases) -> None:
    done = cli("serve", "webservr", home=tmp_path, check=False)
    assert (done.returncode, "did you mean webserver" in done.stderr) == (2, True), done.stderr
    done = cli("serve", "daemon", home=tmp_path, postgres_url=databases.server_url, check=False)
    assert done.returncode == 2
    assert "TRIBUTARY_CODE_SERVER" in done.stderr
