"""What every command shows with: one console for results, one for messages, and formats for numbers and times.

Tables are `tables`' matter.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from typing import IO, TextIO, cast

from rich.console import Console
from rich.text import Text

from tributary.resources.errors import UsageError, nearest

for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):
        # A terminal without a character for what it is to show must not end the command.
        _stream.reconfigure(errors="replace")

MISUSED = 2
"""The exit code of a command that was called as it cannot be."""

_terminal = sys.stdout.isatty()
# Piped output is read by programs or pagers, which fold lines themselves where they want to.


class _Console(Console):
    """Goes on where nobody reads any more (`… | head -1`): the work was asked for, and its lines only tell of it."""

    def on_broken_pipe(self) -> None:
        unread(self.file)


def unread(stream: IO[str]) -> None:
    """Let what is still written, by Python at its end too, go nowhere, as its reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


out = _Console(highlight=False, emoji=False, width=None if _terminal else 10_000)
err = _Console(stderr=True, highlight=False, emoji=False)


def width() -> int | None:
    """The columns that a line may have: the terminal's, or COLUMNS where that is set; None where there is no bound."""
    if not _terminal and not os.environ.get("COLUMNS", "").isdigit():
        return None
    return shutil.get_terminal_size().columns


def check_format(output: str, formats: Sequence[str]) -> None:
    """Refuse a format that a command does not write.

    Raises:
        UsageError: it is none of them.
    """
    if output not in formats:
        hint = nearest(output, formats, f"; use {', '.join(formats)}.")
        raise UsageError(f"--format {output} is not known{hint}")


def sentence(text: str) -> None:
    """Show an error, in one sentence, to people."""
    err.print(Text.assemble(("✗", "bold red"), " ", text), soft_wrap=True)


def let_libraries_be_quiet() -> None:
    """Show what Tributary logs as a warning, and nothing that others log: a failure is told once, in its sentence."""
    sys.stderr = cast("TextIO", _WithoutAside(sys.stderr))
    logging.getLogger().addHandler(logging.NullHandler())
    ours = logging.getLogger("tributary")
    ours.addHandler(_Shown(logging.WARNING))
    ours.propagate = False


class _WithoutAside(io.TextIOBase):
    """Standard error without Dagster's word on each event that it cannot write: the command says once what failed."""

    _ASIDE = "Exception while writing logger call to event log"

    def __init__(self, inner: TextIO) -> None:
        self._inner = inner

    def write(self, text: str) -> int:
        return len(text) if text.startswith(self._ASIDE) else self._inner.write(text)

    def flush(self) -> None:
        self._inner.flush()

    def fileno(self) -> int:
        return self._inner.fileno()

    def isatty(self) -> bool:
        return self._inner.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._inner.encoding


class _Shown(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        err.print(Text.assemble(("!", "yellow"), " ", record.getMessage()), soft_wrap=True)
