"""The command line as a process: it ends behind the command's last word. What commands there are is `main`'s matter."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

from tributary.cli.main import main


def command() -> NoReturn:
    """Run the command line, and end the process with its exit code.

    Python would free one by one all that was loaded, which after a command with Dagster takes longer than to load it,
    and to no use: the kernel takes all back at once. What is to be done at exit is done, and threads have ended.

    Raises:
        SystemExit: always, as `main` does.
    """
    code: list[int] = []

    def end() -> None:
        if code:  # else it is Python's matter to tell of what ended it
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code[0])

    # What is registered first is done last: behind all that the command registers.
    atexit.register(end)
    try:
        main()
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            code.append(ending.code or 0)
        raise
