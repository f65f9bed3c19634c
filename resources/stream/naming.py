"""The name of an object that the stream delivers: `web-data/raw/YYYY/MM/DD/HH/<stream>-1-YYYY-MM-DD-HH-MM-SS-<uuid>`.

That is how Firehose names objects, with the UTC time at which the first record arrived:
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html. The name of the journal that gathers an object's
records holds all of it, so that however often the object is put, it is put under one key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

EVENTS = "web-data/raw/"
"""What the keys of all event objects begin with, whichever stream delivers them."""

JOURNAL_SUFFIX = ".journal"

_TIME = "%Y-%m-%d-%H-%M-%S"
_JOURNAL = re.compile(r"(?P<stream>[A-Za-z0-9_.-]{1,128})-1-(?P<time>\d{4}(?:-\d\d){5})-(?P<id>[0-9a-f-]{36})\.journal")


@dataclass(frozen=True)
class ObjectName:
    """An object's name: `arrived` is in UTC, of which whole seconds count."""

    stream: str
    arrived: datetime
    id: UUID

    @property
    def key(self) -> str:
        """The object's key in the lake."""
        return f"{EVENTS}{self.arrived:%Y/%m/%d/%H}/{self._base}"

    @property
    def journal(self) -> str:
        """The name of the journal's file."""
        return self._base + JOURNAL_SUFFIX

    @property
    def _base(self) -> str:
        return f"{self.stream}-1-{self.arrived.strftime(_TIME)}-{self.id}"

    @classmethod
    def of_journal(cls, file_name: str) -> ObjectName | None:
        """The object that a journal of this file name becomes; None where it is no journal's name."""
        found = _JOURNAL.fullmatch(file_name)
        if found is None:
            return None
        try:
            arrived = datetime.strptime(found["time"], _TIME).replace(tzinfo=UTC)
            return cls(found["stream"], arrived, UUID(found["id"]))
        except ValueError:
            return None
