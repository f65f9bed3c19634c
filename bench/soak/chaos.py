"""What befalls it: any process is killed, Postgres, a run, now and then the launcher; and its disk runs full."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

import psutil

from bench.soak.full_disk import FullDisk
from bench.soak.running import Running
from tributary.code_server.serving import NAME as CODE_SERVER
from tributary.launcher.process import is_a_run

WELL_SECONDS = 120.0
"""So long the platform may take until it is well again after a kill."""

_KINDS = {"part": 5, "code server": 2, "run": 4, "Postgres": 1, "session": 3}
_LOOK_SECONDS = 1.0
_FULL_LOOK_SECONDS = 5.0


class Chaos:
    """Kills, and waits until all is well again."""

    def __init__(self, running: Running, chance: random.Random) -> None:
        self._running, self._chance = running, chance
        self.kills: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest = 0.0
        self.filled = 0
        self.last = time.monotonic()

    def strike(self) -> None:
        """Kill something, if there is any of its kind."""
        kind = self._chance.choices(list(_KINDS), list(_KINDS.values()))[0]
        found = self._victims(kind)
        if not found:
            return
        name, pid = self._chance.choice(found)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.last = time.monotonic()
        self.kills[name] += 1
        self._await(name)

    def strike_launcher(self) -> None:
        """Kill the launcher, and start it again: what was cut off is made good."""
        began = time.monotonic()
        self._running.kill_launcher()
        self.last = time.monotonic()
        self.kills["launcher"] += 1
        self._running.start()
        self._note("launcher", time.monotonic() - began)

    def fill(self, disk: FullDisk, meanwhile: Callable[[], None]) -> None:
        """Have the disk run full, with something to do until there is room; then it is well again."""
        with ThreadPoolExecutor(1) as beside:
            filling = beside.submit(disk.fill)
            while not filling.done():
                meanwhile()
                wait([filling], _FULL_LOOK_SECONDS)
            filling.result()
        self.last = time.monotonic()
        self.filled += 1
        self._await("the disk")

    def _await(self, name: str) -> None:
        began = time.monotonic()
        # The launcher notices within seconds what is gone.
        time.sleep(3 * _LOOK_SECONDS)
        while not self._running.is_well():
            if not self._running.is_up():
                self.faults.append(f"`tributary up` ended by what befell {name}.")
                self._running.start()
                return
            if time.monotonic() - began > WELL_SECONDS:
                self.faults.append(f"{name} was not well {WELL_SECONDS:.0f} s after what befell it.")
                return
            time.sleep(_LOOK_SECONDS)
        self._note(name, time.monotonic() - began)

    def _note(self, _name: str, seconds: float) -> None:
        self.slowest = max(self.slowest, seconds)
        self.last = time.monotonic()

    def _victims(self, kind: str) -> list[tuple[str, int]]:
        if kind == "part":
            return list(self._running.parts().items())
        if kind == "Postgres":
            return [(kind, pid) for pid in (self._running.server(),) if pid is not None]
        of_kind: dict[str, Callable[[psutil.Process], bool]] = {
            "run": is_a_run,
            "code server": lambda one: one.name() == CODE_SERVER,
            "session": lambda one: " warehouse " in " ".join(one.cmdline()),
        }
        found = []
        for one in self._running.family():
            with suppress(psutil.Error):
                if of_kind[kind](one):
                    found.append((kind, one.pid))
        return found
