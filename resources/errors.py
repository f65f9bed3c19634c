"""The root of every error that a person is meant to read.

A `TributaryError` carries one clear sentence: what was wrong, where, and what to do. The command line prints that
sentence alone; Dagster shows it as the failure's message. Subclasses live beside the code that raises them.
"""


class TributaryError(Exception):
    """A failure explained in one sentence for the person who hits it."""


class UsageError(TributaryError):
    """A command was called in a way that cannot work; nothing was begun. It ends with exit code 2."""
