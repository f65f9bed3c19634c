"""Holds up the code server: `python -m tributary.code_server SOCKET MODULE LOCATION`.

This process imports next to nothing. It forks a template, which is Python's own fork server with the definitions
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
import traceback
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import resource_tracker, util
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tributary.code_server.serving import MODULE_VARIABLE, serve
from tributary.resources.kernel import name_process

_AGAIN = "DAGSTER_CODE_SERVER_AGAIN"
_STDERR = 2


def main(arguments: list[str]) -> int:
    """Start the server, and wait for its end; returns what it ended with."""
    socket, module, location = arguments
    signal.signal(signal.SIGHUP, _begin_anew)
    os.environ[MODULE_VARIABLE] = module
    _keep_sockets_in(Path(socket).parent)
    if sys.platform == "linux":
        # What this process was forked with, the template then shares too.
        util.spawnv_passfds = _forked  # type: ignore[assignment]
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


def _forked(_program: str, words: Sequence[str], descriptors: Sequence[int]) -> int:
    """Fork this process where `multiprocessing` would start an interpreter, to do what that is told; returns its id."""
    told = words[-1]
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        name_process(f"code-{told.split()[1].rpartition('.')[2]}")
        for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
            if int(name) > _STDERR and int(name) not in descriptors:
                with suppress(OSError):  # that of the folder is closed already
                    os.close(int(name))
        resource_tracker._resource_tracker.__init__()  # type: ignore[misc]  # noqa: SLF001
        exec(told, {})  # noqa: S102
    except SystemExit:
        code = 0
    except Exception:  # noqa: BLE001  (it is told as an interpreter would tell it)
        traceback.print_exc()
    finally:
        os._exit(code)


def _begin_anew(_number: int, _frame: FrameType | None) -> NoReturn:
    # The server of before goes on to use the socket of its template.
    os.environ[_AGAIN] = "1"
    # In a new interpreter, as what this one was forked with may be another now.
    os.execv(sys.executable, [sys.executable, "-m", "tributary.code_server", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
