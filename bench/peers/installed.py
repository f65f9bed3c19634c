"""The peers' environments: each installed once, with the versions of its list, and kept under the bench's folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, command
from bench.errors import BenchError

PINS = Path(__file__).with_name("pins")
SCRIPTS = Path(__file__).with_name("scripts")
SILENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
"""By these no peer tells its makers of its use: nothing leaves the machine while something is measured."""

_TAIL = 1_500


class Peer:
    """A tool in an environment of its own, of the versions that `pins/<name>.txt` lists."""

    def __init__(self, bed: Bed, name: str) -> None:
        self.name = name
        self._bed = bed
        self._pins = (PINS / f"{name}.txt").read_text(encoding="utf-8")
        # An environment is of one list and one Python: with another of either it is another one.
        digest = hashlib.sha256(f"{self._pins}{sys.version}".encode()).hexdigest()[:12]
        self._folder = bed.root / "peers" / f"{name}-{digest}"

    def version(self, package: str = "") -> str:
        """The tool's name and version, as in `duckdb 2.0.1`, or those of another package of its list."""
        wanted = package or self.name
        for line in self._pins.splitlines():
            name, _, version = line.partition("==")
            if name == wanted:
                return f"{name} {version}"
        raise BenchError(f"{self.name}.txt of the bench's pins does not name {wanted}.")

    def install(self) -> None:
        """Have the environment, which takes a package index where it is not there yet.

        Raises:
            BenchError: it could not be installed.
        """
        done = self._folder / "installed"
        if done.exists():
            return
        self._run([sys.executable, "-m", "venv", "--clear", str(self._folder)])
        self._run([str(self._program("python")), "-m", "pip", "install", "-q", "-r", str(PINS / f"{self.name}.txt")])
        done.touch()

    def run(self, program: str, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Timing:
        """Run a program of the environment to its end and measure it; all earlier writes are on disk before."""
        self._bed.settle()
        own = {**_outer(), **SILENT, **(env or {})}
        return command([str(self._program(program)), *words], self._bed.data, cwd=cwd or self._bed.root, env=own)

    def script(self, name: str, *words: str) -> Timing:
        """Run one of `scripts` by the environment's Python."""
        return self.run("python", str(SCRIPTS / f"{name}.py"), *words)

    def _program(self, name: str) -> Path:
        return self._folder / "bin" / name

    def _run(self, words: Sequence[str]) -> None:
        done = subprocess.run(list(words), capture_output=True, text=True, check=False, env=_outer())
        if done.returncode:
            end = (done.stdout + done.stderr).strip()[-_TAIL:]
            raise BenchError(f"The peer {self.name} could not be installed; the output ends with:\n{end}")


def installed(bed: Bed, *names: str) -> list[Peer]:
    """The peers of these names, their environments in place."""
    peers = [Peer(bed, name) for name in names]
    for peer in peers:
        peer.install()
    return peers


def _outer() -> dict[str, str]:
    """The process's environment without what would lead a peer's Python to our packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
