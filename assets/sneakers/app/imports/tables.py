"""The three CSV files of an SNQL app: their columns, and their rows as typed values or as odd.

Columns beside those of `FILES` are not looked at, but a `material` is taken where there is one. A field that is empty
or `NULL` is nothing. What the rows mean for the collection is in `bringing`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tributary.assets.sneakers.app.imports.outcome import ImportRefused, Odd

FILES: Mapping[str, tuple[str, ...]] = {
    "manufacturers.csv": ("id", "manufacturer_name", "collaborator_name"),
    "sneakers.csv": (
        "id",
        "sneaker_name",
        "color",
        "purchase_price",
        "manufacturer_id",
        "created_at",
        "sold_at",
        "sale_price",
        "trashed_at",
        "given_at",
    ),
    "sneaker_events.csv": ("id", "event_type", "sneaker_id", "event_time"),
}


@dataclass(frozen=True)
class Row:
    """A row of a file, by its line."""

    file: str
    line: int
    values: Mapping[str, str]
    whole: bool = True

    @property
    def key(self) -> str:
        """The id as it is written."""
        return self.values.get("id", "").strip()

    def text(self, name: str) -> str | None:
        """A field; None where it is nothing.

        Raises:
            Odd: the row has another number of fields than the header.
        """
        if not self.whole:
            raise Odd("it has another number of fields than the header")
        found = (self.values.get(name) or "").strip()
        return None if found in ("", "NULL") else found

    def id(self, name: str) -> int:
        """A field that names a row.

        Raises:
            Odd: it is no number.
        """
        found = self.text(name) or ""
        if not (found.isascii() and found.isdigit() and len(found) < 19):
            raise Odd(f"its {name} is no id")
        return int(found)

    def time(self, name: str, zone: ZoneInfo) -> datetime | None:
        """A field that is a time of the app's zone, or of its own where it names one; None where it is nothing.

        Raises:
            Odd: it is no time.
        """
        found = self.text(name)
        if found is None:
            return None
        try:
            moment = datetime.fromisoformat(found)
        except ValueError:
            raise Odd(f"its {name} is no time") from None
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def read_file(path: Path) -> bytes:
    """A file of a folder.

    Raises:
        ImportRefused: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read ({error.strerror}): the folder needs {', '.join(FILES)}.") from None


def read_rows(name: str, data: bytes) -> list[Row]:
    """The rows of one of the `FILES`.

    Raises:
        ImportRefused: it is not UTF-8 or CSV, or a column is missing.
    """
    try:
        file = io.StringIO(data.decode("utf-8-sig"), newline="")
        return list(_rows(name, csv.DictReader(file, strict=True)))
    except UnicodeDecodeError:
        raise ImportRefused(f"{name} is not UTF-8: export it anew.") from None
    except csv.Error as error:
        raise ImportRefused(f"{name} is no CSV ({error}): export it anew.") from None


def _rows(name: str, reader: csv.DictReader[str]) -> Iterator[Row]:
    missing = [column for column in FILES[name] if column not in (reader.fieldnames or ())]
    if missing:
        raise ImportRefused(f"{name} has no column {missing[0]!r}: its first line must name {', '.join(FILES[name])}.")
    for values in reader:
        told = {key: value for key, value in values.items() if isinstance(value, str)}
        yield Row(name, reader.line_num, told, whole=len(told) == len(values))
