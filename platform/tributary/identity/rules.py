"""What a request takes: a pure function of what was sent, for each application behind the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tributary.resources.gateway.decision import SAFE_METHODS
from tributary.resources.principal import Role


class Refused(Exception):
    """What is done for nobody, whoever asks: what cannot be understood, or is not known.

    Args:
        status: of the answer.
        sentence: for whoever asked.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Request:
    """What is asked of an application.

    Args:
        method: of HTTP.
        path: decoded, from the application's own root.
        query: what follows `?`, as it was sent.
        content_type: empty where there is none.
        body: the whole of it, where the rules said that they read it.
    """

    method: str
    path: str
    query: bytes = b""
    content_type: str = ""
    body: bytes | None = None


@dataclass(frozen=True)
class Need:
    """What a request takes.

    Args:
        role: that its sender must have.
        what: that it would do, as the audit log calls it; None where it changes nothing and is not noted.
        sent: JSON to hand on in place of what was sent, so that it is read there as it was read here.
    """

    role: Role
    what: str | None = None
    sent: bytes | None = None


class Rules(Protocol):
    """What requests to one application take."""

    def reads(self, request: Request) -> bool:
        """Whether the body must be known to tell."""

    def request(self, request: Request) -> Need:
        """What a request takes.

        Raises:
            Refused: it is done for nobody.
        """

    def message(self, message: str | bytes) -> Need:
        """What a message takes that a client sends over a websocket.

        Raises:
            Refused: it is done for nobody, and the socket ends.
        """


class Reading:
    """Whoever may read may do all that there is, also over a websocket; what is not reading is done for nobody."""

    def reads(self, request: Request) -> bool:  # noqa: ARG002  (as the protocol has it)
        return False

    def request(self, request: Request) -> Need:
        if request.method not in SAFE_METHODS:
            raise Refused(403, "Nothing can be sent here.")
        return Need(Role.VIEWER)

    def message(self, message: str | bytes) -> Need:  # noqa: ARG002
        return Need(Role.VIEWER)


class ByMethod:
    """Whoever may read may use the safe methods; everything else is for those who operate."""

    def reads(self, request: Request) -> bool:  # noqa: ARG002  (as the protocol has it)
        return False

    def request(self, request: Request) -> Need:
        if request.method in SAFE_METHODS:
            return Need(Role.VIEWER)
        return Need(Role.OPERATOR, request.method)

    def message(self, message: str | bytes) -> Need:  # noqa: ARG002
        raise Refused(403, "No websocket is served here.")
