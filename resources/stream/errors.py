"""How an event stream fails: one class for each thing a caller may want to do about it.

`retryable` says whether the same records may be put again later with nothing changed. No message holds a record's
content or a server's raw answer.
"""

from __future__ import annotations

from typing import ClassVar

from tributary.resources.errors import TributaryError


class StreamError(TributaryError):
    """Any failure of an event stream: not every record is durable. Permanent unless the subclass says otherwise."""

    retryable: ClassVar[bool] = False


class StreamAccessError(StreamError):
    """The stream does not exist or refused: a name, a permission or credentials must be put right."""


class StreamFolderError(StreamError):
    """The journal folder cannot be used: another process has it, or it cannot be made or read."""


class RecordTooLargeError(StreamError):
    """A record is larger than any stream takes; none of its call was put."""


class StreamBusyError(StreamError):
    """Too much that was put before waits to go on; the sender must slow down and try again."""

    retryable: ClassVar[bool] = True


class StreamClosedError(StreamError):
    """The stream is being closed, so another process, or this one after its restart, must take the records."""

    retryable: ClassVar[bool] = True


class StreamUnavailableError(StreamError):
    """The disk or the service did not take the records now.

    `not_taken` counts those that are known not to be durable; the others of the call are. Records whose answer was lost
    may be in the stream all the same, so that putting all again can deliver some twice.
    """

    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, not_taken: int) -> None:
        super().__init__(message)
        self.not_taken = not_taken
