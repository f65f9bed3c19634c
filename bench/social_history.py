"""Lakes with a long past: event objects and their receipts over the hours of a year, and the same recent hours in each.

What is in an old object is never read, so in a folder all of them are hard links to a few small files.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tributary.assets.social.arrivals import HOUR, RAW, hour_path
from tributary.assets.social.events.places import place_of
from tributary.assets.social.events.receipts import Receipt
from tributary.assets.social.events.version import CODE_VERSION

HOURS = 365 * 24
LINKS_A_FILE = 60_000
"""Names that one file may have; ext4 allows 65,000."""

RECENT_HOURS = 3
RECENT_A_HOUR = 115
"""As many as an hour of a million objects in a year has."""

CONTENT = b"{}"
_COMPLETE = "complete"
_NAMESPACE = uuid.UUID(int=0)


def old_keys(count: int, end: datetime) -> Iterator[str]:
    """The keys of `count` objects and of their receipts, spread evenly over the year before the hour `end`."""
    begun = end - HOURS * HOUR
    for number in range(count):
        yield from keys_of(begun + (number * HOURS // count) * HOUR, number)


def recent_objects(now: datetime) -> Iterator[tuple[str, bytes]]:
    """The objects of the last hours up to that of `now`, and their receipts: all is done, and gave no rows."""
    for hours in range(RECENT_HOURS):
        for number in range(RECENT_A_HOUR):
            source, receipt = keys_of(hour_of_day(now) - hours * HOUR, number)
            yield source, CONTENT
            yield receipt, Receipt(source, None, CODE_VERSION, {}, 0, 0).dumps()


def keys_of(hour: datetime, number: int) -> tuple[str, str]:
    """The keys of one object and its receipt."""
    moment = hour + timedelta(seconds=number % 3600)
    name = f"web-data-1-{moment:%Y-%m-%d-%H-%M-%S}-{uuid.uuid5(_NAMESPACE, str(number))}"
    key = f"{RAW}{hour_path(hour)}{name}"
    return key, place_of(key).receipt_key


def hour_of_day(moment: datetime) -> datetime:
    """The full hour at or before a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def folder_lake(root: Path, old: int, now: datetime) -> Path:
    """A folder lake with `old` objects before the recent ones, kept in `root` for the next time."""
    folder, complete = root / "lake", root / _COMPLETE
    links = Links(root / "sources")
    if not complete.exists():
        shutil.rmtree(root, ignore_errors=True)
        links.put(folder, old_keys(old, hour_of_day(now) - RECENT_HOURS * HOUR))
        complete.touch()
    for key, content in recent_objects(now):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # It may be a name of a file that has many.
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    return folder


class Links:
    """Gives a small file of `folder` as many names as are asked for; a new file whenever one has enough of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._source: Path | None = None
        self._left = 0

    def put(self, lake: Path, keys: Iterator[str]) -> None:
        """Make the objects of these keys."""
        made: set[str] = set()
        for key in keys:
            directory = f"{lake}/{key.rpartition('/')[0]}"
            if directory not in made:
                Path(directory).mkdir(parents=True, exist_ok=True)
                made.add(directory)
            os.link(self._next(), f"{lake}/{key}")

    def _next(self) -> Path:
        if self._source is None or not self._left:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._source = self._folder / uuid.uuid4().hex
            self._source.write_bytes(CONTENT)
            self._left = LINKS_A_FILE
        self._left -= 1
        return self._source
