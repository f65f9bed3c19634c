"""Batches of messages to the collector over HTTP, the way Segment's libraries send them.

Waiting for a collector that is away is here; which messages there are is not. No message is ever logged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import SecretStr

from tributary.assets.social.standin.sending.errors import CollectorRefusal

MAX_BATCH = 100
"""Messages a batch at most; Segment's libraries send no more, and it keeps a request below 500 kB."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_TIMEOUT = 10.0
_NOT_NOW = (408, 425, 429)
_NOT_ALLOWED = (401, 403)

_log = logging.getLogger(__name__)


class Sender:
    """Sends to the collector at `url` with `write_key`, until `stopped` is set.

    Raises:
        CollectorRefusal: `url` is not one of HTTP.
    """

    def __init__(self, url: str, write_key: SecretStr, stopped: threading.Event) -> None:
        self._url = f"{_checked(url)}/v1/batch"
        self._stopped = stopped
        self._away = False
        self._client = httpx.Client(auth=(write_key.get_secret_value(), ""), timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Send one batch, again and again until the collector took it; False where it was stopped before.

        Raises:
            CollectorRefusal: the collector answers that it will never take it.
        """
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            asked = self._attempt(messages)
            if asked is None:
                self._note(away=False)
                return True
            self._note(away=True)
            self._stopped.wait(min(max(pause, asked), _LONGEST_PAUSE))
            pause = min(pause * 2, _LONGEST_PAUSE)
        return False

    def _attempt(self, messages: Sequence[dict[str, Any]]) -> float | None:
        """Send once: None where it was taken, else the seconds that the collector asks to wait (0 where it is mute)."""
        body = {"batch": list(messages), "sentAt": datetime.now(UTC).isoformat(timespec="milliseconds")}
        try:
            response = self._client.post(self._url, json=body)
        except httpx.TransportError:
            return 0.0
        if response.is_success:
            _note_rejected(response)
            return None
        if response.status_code in _NOT_NOW or response.is_server_error:
            asked = response.headers.get("Retry-After", "")
            return float(asked) if asked.isdecimal() else 0.0
        if response.status_code in _NOT_ALLOWED:
            raise CollectorRefusal(
                f"The collector at {self._url} does not accept the write key; set TRIBUTARY_COLLECTOR_WRITE_KEY to "
                "the one it asks for."
            )
        raise CollectorRefusal(
            f"{self._url} answers HTTP {response.status_code} to a batch of messages; is it the collector's address?"
        )

    def _note(self, *, away: bool) -> None:
        if away and not self._away:
            _log.info("The collector at %s does not take events now; trying again until it does.", self._url)
        elif self._away and not away:
            _log.info("The collector at %s takes events again.", self._url)
        self._away = away


def _note_rejected(response: httpx.Response) -> None:
    """Tell of messages that the collector left out of a batch that it took; the answer lists them, the log does not."""
    if response.headers.get("Content-Type", "").startswith("application/json"):
        try:
            answer = response.json()
        except ValueError:
            raise CollectorRefusal(
                f"{response.url} answers with what is not JSON; is it the collector's address?"
            ) from None
        rejected = len(answer.get("rejected", ())) if isinstance(answer, dict) else 0
        if rejected:
            _log.warning("The collector left out %d messages of a batch as invalid.", rejected)


def _checked(url: str) -> str:
    """`url` without slashes at its end, if a collector could be there."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise CollectorRefusal(f"{url!r} is no address of a collector; give one such as http://127.0.0.1:8000.")
    return url.rstrip("/")
