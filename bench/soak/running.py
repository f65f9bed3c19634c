"""A `tributary up` that the soak holds up itself: its launcher is killed too, and what it says is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from bench.bed import environment
from bench.errors import BenchError
from bench.serving import AS_SET_OUT, READY, STOP_PATIENCE
from tributary.launcher.state import pids
from tributary.resources.postgres import postmaster
from tributary.resources.settings import PROJECT_ROOT, Settings

START_SECONDS = 600.0
_LOOK_SECONDS = 0.5


class Running:
    """The platform on a home and ports of its own.

    Args:
        home: its folder.
        own: settings, by name.
    """

    def __init__(self, home: Path, own: dict[str, object]) -> None:
        self.home, self._own = home, {**AS_SET_OUT, "home": home, **own}
        self.settings = Settings.model_validate({name: one for name, one in self._own.items() if one is not None})
        self.said: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready.

        Raises:
            BenchError: it does not get ready.
        """
        before = sum(READY in line for line in self.said)
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tributary", "up"],
            cwd=PROJECT_ROOT,
            env=environment(**self._own),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while sum(READY in line for line in self.said) == before:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"`tributary up` did not get ready; it said last:\n{''.join(self.said[-20:])}")
            time.sleep(_LOOK_SECONDS)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.said.append(line)

    def stop(self) -> None:
        """End it as Ctrl-C does.

        Raises:
            BenchError: it does not end by that.
        """
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise BenchError("`tributary up` did not end by Ctrl-C.") from None

    def kill_launcher(self) -> None:
        """Kill the launcher, whose guard then ends all else."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def is_up(self) -> bool:
        """Whether the launcher lives."""
        return self._process is not None and self._process.poll() is None

    def is_well(self) -> bool:
        """Whether the web process says that all is up."""
        with (
            suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(  # noqa: S310 - an address of our own
                f"{self.settings.web_url}/v1/health", timeout=5
            ) as answer,
        ):
            return bool(answer.status == 200)
        return False

    def parts(self) -> dict[str, int]:
        """The process of each part, the launcher left out."""
        return {name: pid for name, pid in pids(self.home).items() if name != "launcher"}

    def server(self) -> int | None:
        """The process of Postgres."""
        found = postmaster.read(self.home / "postgres")
        return found.pid if found is not None else None

    def family(self) -> list[psutil.Process]:
        """All processes of it that there are, Postgres's among them."""
        found: list[psutil.Process] = []
        for root in (self._process.pid if self._process else None, self.server()):
            with suppress(psutil.Error):
                if root is not None:
                    process = psutil.Process(root)
                    found += [process, *process.children(recursive=True)]
        return found
