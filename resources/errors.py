"""The root of every error that a person is meant to read.

A `TributaryError` carries one clear sentence: what was wrong, where, and what to do. The command line prints that
sentence alone; Dagster shows it as the failure's message. Subclasses live beside the code that raises them.
"""

from __future__ import annotations

from collections.abc import Iterable


class TributaryError(Exception):
    """A failure explained in one sentence for the person who hits it."""


class UsageError(TributaryError):
    """A command was called in a way that cannot work; nothing was begun. It ends with exit code 2."""


class AskedToEnd(SystemExit):
    """The process was asked to end by a signal: what guards others against code that ends the process lets it pass."""


def nearest(name: str, names: Iterable[str], otherwise: str = ".") -> str:
    """The end of a sentence about an unknown name: a question for the one that was probably meant, or `otherwise`."""
    import difflib

    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else otherwise
