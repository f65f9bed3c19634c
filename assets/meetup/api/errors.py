"""How Meetup's API fails: one class for each thing a caller may want to do about it.

`transient` says whether the same call may succeed later with nothing changed; the retries go by it. `everywhere` says
that no other group would fare better. No message holds the token, and of what the server said only the code and the
beginning of the message.
"""

from __future__ import annotations

from typing import ClassVar

from tributary.resources.errors import TributaryError


class MeetupError(TributaryError):
    """Any failure of the API. Permanent, and of one group alone, unless the subclass says otherwise."""

    transient: ClassVar[bool] = False
    everywhere: ClassVar[bool] = False


class MeetupUsageError(MeetupError):
    """The client was asked for something that cannot be asked of Meetup."""

    everywhere: ClassVar[bool] = True


class MeetupTokenError(MeetupError):
    """The token is missing, wrong or expired."""

    everywhere: ClassVar[bool] = True


class MeetupForbiddenError(MeetupError):
    """The token is good, and this one thing is not for its owner: a private group, or one that is no more."""


class MeetupMissingError(MeetupForbiddenError):
    """Something of what was asked for is said not to be there, and so nothing of it is given."""


class MeetupQueryError(MeetupError):
    """Meetup understood the request and refused it; the same request will be refused again."""


class MeetupPagingError(MeetupError):
    """The pages lead nowhere: a cursor came twice, or more are said to follow and it is not said where."""


class MeetupContradictionError(MeetupError):
    """An answer that cannot be true: it tells less than it counts."""


class MeetupOtherGroupError(MeetupError):
    """The answer speaks of another group than was asked for."""


class MeetupGroupGoneError(MeetupError):
    """The group is no longer there."""


class MeetupQuotaError(MeetupError):
    """Meetup asks for a longer pause than a run should wait."""

    everywhere: ClassVar[bool] = True


class MeetupTransientError(MeetupError):
    """No answer, half an answer, or a failure on Meetup's side. Retried by the client before anyone sees it."""

    transient: ClassVar[bool] = True


class MeetupRateLimitError(MeetupTransientError):
    """Meetup asks to be called later.

    Args:
        message: the sentence.
        pause: seconds to wait before the next call of any run.
    """

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause


class MeetupUnavailableError(MeetupTransientError):
    """Every attempt at one call failed for a transient reason."""
