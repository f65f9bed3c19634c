"""One Trino on this machine: started as a child of the process that holds it up, and ended with it, however that ends.

What is configured is said in `configuration`; what Iceberg's catalogue must be beforehand, by who starts the server.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tributary.resources.places import IMPORT_ROOT
from tributary.resources.settings import LOOPBACK
from tributary.resources.trino import configuration
from tributary.resources.trino.errors import TrinoError

PATIENCE = 600.0
"""Seconds that a start may take; 15 are usual."""

_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.1
_JVM = (
    "-Xms256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)


class TrinoServer:
    """A server and its folder.

    Args:
        folder: where its configuration, data and log are; made when missing.
        programs: the folder of the server, with `lib` and `plugin`.
        java: the program of a JDK.
        port: the port on loopback.
        memory: its heap, such as `2G`.
        catalogues: by name, the properties of each.
    """

    def __init__(
        self,
        folder: Path,
        programs: Path,
        java: Path,
        port: int,
        memory: str,
        catalogues: dict[str, dict[str, str]],
    ) -> None:
        self.folder = folder
        self.port = port
        self.log = folder / "server.log"
        self._programs, self._java, self._memory, self._catalogues = programs, java, memory, catalogues
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, and return when it takes queries.

        Raises:
            TrinoError: it does not start, with the cause from its log.
        """
        self.launch()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Begin to start it.

        Raises:
            TrinoError: its port is taken.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, self.port))
            except OSError:
                raise TrinoError(
                    f"The port {self.port} is taken: name another one in TRIBUTARY_TRINO_PORT, or stop what uses it."
                ) from None
        self._configure()
        if self.log.exists():
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-S",
                    "-P",
                    "-m",
                    "tributary.resources.trino.child",
                    str(os.getpid()),
                    *self._command(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(IMPORT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=self.folder,
            )

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def takes_queries(self) -> bool:
        """Whether a query comes to its end now."""
        return is_ready(self.url) and _answers(self.url)

    def _wait(self) -> None:
        assert self._process is not None  # noqa: S101 - it was just started
        deadline = time.monotonic() + PATIENCE
        # It says that it has started a moment before it knows of itself as a node that queries can run on.
        while not self.takes_queries():
            if self._process.poll() is not None:
                raise TrinoError(f"Trino could not start: {self._cause()}; its log is {self.log}.")
            if time.monotonic() > deadline:
                raise TrinoError(f"Trino took no queries within {PATIENCE:.0f} s; its log is {self.log}.")
            time.sleep(_POLL_SECONDS)

    def _cause(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line or "Exception" in line or line.startswith(("1)", "Error:"))]
        return (errors or lines or ["its log says nothing"])[-1][:300].rstrip(".")

    def _configure(self) -> None:
        catalogues = self.folder / "catalog"
        for folder in (self.folder, self.folder / "data", catalogues):
            folder.mkdir(parents=True, exist_ok=True)
        for old in catalogues.iterdir():
            old.unlink()
        _write(self.folder / "config.properties", configuration.server_properties(self.port, self._memory))
        _write(self.folder / "log.properties", {"io": "WARN", "io.trino": "WARN"})
        for name, properties in self._catalogues.items():
            _write(catalogues / f"{name}.properties", properties)

    def _command(self) -> list[str]:
        options = {
            "config": self.folder / "config.properties",
            "log.levels-file": self.folder / "log.properties",
            "plugin.dir": self._programs / "plugin",
            "catalog.config-dir": self.folder / "catalog",
            "node.environment": configuration.ENVIRONMENT,
            "node.id": configuration.ENVIRONMENT,
            "node.data-dir": self.folder / "data",
            "node.bind-ip": LOOPBACK,
            "node.internal-address": LOOPBACK,
        }
        given = [f"-D{key}={value}" for key, value in options.items()]
        server = ["-cp", f"{self._programs}/lib/*", "io.trino.server.TrinoServer"]
        return [str(self._java), f"-Xmx{self._memory}", *_JVM, *given, *server]


def is_ready(url: str, seconds: float = 2.0) -> bool:
    """Whether a Trino at `url` takes queries."""
    with suppress(OSError, ValueError), urllib.request.urlopen(f"{url}/v1/info", timeout=seconds) as answer:  # noqa: S310
        return json.load(answer).get("starting") is False
    return False


def _answers(url: str) -> bool:
    """Whether a query comes to its end whose rows a node must make."""
    headers = {"X-Trino-User": configuration.ENVIRONMENT}
    query = b"SELECT count(*) FROM TABLE(sequence(start => 1, stop => 10))"
    ask = urllib.request.Request(f"{url}/v1/statement", query, headers)  # noqa: S310
    try:
        while True:
            with urllib.request.urlopen(ask, timeout=PATIENCE) as answer:  # noqa: S310
                found = json.load(answer)
            if "error" in found:
                return False
            if "nextUri" not in found:
                return True
            ask = urllib.request.Request(found["nextUri"], headers=headers)  # noqa: S310
    except (OSError, ValueError):
        return False


def _write(path: Path, properties: dict[str, str]) -> None:
    """Readable by its owner alone, since a catalogue's properties may hold a password."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(configuration.text(properties))
