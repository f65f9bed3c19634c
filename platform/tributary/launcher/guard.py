"""The process that ends the launcher's children when the launcher itself is killed.

Run as `python -S -m tributary.launcher.guard GRACE`. The launcher writes `+N` for each process group it starts and
`-N` for each one that it has seen end. The end of that input means that the launcher is gone, however it went: the
groups that are left are then asked to end, and killed after GRACE seconds. A group holds the runs that a code server
started, which the kernel's own parent-death signal would not reach. Only the standard library is used here.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress


def main(arguments: list[str]) -> int:
    """Follow the launcher's groups until it is gone, then end those that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, group = line[0], int(line[1:])
        if sign == "+":
            groups.add(group)
        else:
            groups.discard(group)
    end_groups(groups, float(arguments[0]))
    return 0


def end_groups(groups: Iterable[int], grace: float, reap: Callable[[], object] = lambda: None) -> None:
    """Ask every process of the groups to end; kill what is left after `grace` seconds.

    A dead child counts as left until its parent has reaped it, which `reap` is for.
    """
    left = list(groups)
    _signal(left, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        reap()
        left = [group for group in left if exists(group)]
    _signal(left, signal.SIGKILL)


def exists(group: int) -> bool:
    """Whether a process group has a process left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Some systems answer so for a group of which only an unreaped process is left.
        return False
    return True


def _signal(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
