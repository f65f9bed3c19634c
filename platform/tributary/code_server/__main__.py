"""Holds up the code server: `python -m tributary.code_server SOCKET MODULE LOCATION`.

This process imports next to nothing. It starts a template, which is Python's own fork server with the definitions
imported, and has the server forked from it. Asked to reload by SIGHUP it becomes itself anew, with a template of its
own, while the server of before goes on until the new one answers. It ends as the server ends.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tributary.code_server.serving import serve
from tributary.code_server.template import MODULE_VARIABLE

_AGAIN = "DAGSTER_CODE_SERVER_AGAIN"


def main(arguments: list[str]) -> int:
    """Start the server, and wait for its end; returns what it ended with."""
    socket, module, location = arguments
    signal.signal(signal.SIGHUP, _begin_anew)
    os.environ[MODULE_VARIABLE] = module
    _keep_sockets_in(Path(socket).parent)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tributary.code_server.template"])
    server = context.Process(target=serve, args=(socket, module, location, os.getpid()), name="code-server")
    server.start()
    server.join()
    return 1 if server.exitcode is None or server.exitcode < 0 else server.exitcode


def _keep_sockets_in(folder: Path) -> None:
    """Have the template listen in a private folder, where what a kill left behind goes at the next start."""
    if _AGAIN not in os.environ:
        for one in folder.glob("pymp-*"):
            shutil.rmtree(one, ignore_errors=True)
    tempfile.tempdir = str(folder)


def _begin_anew(_number: int, _frame: FrameType | None) -> NoReturn:
    # The server of before goes on to use the socket of its template.
    os.environ[_AGAIN] = "1"
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
