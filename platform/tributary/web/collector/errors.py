"""What the collector answers when it does not take a request. A message is bad by `resources.segment.errors`."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class RequestRefused(TributaryError):
    """The request is not taken: `status` is HTTP's, `code` is for programs, the sentence for the sender's people.

    No sentence holds anything of what was sent.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
