"""Dagster's own server behind the one address, as the platform serves both; one of them for all tests of a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import Engine
from tests.collector.serving import WRITE_KEY, stream_of
from tests.gateway.serving import served
from tests.ports import free_port

from tributary.identity import callers, sockets
from tributary.identity.keys import add_key
from tributary.identity.tables import open_tables
from tributary.identity.users import add_user
from tributary.resources.gateway.patience import Limits
from tributary.resources.postgres.databases import Databases
from tributary.resources.principal import Role
from tributary.resources.settings import Settings
from tributary.web.app import create_app, policy_of

PASSWORD = "correct horse battery"
DEFINITIONS = """
import os
from pathlib import Path

import dagster as dg

from tributary.resources.warehouse.base import Spending
from tributary.resources.warehouse.spending import told

MENDED = Path(os.environ["DAGSTER_HOME"], "mended")

@dg.asset(code_version="round")
def pebble() -> int:
    return 1

@dg.asset(
    key=["gold", "gravel"],
    group_name="quarry",
    check_specs=[dg.AssetCheckSpec("is_smooth", asset=["gold", "gravel"])],
    tags={"refresh": "hourly"},
)
def gravel():
    took = told(Spending(3, 5_000_000_000, 0.5, 2.0, 0.025))
    yield dg.MaterializeResult(metadata={"dagster/row_count": 7, "bytes": 8192, "seconds": 0.5, **took})
    smooth = MENDED.exists()
    failures = {"failures": 0 if smooth else 3}
    yield dg.AssetCheckResult(passed=smooth, severity=dg.AssetCheckSeverity.WARN, metadata=failures)

@dg.asset(
    key=["gold", "sand"],
    group_name="quarry",
    deps=[gravel],
    partitions_def=dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-05"),
)
def sand() -> None:
    if not MENDED.exists():
        raise dg.Failure("The sand is wet.")

@dg.asset(key=["gold", "heap"], group_name="quarry", deps=[gravel])
def heap() -> None:
    pass

@dg.sensor(job_name="a_job")
def a_sensor():
    return dg.SkipReason("nothing")

defs = dg.Definitions(
    assets=[pebble, gravel, sand, heap],
    jobs=[dg.define_asset_job("a_job", [pebble])],
    sensors=[a_sensor],
    executor=dg.in_process_executor,
)
"""
RUNS = "query { runsOrError { ... on Runs { results { runId status } } } }"


@dataclass(frozen=True)
class Dagster:
    """Dagster's own server, which answers the gateway alone."""

    port: int
    home: Path

    @property
    def direct(self) -> str:
        return f"http://127.0.0.1:{self.port}/dagster"


@dataclass(frozen=True)
class Site:
    """The one address, with Dagster behind it."""

    port: int
    keys: dict[Role, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/dagster"

    def headers(self, role: Role | None) -> dict[str, str]:
        return {} if role is None else {"Authorization": f"Bearer {self.keys[role]}"}

    def asked(self, query: str, role: Role | None = None, **options: Any) -> httpx.Response:
        headers = {**self.headers(role), **options.pop("headers", {})}
        return httpx.post(f"{self.url}/graphql", json={"query": query}, headers=headers, timeout=120, **options)

    def runs(self, role: Role | None = None) -> list[str]:
        """The states of all runs."""
        found = self.asked(RUNS, role).json()["data"]["runsOrError"]["results"]
        return [run["status"] for run in found]


@pytest.fixture(scope="session")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    """Dagster's server on a small instance of its own, started as the launcher does."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "tiny_definitions.py").write_text(DEFINITIONS)
    coordinator = {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
    (home / "dagster.yaml").write_text(
        yaml.safe_dump({"telemetry": {"enabled": False}, "nux": {"enabled": False}, "run_coordinator": coordinator})
    )
    (home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"python_module": "tiny_definitions"}]}))
    port = free_port()
    # As the launcher does: where signals are ignored, as in the background of a shell, Dagster could end no run.
    command = [sys.executable, "-m", "tributary.launcher.child", str(os.getpid()), "", "", "tributary.dagster_ui"]
    command += ["--port", str(port), "--path-prefix", "/dagster"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workspace", str(home / "workspace.yaml"), "--key", str(home / "principal-key")],
            env={**os.environ, "DAGSTER_HOME": str(home), "PYTHONPATH": str(home)},
            stdout=log,
            stderr=log,
            cwd=home,
        )
    found = Dagster(port, home)
    deadline = time.monotonic() + 120
    while not _answers(found):
        assert process.poll() is None, (home / "log").read_text()
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(30)
    # A run that was ended may say so with one; the server itself never failed.
    assert "Exception in ASGI application" not in (home / "log").read_text()


def _answers(found: Dagster) -> bool:
    try:
        return httpx.get(f"{found.direct}/server_info").is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def serve_site(dagster: Dagster, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Serves the web process in front of Dagster, with settings of the test's own."""
    from contextlib import contextmanager

    @contextmanager
    def serve(**own: Any) -> Iterator[Site]:
        settings = Settings(
            _env_file=None, home=dagster.home, dagster_port=dagster.port, collector_write_key=WRITE_KEY, **own
        )
        stream = stream_of(tmp_path_factory.mktemp("events"))
        with served(create_app(settings, databases, stream), policy_of(settings), limits=Limits()) as found:
            yield Site(found.port)
        stream.close()

    return serve


@pytest.fixture(scope="session")
def engine(databases: Databases) -> Engine:
    """What is kept of identity."""
    return open_tables(databases.url("app"))


@pytest.fixture(scope="session")
def open_site(serve_site: Any) -> Iterator[Site]:
    """The one address where nothing is set: whoever reaches it is the owner."""
    with serve_site(allowed_hosts="tributary.example.com") as found:
        yield found


@pytest.fixture(scope="session")
def site(serve_site: Any, engine: Engine) -> Iterator[Site]:
    """The one address with a log-in by password, a user and a key of each role, and an eye on sessions all the time."""
    for role in Role:
        add_user(engine, f"a-{role}", PASSWORD, role)
    keys = {role: add_key(engine, f"k-{role}", role, ["pii"], None) for role in Role}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(callers, "REMEMBERED_SECONDS", 0.05)
        patched.setattr(sockets, "LOOK_SECONDS", 0.1)
        with serve_site(login="users") as found:
            yield Site(found.port, keys)
