"""What runs first in the server's process: the kernel is asked to end it with its parent, then it becomes the server.

Run as `python -S -m tributary.resources.trino.child PARENT PROGRAM [ARGUMENT …]`. Only the standard library is used.
"""

from __future__ import annotations

import os
import signal
import sys

from tributary.resources.kernel import end_with_parent


def main(arguments: list[str]) -> None:
    """Become the program."""
    parent, program, *rest = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends this in order
    end_with_parent()
    # The parent may have gone before the kernel was asked.
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(program, [program, *rest])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
