"""Segment's calls over HTTP: some sent twice in one batch, some with a time before all times."""

from __future__ import annotations

import base64
import json
import random
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

from bench.soak.running import Running
from bench.soak.stream import Stream
from bench.soak.watching import rows

EVENTS_A_BATCH = 20
TWICE, TOO_OLD = 0.1, 0.05
"""Parts of the events that are sent twice, and that happened before anything can have."""

_TIMEOUT = 10.0


class Events(Stream):
    """Batches of events, each of the day of the month that it is sent for.

    Args:
        url: of the collector.
        key: its write key.
        chance: decides what is odd.
        began: when the month began.
    """

    def __init__(self, url: str, key: str, chance: random.Random, began: datetime) -> None:
        self._url, self._chance, self._began = f"{url}/v1/batch", chance, began
        self._key = base64.b64encode(f"{key}:".encode()).decode()
        self._sent: set[str] = set()
        self._too_old: set[str] = set()
        self._doubled = self._refused = 0
        self._waiting: list[dict[str, object]] = []

    def part(self, day: int, part: float) -> None:
        """Send a batch; what is not acknowledged is sent again by the next call."""
        batch = [self._event(day, part) for _ in range(EVENTS_A_BATCH)]
        again = [one for one in batch if self._chance.random() < TWICE]
        if self._post([*batch, *again]):
            self._acknowledged(batch)
            self._doubled += len(again)
            self.settle()
        else:
            # Whether it was taken is not known.
            self._waiting += batch
            self._refused += 1

    def settle(self) -> bool:
        """Send what was not acknowledged; whether nothing is left."""
        while self._waiting:
            batch = self._waiting[:EVENTS_A_BATCH]
            if not self._post(batch):
                return False
            self._acknowledged(batch)
            del self._waiting[:EVENTS_A_BATCH]
        return True

    def missing(self, running: Running) -> list[str]:
        """Events that are lost, there twice, or were never acknowledged."""
        asked = "SELECT message_id FROM core.fact_social_event WHERE event_name = 'Soak Seen'"
        found, faults = [str(one) for (one,) in rows(running, asked)], []
        if lost := self._sent - set(found):
            faults.append(f"{len(lost):,} of {len(self._sent):,} events are lost, as {min(lost)}")
        if more := len(found) - len(set(found)):
            faults.append(f"{more:,} events are there twice")
        if strange := set(found) - self._sent:
            faults.append(f"{len(strange):,} events were never acknowledged, or fit nowhere, as {min(strange)}")
        return faults

    def unquarantined(self, running: Running) -> list[str]:
        """Events of before all times that quarantine lacks."""
        asked = "SELECT raw_text FROM quarantine.rejected_rows WHERE raw_text LIKE '%Soak Seen%'"
        raw = [str(text) for (text,) in rows(running, asked)]
        unseen = [one for one in self._too_old if not any(one in text for text in raw)]
        return [f"{len(unseen)} of {len(self._too_old)} events are not there, as {unseen[0]}"] if unseen else []

    def told(self) -> str:
        """How many of each kind."""
        return (
            f"Events that were acknowledged: {len(self._sent):,}, {self._doubled:,} of them sent twice in one batch; "
            f"from before all times: {len(self._too_old):,}; batches that were sent again: {self._refused:,}."
        )

    def _acknowledged(self, batch: list[dict[str, object]]) -> None:
        for one in batch:
            kind = self._too_old if str(one["timestamp"]).startswith("2001") else self._sent
            kind.add(str(one["messageId"]))

    def _event(self, day: int, part: float) -> dict[str, object]:
        at = self._began + timedelta(days=day + part * 0.99, seconds=self._chance.random())
        if self._chance.random() < TOO_OLD:
            at = datetime(2001, 1, 1, tzinfo=UTC)
        return {
            "type": "track",
            "event": "Soak Seen",
            "userId": f"soak-{self._chance.randrange(50)}",
            "messageId": str(uuid.uuid4()),
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "properties": {"day": day},
        }

    def _post(self, batch: list[dict[str, object]]) -> bool:
        body = json.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat()}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {self._key}"}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - an address of our own
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False
