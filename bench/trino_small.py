"""Many small statements on the local Trino, and its rest after them, beside the same as Trino is set out.

Set out, it keeps what it knows of a statement for a quarter of an hour and looks through all of that again and again,
and each look into the catalogue hashes a password 4,096 times.
"""

from __future__ import annotations

import time
from shutil import rmtree
from unittest.mock import patch

import psutil

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure, ratio_at_most
from bench.trino import free_port
from bench.trino_worker import settings_of
from bench.usage import used
from tributary.resources.postgres import loopback
from tributary.resources.postgres.databases import connect
from tributary.resources.trino import configuration
from tributary.resources.trino.local import local_trino
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Column, Table

STATEMENTS = 1_000
FORGOTTEN_SECONDS, REST_SECONDS = 75.0, 30.0
WORK_LIMIT, REST_LIMIT = 1.0, 0.5
_OURS = ("task.info.max-age", "query.min-expire-age")
_AS_SET_OUT = "as Trino is set out"
_SMALL = Table("core", "small", (Column("id", "integer", "Number."),))


def trino_small(bed: Bed) -> list[Figure]:
    """Both, once: processor time of Trino, in the place of a timing's seconds."""
    work, rest = _measured(bed)
    properties = configuration.server_properties

    def set_out(port: int, memory: str) -> dict[str, str]:
        return {key: value for key, value in properties(port, memory).items() if key not in _OURS}

    with patch.object(configuration, "server_properties", set_out), patch.object(loopback, "_ITERATIONS", {}):
        work_before, rest_before = _measured(bed)
    name = f"{STATEMENTS:,} small statements, processor time of Trino"
    return [
        Figure("trino_small", name, work, _AS_SET_OUT, work_before, ratio_at_most(work, work_before, WORK_LIMIT)),
        Figure(
            "trino_small",
            f"{REST_SECONDS:.0f} s of rest after them, processor time",
            rest,
            _AS_SET_OUT,
            rest_before,
            ratio_at_most(rest, rest_before, REST_LIMIT),
        ),
    ]


def _measured(bed: Bed) -> tuple[Timing, Timing]:
    home = bed.root / "trino-small"
    rmtree(home, ignore_errors=True)
    settings = settings_of(home, free_port(), free_port())
    with connect(settings) as databases, local_trino(settings, databases) as server:
        warehouse = open_warehouse(settings)
        warehouse.replace(_SMALL, Select("SELECT 1 AS id"))
        before = _seconds(server.pid)
        for number in range(STATEMENTS):
            warehouse.rows(f"SELECT count(*) AS n FROM {_SMALL.sql_name} WHERE id <> {number}")
        work = _seconds(server.pid) - before
        time.sleep(FORGOTTEN_SECONDS)
        rest = used(lambda: [server.pid or 0], lambda _: "trino", REST_SECONDS)["trino"].cpu
    return Timing(work), Timing(rest)


def _seconds(pid: int | None) -> float:
    """The processor time of a process and all that it started."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)
