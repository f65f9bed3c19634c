"""`python -m bench soak --hours H`: a month in the time that there is, all promises watched; writes `bench/SOAK.md`."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure, Limit
from bench.machine import describe
from bench.serving import free_ports, fresh_home
from bench.soak.chaos import Chaos
from bench.soak.events import Events
from bench.soak.extracts import Extracts
from bench.soak.files import BROKEN_EVERY, Bills, Households
from bench.soak.forms import Forms
from bench.soak.full_disk import FullDisk
from bench.soak.listener import Listener
from bench.soak.meetings import Meetings
from bench.soak.report import MENDED, Promise, grown, markdown
from bench.soak.running import Running
from bench.soak.stream import DAYS
from bench.soak.watching import Measures, Readers
from bench.soak.workload import Workload
from tributary.assets.retail.standin import make_retail_sample
from tributary.dagster_client import DagsterClient
from tributary.resources.errors import TributaryError
from tributary.resources.guarding import LOCAL_WRITE_KEY
from tributary.resources.settings import PROJECT_ROOT

REPORT = PROJECT_ROOT / "bench" / "SOAK.md"
SCALE = 0.002
LOOK_SECONDS = 15.0
SLICES = 4
"""Batches of events a day."""

LAUNCHER_EVERY = 10
"""Days after which the launcher itself is killed."""

FULL_EVERY = 6
"""Days after which the disk runs full, where it is the home's own."""

DRAIN_SECONDS = 300.0
UNDISTURBED_SECONDS = 120.0
_SEED = 20260101


def soak(bed: Bed) -> list[Figure]:
    """The month; the figure says how many promises were broken, and the report which."""
    began = time.monotonic()
    with fresh_home(bed) as home, closing(Listener()) as listener:
        faults = _month(home / "home", home / "files", bed.hours, listener)
    limit = Limit("nothing lost, doubled, less than before or without bound", not faults)
    note = "; ".join(faults[:5])
    return [Figure("soak", f"a month in {bed.hours:g} h", Timing(time.monotonic() - began), limit=limit, note=note)]


def _month(home: Path, files: Path, hours: float, listener: Listener) -> list[str]:
    chance = random.Random(_SEED)  # noqa: S311 - nothing here is secret
    make_retail_sample(files, SCALE)
    own = {
        **free_ports(),
        "retail_dir": files,
        "social_sample": False,
        "sneakers_sample": True,
        "stream_buffer_seconds": 5,
        "retention_runs": 30,
        "alerts_urls": listener.url,
        "alerts_seconds": 5,
    }
    own.pop("postgres_port")
    running = Running(home, own)
    dagster = DagsterClient(running.settings)
    readers, measures, chaos, disk = Readers(running), Measures(running), Chaos(running, chance), FullDisk(home)
    try:
        running.start()
        url, began = running.settings.web_url, datetime.now(UTC) - timedelta(days=DAYS)
        streams = (
            Events(url, LOCAL_WRITE_KEY, chance, began),
            Households(files),
            Bills(home / "sample" / "pledges"),
            Forms(running.settings.web_port, chance),
            Meetings(running, dagster),
            Extracts(url),
        )
        work = Workload(streams, dagster)
        readers.start()
        _days(hours, work, measures, chaos, chance, disk if disk.is_its_own else None)
        work.mend()
        lost = _lost(running, work, measures, chaos)
    finally:
        readers.stop()
        dagster.close()
        _stop(running, chaos)
    growth = grown(measures.looks)
    promises = [
        Promise("Nothing that was acknowledged is lost or doubled, and what is pulled again stays as it was", lost[0]),
        Promise("Quarantine holds all that did not fit", lost[1]),
        Promise(f"No reader sees less than before ({readers.reads:,} reads)", readers.faults),
        Promise("Whatever is killed is well again within two minutes", chaos.faults),
        Promise("Who takes alerts is told of each time that the disk runs full", _untold(chaos, listener)),
        Promise("No sensor falls silent", measures.faults),
        Promise("What is queued is begun, however long it waits", _unbegun(measures, lost[2])),
        Promise(
            "Nothing grows without bound",
            [f"{one[0]}: {one[1]:,.0f} → {one[2]:,.0f}" for one in growth if one[4] == "GROWS"],
        ),
    ]
    text = markdown(
        describe(),
        hours,
        DAYS,
        [*work.told(), f"Times that the disk ran full: {chaos.filled}."],
        chaos.kills,
        chaos.slowest,
        running.said,
        promises,
        growth,
        lost[2],
    )
    _, found, mended = REPORT.read_text().partition(MENDED) if REPORT.exists() else ("", "", "")
    REPORT.write_text(f"{text}\n{MENDED}{mended}" if found else text)
    return [fault for one in promises for fault in one.faults]


def _days(
    hours: float, work: Workload, measures: Measures, chaos: Chaos, chance: random.Random, disk: FullDisk | None
) -> None:
    """The days, each with its events, its file, and what goes wrong on it."""
    a_day, began, looked = hours * 3600 / DAYS, time.monotonic(), 0.0
    for day in range(DAYS):
        work.day(day)
        struck = chance.sample(range(SLICES), 1 + (day % 2))
        for part in range(SLICES):
            work.part(day, part / SLICES)
            if part in struck:
                chaos.strike()
            end = began + (day + (part + 1) / SLICES) * a_day
            while (left := end - time.monotonic()) > 0:
                if time.monotonic() - looked > LOOK_SECONDS:
                    measures.look(time.monotonic() - chaos.last > UNDISTURBED_SECONDS)
                    looked = time.monotonic()
                time.sleep(min(left, 1.0))
        if day % BROKEN_EVERY == BROKEN_EVERY - 1:
            work.mend()
        if disk and day % FULL_EVERY == FULL_EVERY - 1:
            chaos.fill(disk, partial(work.part, day, 1.0))
        if day % LAUNCHER_EVERY == LAUNCHER_EVERY - 1:
            chaos.strike_launcher()


def _lost(
    running: Running, work: Workload, measures: Measures, chaos: Chaos
) -> tuple[list[str], list[str], dict[str, int]]:
    """What is missing, and what quarantine lacks, once all could be where it belongs; and the runs by state."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while True:
        missing, unquarantined = ["The platform does not answer."], list[str]()
        if work.settle():
            try:
                missing, unquarantined = work.missing(running), work.unquarantined(running)
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                missing = [f"The platform does not answer: {error}"]
        waiting = _states(running).get("QUEUED", 0)
        if not (missing or unquarantined or waiting) or time.monotonic() > deadline:
            break
        measures.look(time.monotonic() - chaos.last > UNDISTURBED_SECONDS)
        time.sleep(LOOK_SECONDS)
    return missing, unquarantined, _states(running)


def _states(running: Running) -> dict[str, int]:
    """How many runs there are, by state; none where Dagster does not tell."""
    dagster = DagsterClient(running.settings)
    try:
        return dict(Counter(one.status for one in dagster.runs(1000)))
    except TributaryError:
        return {}
    finally:
        dagster.close()


def _unbegun(measures: Measures, states: Mapping[str, int]) -> list[str]:
    said = "; ".join(sorted(set(measures.dropped.values())))
    found = [f"{len(measures.dropped)} runs were dropped ({said})"] if measures.dropped else []
    return [*found, *([f"{states['QUEUED']} runs still wait"] if states.get("QUEUED") else [])]


def _untold(chaos: Chaos, listener: Listener) -> list[str]:
    told = sum("Disk, Disk: " in one for one in listener.heard)
    return [f"the disk ran full {chaos.filled} times, told {told} times"] if told != chaos.filled else []


def _stop(running: Running, chaos: Chaos) -> None:
    family = running.family()
    running.stop()
    time.sleep(3.0)
    left = [one for one in family if one.is_running() and one.status() != "zombie"]
    if left:
        chaos.faults.append(f"{len(left)} processes are left after the end, as {left[0].name()}.")
