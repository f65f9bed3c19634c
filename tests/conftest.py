"""Fixtures that many tests share: a real Postgres a test process, warehouses on it, a materialised retail graph."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest

from tests.running_aws import RunningAws, running_aws, running_moto
from tests.running_trino import RunningTrino, running_trino
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.postgres.tuning import physical_memory
from tributary.resources.settings import PROJECT_ROOT, Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

if TYPE_CHECKING:
    from playwright import sync_api

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REAL_JOURNEY = PROJECT_ROOT.parent / "shared" / "data" / "complete_journey"

WORKER_BYTES = 4 << 30
"""What a process of tests takes at most, with the servers that it starts."""

# How long an example takes is the machine's matter. The rest is as hypothesis has it, which differs where CI is set.
hypothesis.settings.register_profile("tests", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` is: one more than cores where memory allows, as each waits for servers and disks."""
    cores = os.cpu_count() or 1
    return cores + (physical_memory() >= (cores + 1) * WORKER_BYTES)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own TRIBUTARY_* variables must not change what a test means."""
    for name in list(os.environ):
        if name.upper().startswith("TRIBUTARY_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """A running embedded Postgres of this test process."""
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    with connect(settings) as found:
        yield found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    url = databases.url("app").replace("/app?", f"/{name}?")
    yield url
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def warehouse(databases: Databases, database_url: str) -> PostgresWarehouse:
    """A warehouse on an empty database, read as a user's queries are."""
    reader = databases.reader_url("app").replace("/app?", database_url.partition("@")[2].partition("?")[0] + "?")
    return PostgresWarehouse(lambda: database_url, lambda: reader)


@pytest.fixture
def pg(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A plain connection to the test's own database, as a reader of the warehouse would have."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def trino_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTrino]:
    """A running Trino; tests that use it share one process by `xdist_group("trino")`."""
    with running_trino(tmp_path_factory.mktemp("trino")) as found:
        yield found


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """AWS's stand-in with a Trino; tests that use it share one process by `xdist_group("aws")`."""
    with running_aws(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The URL of moto's services in this test process."""
    with running_moto() as url:
        yield url


@pytest.fixture
def moto(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same for a test, with keys in its environment that open them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return moto_server


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Runs the command line as a user does: another process, with settings in its environment."""

    def run(*arguments: str, check: bool = True, **settings: object) -> subprocess.CompletedProcess[str]:
        # Where tests run in parallel, COLUMNS is set; what a user redirects is as wide as it is.
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("TRIBUTARY_") and key != "COLUMNS"
        }
        environment |= {f"TRIBUTARY_{name.upper()}": str(value) for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", "tributary", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"tributary {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    return run


@dataclass(frozen=True)
class RetailWarehouse:
    """A warehouse in which the whole retail graph was materialised from the files in `folder`."""

    folder: Path
    home: Path
    warehouse: PostgresWarehouse
    output: str

    def rows(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        return self.warehouse.rows(sql, params)


def _materialised(cli: Cli, home: Path, folder: Path | None) -> Iterator[RetailWarehouse]:
    own = {"retail_dir": folder} if folder else {"retail_sample_scale": 0.01}
    settings = Settings(_env_file=None, home=home)
    with connect(settings) as databases:
        output = cli("materialize", "group:retail or group:calendar", home=home, social_sample=False, **own).stdout
        url = databases.url("warehouse")
        yield RetailWarehouse(folder or home / "sample" / "retail", home, PostgresWarehouse(lambda: url), output)


@pytest.fixture(scope="session")
def sample_retail(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailWarehouse]:
    """The graph on a small sample; tests that use it share one process by `xdist_group("sample_retail")`."""
    yield from _materialised(cli, tmp_path_factory.mktemp("sample"), None)


@pytest.fixture(scope="session")
def real_retail(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailWarehouse]:
    """The graph on the real files, where they are; shared by `xdist_group("real_retail")`."""
    if not REAL_JOURNEY.is_dir():
        pytest.skip(f"the real Complete Journey files are not at {REAL_JOURNEY}")
    yield from _materialised(cli, tmp_path_factory.mktemp("real"), REAL_JOURNEY)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """A browser without windows; while there is one, its event loop runs in the tests' thread."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of its own, with the options that are asked for."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True)
        if done.returncode:
            pytest.skip("this user may not mount a disk")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
