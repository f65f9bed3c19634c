"""What runs first in each process that the launcher starts, before the module it is there for.

Run as `python -m tributary.launcher.child PARENT WAIT_FOR PRELOAD MODULE [ARGUMENT …]`: ask the kernel to end this
process with its parent, import the heavy modules, wait for the Unix socket WAIT_FOR to answer, then run MODULE as
`python -m` would. Importing while another process gets ready is what makes the start short.
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import socket
import sys
import time

from tributary.resources.kernel import end_with_parent

_POLL_SECONDS = 0.05


def main(arguments: list[str]) -> None:
    """Prepare this process, then become the module."""
    parent, wait_for, preload, module, *rest = arguments
    # A launcher in the background of a shell has it ignored, and Dagster handles SIGTERM as it finds SIGINT handled.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _end_with(int(parent))
    for name in filter(None, preload.split(",")):
        importlib.import_module(name)
    if wait_for:
        _wait_for(wait_for)
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    """Linux only; elsewhere the guard alone sees to it."""
    end_with_parent()
    # The parent may have gone before the kernel was asked.
    if os.getppid() != parent:
        sys.exit(1)


def _wait_for(path: str) -> None:
    """Wait until a server listens on the socket. The launcher ends this process if that server dies."""
    while True:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(path)
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return


if __name__ == "__main__":
    main(sys.argv[1:])
