"""What runs first in the server's process: the kernel is asked to end it with its parent, then it becomes the server.

Run as `python -S -m tributary.resources.trino.child PARENT PROGRAM [ARGUMENT …]`. Only the standard library is used.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the program."""
    parent, program, *rest = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends this in order
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The parent may have gone before the kernel was asked.
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(program, [program, *rest])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
