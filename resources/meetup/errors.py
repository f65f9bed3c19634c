"""How Meetup's API fails: one class for each thing a caller may want to do about it.

`transient` says whether the same call may succeed later with nothing changed; the retries go by it. No message holds
the token, and of what the server said only the code and the beginning of the message.
"""

from __future__ import annotations

from typing import ClassVar

from resources.errors import TributaryError


class MeetupError(TributaryError):
    """Any failure of the API. Permanent unless the subclass says otherwise."""

    transient: ClassVar[bool] = False


class MeetupUsageError(MeetupError):
    """The client was asked for something that cannot be asked of Meetup."""


class MeetupTokenError(MeetupError):
    """The token is missing, wrong or expired, or does not permit the query."""


class MeetupQueryError(MeetupError):
    """Meetup understood the request and refused it; the same request will be refused again."""


class MeetupPagingError(MeetupError):
    """The pages lead nowhere: a cursor came twice, or an empty page claims that more follow."""


class MeetupGroupGoneError(MeetupError):
    """The group is no longer there, or no longer open to this token."""


class MeetupQuotaError(MeetupError):
    """Meetup asks for a longer pause than a run should wait."""


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
