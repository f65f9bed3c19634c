"""Holds up the code server: `python -m tributary.code_server SOCKET MODULE LOCATION`.

This process imports next to nothing. It starts a template, which is Python's own fork server with the definitions
imported, and has the server forked from it. Asked to reload by SIGHUP it becomes itself anew, with a template of its
own, while the server of before goes on until the new one answers. It ends as the server ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from tributary.code_server.serving import serve
from tributary.code_server.template import MODULE_VARIABLE


def main(arguments: list[str]) -> int:
    """Start the server, and wait for its end; returns what it ended with."""
    socket, module, location = arguments
    signal.signal(signal.SIGHUP, _begin_anew)
    os.environ[MODULE_VARIABLE] = module
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tributary.code_server.template"])
    server = context.Process(target=serve, args=(socket, module, location, os.getpid()), name="code-server")
    server.start()
    server.join()
    return server.exitcode or 1


def _begin_anew(_number: int, _frame: FrameType | None) -> NoReturn:
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
