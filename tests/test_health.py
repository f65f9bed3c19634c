"""What the web process says of the platform's health, to machines."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tributary.launcher.state import write_state
from tributary.resources.postgres.databases import Databases
from tributary.web.health import Health

NOWHERE = "postgresql://postgres@/app?host=/nowhere"


async def asked(health: Health, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(health), base_url="http://here") as client:
        return await client.request(method, "/v1/health")


def ask(health: Health, method: str = "GET") -> httpx.Response:
    import asyncio

    return asyncio.run(asked(health, method))


def test_all_is_well(databases: Databases, tmp_path: Path) -> None:
    answer = ask(Health(lambda: databases.url("app"), tmp_path))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_postgres_it_is_no_success(tmp_path: Path) -> None:
    answer = ask(Health(lambda: NOWHERE, tmp_path))
    assert (answer.status_code, answer.json()) == (503, {"status": "down", "down": ["Postgres"]})


def test_what_the_launcher_knows_is_told(databases: Databases, tmp_path: Path) -> None:
    write_state(tmp_path, {"daemon": True, "web": False, "Postgres": True})
    answer = ask(Health(lambda: databases.url("app"), tmp_path))
    # Postgres answers here and now, whatever was noted before.
    assert (answer.status_code, answer.json()["down"]) == (503, ["daemon"])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_it_can_only_be_read(tmp_path: Path, method: str) -> None:
    assert ask(Health(lambda: NOWHERE, tmp_path), method).status_code == 405
