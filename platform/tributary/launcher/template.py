"""The process from which most others of the launcher are forked, with what they all import imported once.

Run as `python -m tributary.launcher.template PARENT CHANNEL MODULE …`: import the modules, then fork a process for each
request that comes through the socket CHANNEL. It is a child of the launcher PARENT, as if that had started it, and
outlives the template. Memory that is not written to since, the processes share. No thread may live here.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import socket
import sys
import time
from typing import Any

from tributary.launcher import child
from tributary.resources.kernel import end_with_parent, name_process

LONGEST = 128 * 1024
"""Bytes of a request."""

READY = b"ready"

_ADOPTION_SECONDS = 5.0
_log = logging.getLogger(__name__)


def main(arguments: list[str]) -> None:
    """Serve requests until the launcher is gone; or, in a process that was forked, be what was asked for."""
    parent, channel, *modules = arguments
    end_with_parent()
    name_process("template")
    with socket.socket(fileno=int(channel)) as launcher:
        for name in modules:
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001  (who needs it finds it again, and says so in its own log)
                _log.warning("%s cannot be imported: %s", name, error)
        from tributary.resources.settings import Settings

        # Else each process would make its own of how settings are read, as that is made when it is first needed.
        Settings.model_rebuild()
        files = _files()
        # What is there now is never garbage, and a look at it would copy its pages into each process.
        gc.collect()
        gc.freeze()
        launcher.send(READY)
        request = _serve(launcher, int(parent), files)
    if request is not None:
        child.main(request)


def _serve(launcher: socket.socket, parent: int, files: str) -> list[str] | None:
    """Fork what is asked for; None in the template itself, and in a forked process what that is to do."""
    known = _state_of(files)
    while True:
        told, descriptors, _, _ = socket.recv_fds(launcher, LONGEST, 1)
        if not told or _state_of(files) != known:
            # Another template is started, which imports what is there now.
            return None
        between = os.fork()
        if between == 0:
            # Its parent ends at once, so that the launcher, which adopts it meanwhile, is its parent.
            if os.fork():
                os._exit(0)
            return _become(json.loads(told), descriptors[0], launcher, parent)
        os.waitpid(between, 0)
        os.close(descriptors[0])


def _become(request: dict[str, Any], log: int, launcher: socket.socket, parent: int) -> list[str]:
    """Be a process as the launcher would have started it; it is told its id as soon as it is its child."""
    os.setsid()
    deadline = time.monotonic() + _ADOPTION_SECONDS
    while os.getppid() != parent:
        if time.monotonic() > deadline:
            _log.error("The launcher is not given its processes: this system has no subreapers.")
            launcher.send(b"")  # as where the template has ended
            os._exit(1)
        time.sleep(0.0005)
    launcher.send(str(os.getpid()).encode())
    launcher.close()
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    name_process(request["name"])
    arguments: list[str] = request["arguments"]
    return arguments


def _files() -> str:
    """The files of all modules, a line each.

    One text, as a look at each module would write to its page, of which every process then had a copy of its own.
    """
    # Asking the module itself may have it import something.
    found = [getattr(module, "__dict__", {}).get("__file__") for module in tuple(sys.modules.values())]
    return "\n".join(sorted({file for file in found if isinstance(file, str)}))


def _state_of(files: str) -> int:
    """A number that is another one where a file was changed or is gone."""
    times = []
    for file in files.split("\n"):
        try:
            times.append(os.stat(file).st_mtime_ns)  # noqa: PTH116
        except OSError:
            times.append(0)
    return hash(tuple(times))


if __name__ == "__main__":
    main(sys.argv[1:])
