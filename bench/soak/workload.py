"""What comes in during the month, and what must be there of it in the end: an oracle that knows only what was sent.

Each day of the month is a slice of the soak. Events happen on that day of the month that has passed, whenever they are
sent; they come to the collector over HTTP, some of them twice, some with a time before all times. A file of the retail
source gets longer each day, with lines that do not fit, and on some days it is one that cannot be read at all.
"""

from __future__ import annotations

import base64
import json
import random
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tributary.dagster_client import DagsterClient
from tributary.resources.errors import TributaryError

DAYS = 30
EVENTS_A_BATCH = 20
TWICE, TOO_OLD = 0.1, 0.05
"""Parts of the events that are sent twice, and that happened before anything can have."""

LINES_A_DAY = 5
FLOOD = 25
"""Runs that are asked for at once, of which two may go on at a time."""

BROKEN_EVERY, FLOOD_EVERY = 7, 5
FILE = "hh_demographic.csv"
_NOT_FITTING = b"no,household\n"
_TIMEOUT = 10.0


@dataclass
class Sent:
    """What was sent, and acknowledged: events by id, those of them that fit nowhere, and the file as it is last."""

    events: set[str] = field(default_factory=set)
    too_old: set[str] = field(default_factory=set)
    doubled: int = 0
    refused: int = 0
    versions: int = 0
    broken: int = 0
    households: int = 0
    rejected: int = 0
    floods: int = 0
    retentions: int = 0
    asked_in_vain: int = 0


class Workload:
    """Sends it.

    Args:
        url: of the collector.
        key: its write key.
        folder: of the retail files.
        chance: decides what is odd.
        began: when the month began.
    """

    def __init__(self, url: str, key: str, folder: Path, chance: random.Random, began: datetime) -> None:
        self.sent = Sent()
        self._url, self._path, self._chance, self._began = f"{url}/v1/batch", folder / FILE, chance, began
        self._key = base64.b64encode(f"{key}:".encode()).decode()
        self._lines = self._path.read_bytes().splitlines(keepends=True)
        self._rejected = 0
        self._waiting: list[dict[str, object]] = []
        self._note_file()

    def events(self, day: int, part: float) -> None:
        """Send a batch of events of a day; what is not acknowledged is sent again by the next call, as SDKs do."""
        batch = [self._event(day, part) for _ in range(EVENTS_A_BATCH)]
        again = [one for one in batch if self._chance.random() < TWICE]
        if self._post([*batch, *again]):
            self._acknowledged(batch)
            self.sent.doubled += len(again)
            self.settle()
        else:
            # Whether it was taken is not known.
            self._waiting += batch
            self.sent.refused += 1

    def settle(self) -> bool:
        """Send what was not acknowledged; whether nothing is left."""
        while self._waiting:
            batch = self._waiting[:EVENTS_A_BATCH]
            if not self._post(batch):
                return False
            self._acknowledged(batch)
            del self._waiting[:EVENTS_A_BATCH]
        return True

    def _acknowledged(self, batch: list[dict[str, object]]) -> None:
        for one in batch:
            kind = self.sent.too_old if str(one["timestamp"]).startswith("2001") else self.sent.events
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

    def file(self, day: int) -> None:
        """Write the file of a day: longer than the day before's, or on some days one that is none."""
        last = self._lines[-1].rstrip().split(b",")
        first = int(last[-1]) if int(last[-1]) >= 10_000_000 else 10_000_000
        more = [b",".join([*last[:-1], str(first + number + 1).encode()]) + b"\n" for number in range(LINES_A_DAY)]
        self._lines += more
        if day % BROKEN_EVERY == BROKEN_EVERY - 1:
            self._put(b"NOT,WHAT,IT,WAS\n" + b"".join(self._lines[1:]))
            self.sent.broken += 1
            return
        self._rejected += 1
        self._put(b"".join(self._lines) + _NOT_FITTING * self._rejected)
        self._note_file()

    def mend(self) -> None:
        """Write the last sound version."""
        self._put(b"".join(self._lines) + _NOT_FITTING * self._rejected)
        self._note_file()

    def _put(self, text: bytes) -> None:
        aside = self._path.with_suffix(".new")
        aside.write_bytes(text)
        aside.replace(self._path)
        self.sent.versions += 1

    def _note_file(self) -> None:
        self.sent.households, self.sent.rejected = len(self._lines) - 1, self._rejected

    def flood(self, dagster: DagsterClient) -> None:
        """Ask for many more runs than may go on."""
        self._ask(dagster, "calendar", [("core", "dim_date")], FLOOD)
        self.sent.floods += 1

    def retention(self, dagster: DagsterClient) -> None:
        """Ask for what else comes once an hour."""
        self._ask(dagster, "retention", None, 1)
        self.sent.retentions += 1

    def _ask(self, dagster: DagsterClient, job: str, assets: list[tuple[str, str]] | None, times: int) -> None:
        tags: Mapping[str, str] = {"soak": job}
        for _ in range(times):
            try:
                dagster.launch(job, assets, tags)
            except TributaryError:
                self.sent.asked_in_vain += 1
