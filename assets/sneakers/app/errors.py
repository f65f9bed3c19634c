"""What can go wrong in the form app, each in one sentence for the collector.

A refusal names the fields that it belongs to, so that a page can show it there.
"""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SneakersError(TributaryError):
    """The form app cannot do what was asked of it."""


Fault = tuple[str | None, str]
"""The name of the argument at fault, None where it is not about a single one, and a sentence."""


class Refused(SneakersError):
    """An entry that cannot be true, or cannot be understood; nothing of it was written.

    It may be wrong in several places: `faults` has them all, the error's own sentence is that of the first.
    """

    def __init__(self, field: str | None, sentence: str, *more: Fault) -> None:
        super().__init__(sentence)
        self.faults: tuple[Fault, ...] = ((field, sentence), *more)

    @property
    def field(self) -> str | None:
        """The argument that the first fault is about."""
        return self.faults[0][0]


class AlreadySent(Refused):
    """A form that was sent and recorded before has come again with other values."""


class NotThere(SneakersError):
    """A pair, brand or entry that does not exist (any more)."""
