"""The profile `aws` on stand-ins of this machine, from nothing until it is ready, and until events are in gold.

Beside it the same on the profile `local`. Memory is that of all processes of the platform and the stand-ins together,
shared pages counted once.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from bench.bed import Bed
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure
from bench.serving import free_ports, fresh_home, serving

SMALL: dict[str, Any] = {"retail_sample_scale": 0.002, "pledges_sample_scale": 0.0005}
"""Sizes of samples: what is measured is the way, and a statement of Trino's takes a second whatever the size."""

TABLE = "/api/v1/tables/gold.social_user_summary"
EVENTS_PATIENCE = 600.0
_LOOK_SECONDS = 2.0


@dataclass
class Peak:
    """Most memory of a process and its descendants."""

    mb: float = 0.0


def aws_local(bed: Bed) -> list[Figure]:
    """Once each: it takes minutes."""
    with fresh_home(bed) as home, serving(home, **SMALL) as up:
        local = Timing(up.ready_after)
    port = str(free_ports()["web_port"])
    command = ("tributary.aws_local", "--port", port, "up")
    with fresh_home(bed) as home:
        began = time.perf_counter()
        with _peak() as peak, serving(home, command, signal.SIGTERM, **SMALL) as up:
            ready = up.ready_after
            users = _users(up.settings.web_url)
            arrived = time.perf_counter() - began
    return [
        Figure(
            "aws_local",
            "the profile aws on stand-ins, from nothing until Ready",
            Timing(ready, peak_mb=peak.mb),
            "the profile local",
            local,
            None,
            f"events that the collector took were in gold, the serving Postgres and the API after {arrived:.0f} s "
            f"({users:,} users); {peak.mb:,.0f} MB at most, Trino's and moto's with them.",
        )
    ]


def _users(url: str) -> int:
    """Users of the social network that the API tells of, once there are any."""
    deadline = time.monotonic() + EVENTS_PATIENCE
    while time.monotonic() < deadline:
        found = httpx.get(f"{url}{TABLE}", timeout=30).json().get("rows") or 0
        if found:
            return int(found)
        time.sleep(_LOOK_SECONDS)
    raise BenchError("No event came to gold in time.")


@contextmanager
def _peak() -> Iterator[Peak]:
    """Looks at this process's descendants again and again."""
    peak, ended = Peak(), threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            total = 0
            for one in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    total += one.memory_full_info().pss
            peak.mb = max(peak.mb, total / 1e6)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()
