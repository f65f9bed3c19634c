"""Looks at folder lakes as the sensor does: `python -m bench.social_tick_worker ROUNDS SMALL LARGE`.

A process of its own, so that the first hour of the partitions, which is a setting, can lie before the lakes' past. The
lakes take turns. The result is one line of JSON: by way, the seconds (wall, processor) of each round.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from bench.errors import BenchError
from bench.social_history import hour_of_day
from tributary.assets.social.arrivals import objects_from
from tributary.assets.social.due import settled_since
from tributary.assets.social.partitions import first_hour
from tributary.assets.social.sensor import social_events
from tributary.assets.social.watch import OVERLAP, Decision, Memory, decide, look_from
from tributary.definitions import defs
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

UNASKED = PostgresWarehouse(lambda: "")
"""The receipts of these lakes tell of no rows, so that nothing is asked of a warehouse; it would refuse to answer."""

Way = Callable[[Lake], None]


def steady(now: datetime) -> Memory:
    """What the sensor remembers when it looked a moment ago and everything was done."""
    return Memory(position=hour_of_day(now - OVERLAP).timestamp(), swept=now.timestamp())


def look(lake: Lake, memory: Memory, now: datetime) -> Decision:
    """What the sensor does with the lake, without anything of Dagster's."""
    start = look_from(memory, first_hour(), now)
    arrived = [found.key for found in objects_from(lake, start)]
    return decide(arrived, settled_since(lake, UNASKED, start, now), memory, now)


def ways() -> dict[str, Way]:
    """The look, the whole evaluation of the sensor, which must find nothing, and the look over everything."""
    repository = defs.get_repository_def()

    def quick(lake: Lake) -> None:
        now = datetime.now(tz=UTC)
        _expect_nothing(look(lake, steady(now), now).ranges)

    def evaluation(lake: Lake) -> None:
        context = dg.build_sensor_context(
            instance=instance,
            cursor=steady(datetime.now(tz=UTC)).dumps(),
            repository_def=repository,
            resources={"lake": lake, "warehouse": UNASKED},
        )
        _expect_nothing(social_events.evaluate_tick(context).run_requests)

    def everything(lake: Lake) -> None:
        # The receipts of the week before the recent hours are stand-ins that tell nothing, so what is found counts not.
        look(lake, Memory(first_hour().timestamp(), time.time()), datetime.now(tz=UTC))

    instance = dg.DagsterInstance.ephemeral()
    return {"look": quick, "evaluation": evaluation, "everything": everything}


def main(rounds: str, small: str, large: str) -> None:
    """Measure, and write the measurement to standard output."""
    lakes = {"small": FolderLake(Path(small)), "large": FolderLake(Path(large))}
    known = ways()
    measured: dict[str, list[tuple[float, float]]] = {}
    for name in ("look", "evaluation"):
        for lake in lakes.values():
            known[name](lake)  # what is imported and read for the first time is no subject here
        for _ in range(int(rounds)):
            for size, lake in lakes.items():
                measured.setdefault(f"{name} {size}", []).append(_timed(known[name], lake))
    measured["everything large"] = [_timed(known["everything"], lakes["large"])]
    print(json.dumps(measured))


def _timed(way: Way, lake: Lake) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    way(lake)
    return time.perf_counter() - wall, time.process_time() - cpu


def _expect_nothing(found: object) -> None:
    if found:
        raise BenchError(f"The sensor asked for {found} although everything is done; mend the lakes of the benchmark.")


if __name__ == "__main__":
    main(*sys.argv[1:])
