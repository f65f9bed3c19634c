"""The process that sends the live events to the collector, as Segment's libraries would: batches of what is due.

Waiting for a collector that is away is here; which messages there are is in `live`. No message is ever logged.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Annotated, Any

import httpx
import typer

from tributary.assets.social.standin.live import live_events
from tributary.assets.social.standin.make import DEFAULT_SEED
from tributary.assets.social.standin.messages import iso
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings

MAX_BATCH = 100
"""Messages a batch at most; Segment's libraries send no more, and it keeps a request below 500 kB."""
FLUSH_SECONDS = 1.0
"""A message waits this long at most for others that go with it."""
MAX_LAG_SECONDS = 30.0
"""After a longer absence of the collector the stream begins anew at the present, instead of telling the past."""
PAST = timedelta(days=2)
"""How far back the events reach that are sent first."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_TIMEOUT = 10.0

_log = logging.getLogger(__name__)


class CollectorRefusal(TributaryError):
    """The collector refuses what it is sent, and would refuse it again."""


class Sender:
    """Sends to the collector at `url` through `client`, until `stopped` is set.

    Raises:
        CollectorRefusal: `url` is not one of HTTP.
    """

    def __init__(self, url: str, client: httpx.Client, stopped: threading.Event) -> None:
        self._url = f"{_checked(url)}/v1/batch"
        self._client = client
        self._stopped = stopped
        self._away = False

    def send(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Send one batch, again and again until the collector took it; False where it was stopped before.

        Raises:
            CollectorRefusal: the collector answers that it will never take it.
        """
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            asked = self._attempt(messages)
            away = asked is not None
            if away != self._away:
                does = "does not take events now; trying again until it does" if away else "takes events again"
                _log.info("The collector at %s %s.", self._url, does)
                self._away = away
            if asked is None:
                return True
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
        if response.status_code in (408, 425, 429) or response.is_server_error:
            asked = response.headers.get("Retry-After", "")
            return float(asked) if asked.isdecimal() else 0.0
        if response.status_code in (401, 403):
            raise CollectorRefusal(
                f"The collector at {self._url} does not accept the write key; set TRIBUTARY_COLLECTOR_WRITE_KEY to "
                "the one it asks for."
            )
        raise CollectorRefusal(
            f"{self._url} answers HTTP {response.status_code} to a batch of messages; is it the collector's address?"
        )


def batches(
    events: Iterable[tuple[float, dict[str, Any]]], stopped: threading.Event
) -> Iterator[tuple[list[dict[str, Any]], float]]:
    """The messages of `events` in batches, each once its last message is due, with the seconds by which it is late.

    Ends when `stopped` is set; what was not due by then is not told.
    """
    due = opened = time.monotonic()
    batch: list[dict[str, Any]] = []
    for wait, message in events:
        due += wait
        if batch and (due - opened > FLUSH_SECONDS or len(batch) == MAX_BATCH):
            yield batch, time.monotonic() - opened
            batch = []
        if stopped.wait(max(0.0, due - time.monotonic())):
            return
        if not batch:
            opened = due
        batch.append(message)


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


def past_events(seed: int, count: int, now: datetime) -> Iterator[list[dict[str, Any]]]:
    """The messages of the days before `now`, in batches to be sent at once."""
    told = (message for _, message in live_events(seed, now - PAST, rate=count / PAST.total_seconds()))
    messages = list(
        islice(takewhile(lambda message: message["timestamp"] < iso(int(now.timestamp() * 1000)), told), count)
    )
    return (messages[start : start + MAX_BATCH] for start in range(0, len(messages), MAX_BATCH))


def main(
    url: Annotated[str, typer.Option(help="Where the collector is.")] = "http://127.0.0.1:8000",
    rate: Annotated[float, typer.Option(help="Events a second on average.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the sample that the stream continues.")] = DEFAULT_SEED,
    before: Annotated[int, typer.Option(help="Events of the past two days to send first, at once.")] = 0,
) -> None:
    """Send the sample network's live events, with the write key of TRIBUTARY_COLLECTOR_WRITE_KEY, until a signal."""
    # Of httpx nothing is shown: it would tell every request.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    key = get_settings().collector_write_key.get_secret_value()
    try:
        with httpx.Client(auth=(key, ""), timeout=_TIMEOUT) as client:
            sender = Sender(url, client, stopped)
            if before:
                for past in past_events(seed, before, datetime.now(UTC)):
                    sender.send(past)
            while not stopped.is_set():
                for batch, lag in batches(live_events(seed, datetime.now(UTC), rate=rate), stopped):
                    if lag > MAX_LAG_SECONDS or not sender.send(batch):
                        break
    except TributaryError as error:
        _log.error("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
