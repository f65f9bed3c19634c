"""How a command ends when it is asked to: by Ctrl-C, by SIGTERM, or by the terminal that closes.

Dagster replaces the handlers of signals while a run executes, and forgets what came between two steps. So the kernel's
own record of signals (`signal.set_wakeup_fd`) tells which came, whoever handled them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN_SECONDS = 0.02
_pipe: list[int] = []
_seen: list[int] = []


def end_when_asked() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt from now on, in the main thread."""
    if not _pipe:
        _pipe.extend(os.pipe())
        for end in _pipe:
            os.set_blocking(end, False)
    signal.set_wakeup_fd(_pipe[1], warn_on_full_buffer=False)
    # SIGHUP: without a word the run would stand as going on for ever. SIGINT: a shell without job control ignores it
    # for background commands, which Dagster then does for SIGTERM too.
    for number in _ENDING:
        signal.signal(number, _interrupt)
    sys.unraisablehook = _again_if_lost


def ignore_from_now() -> None:
    """Let nothing more interrupt the process: all that is left to do is to clean up, which takes seconds at most."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def asked_to_end() -> bool:
    """Whether the process was asked to end at any time."""
    if _pipe:
        with suppress(BlockingIOError):
            _seen.extend(number for number in os.read(_pipe[0], 4096) if number in _ENDING)
    return bool(_seen)


def raise_if_asked_to_end() -> None:
    """Look between two pieces of work.

    Raises:
        KeyboardInterrupt: the process was asked to end, and something swallowed it.
    """
    if asked_to_end():
        raise KeyboardInterrupt


def exit_code() -> int:
    """The exit code of a command that was asked to end: 128 and the signal's number, as shells have it."""
    return 128 + (_seen[0] if asked_to_end() else signal.SIGINT)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _again_if_lost(lost: sys.UnraisableHookArgs) -> None:
    """Python drops what is raised while it collects garbage; an interruption is raised again a moment later."""
    if lost.exc_type is not None and issubclass(lost.exc_type, Exception):
        sys.__unraisablehook__(lost)
    else:
        threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
