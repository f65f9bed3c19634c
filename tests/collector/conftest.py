"""A collector on loopback for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.collector.serving import WRITE_KEY, collecting, events, stream_of


@dataclass
class Served:
    """A collector, a client of it that knows the write key, and what is in the lake once it has stopped."""

    url: str
    client: httpx.Client
    home: Path
    running: ExitStack

    def post(self, path: str, content: Any) -> httpx.Response:
        return self.client.post(path, json=content)

    def taken(self) -> list[dict[str, Any]]:
        """Stop, and tell every event that was taken."""
        self.running.close()
        return events(self.home)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with ExitStack() as running:
        url = running.enter_context(collecting(stream_of(tmp_path)))
        with httpx.Client(base_url=url, auth=(WRITE_KEY, "")) as client:
            yield Served(url, client, tmp_path, running)
