"""The app's own export read again: each event checked by itself, as if nothing stood before it.

Whether it agrees with what stands, and what it becomes, is decided in `service.restoring`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tributary.assets.factory.reading import DoesNotFit
from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import Event, EventType
from tributary.assets.sneakers.app.imports.outcome import ImportRefused, Odd, RefusedRow
from tributary.assets.sneakers.app.photos import Picture, kept_picture
from tributary.assets.sneakers.app.reading.exporting import COLUMNS, FORMAT
from tributary.assets.sneakers.app.values import (
    LONGEST_NOTE,
    clean_currency,
    clean_day,
    clean_optional_text,
    clean_price,
    clean_text,
)
from tributary.assets.sneakers.records import read_record

LARGEST_ID = 2**53 - 1
"""Above it JSON's readers do not agree on a number (RFC 8259, 6), and no collection comes near."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_REQUIRED = {
    EventType.BOUGHT: ("name", "color", "material", "purchase_price", "manufacturer_id", "brand", "collaborator"),
    EventType.SOLD: ("sale_price",),
    EventType.GIVEN: ("recipient",),
    EventType.BRAND_ADDED: ("manufacturer_id", "name", "collaborator"),
    EventType.BRAND_EDITED: ("manufacturer_id", "name", "collaborator"),
    EventType.EDITED: ("target_event_id", "changes"),
    EventType.UNDONE: ("target_event_id",),
}
_OPTIONAL = {EventType.BOUGHT: ("currency", "size", "note", "photo")}
_MOVES = ("event_date", "event_time")


def _text(value: Any) -> Any:
    return clean_text(value, "", "It")


def _optional(value: Any) -> Any:
    return clean_optional_text(value, "", "It")


_CLEAN: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("name", "color", "material", "brand"), _text),
    **dict.fromkeys(("collaborator", "recipient", "size"), _optional),
    **dict.fromkeys(("purchase_price", "sale_price"), lambda value: clean_price(value, "", "It")),
    "currency": lambda value: clean_currency(value, ""),
    "note": lambda value: clean_optional_text(value, "", "It", LONGEST_NOTE),
}


@dataclass(frozen=True)
class Record:
    """An event of an export, with ids of the collection that it is from, and where it stands in the file."""

    line: int
    event: Event
    token: UUID
    digest: str
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Export:
    """What a file holds: events in the order of recording, photos, and what could not be read."""

    records: list[Record]
    pictures: list[Picture]
    refused: list[RefusedRow]


def is_export(name: str) -> bool:
    """Whether a file is to be read as an export, by its name."""
    return name.lower().endswith(".json") or name.lower().endswith("events.csv")


def read_export(name: str, data: bytes, today: date, now: datetime) -> Export:
    """Read a file of all events, CSV or JSON.

    Raises:
        ImportRefused: it is no such file.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportRefused(f"{name} is not UTF-8: export it anew.") from None
    rows, photos = _json(name, text) if text.lstrip().startswith("{") else (_csv(name, text), {})
    found = Export([], [], [])
    for line, raw in rows:
        try:
            found.records.append(_record(line, raw, today, now))
        except Odd as odd:
            found.refused.append(RefusedRow(name, line, f"{odd}.", raw))
    for place, (sha256, told) in enumerate(photos.items(), start=1):
        try:
            found.pictures.append(kept_picture(sha256, base64.b64decode(told, validate=True)))
        except (Refused, TypeError, ValueError, binascii.Error):
            found.refused.append(RefusedRow(name, place, "this is no photo of an export.", {"photo": sha256}))
    found.records.sort(key=lambda record: record.event.event_id)
    return found


def _json(name: str, text: str) -> tuple[list[tuple[int, Mapping[str, Any]]], Mapping[str, Any]]:
    """The events, numbered from 1, and the photos."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise ImportRefused(f"{name} is no JSON that can be read: export it anew.") from None
    events, photos = told.get("events"), told.get("photos", {})
    if told.get("format") != FORMAT or not isinstance(events, list) or not isinstance(photos, dict):
        raise ImportRefused(f"{name} is no export of sneaker events: its format must be {FORMAT!r}.")
    return [
        (place, one if isinstance(one, dict) else {"row": one}) for place, one in enumerate(events, start=1)
    ], photos


def _csv(name: str, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise ImportRefused(f"{name} has no column {missing[0]!r}: its first line must name {', '.join(COLUMNS)}.")
        return [(reader.line_num, _typed(row)) for row in reader]
    except csv.Error as error:
        raise ImportRefused(f"{name} is no CSV ({error}): export it anew.") from None


def _typed(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    """A row with numbers and details as JSON has them; as it is where they are none, which is found later."""
    found: dict[str, Any] = {str(key): value for key, value in row.items()}
    for column in ("event_id", "sneaker_id"):
        text = found[column] or ""
        found[column] = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else (text or None)
    with contextlib.suppress(ValueError, RecursionError):
        found["details"] = json.loads(found["details"] or "")
    return found


def _record(line: int, raw: Mapping[str, Any], today: date, now: datetime) -> Record:
    if raw.keys() - set(COLUMNS):
        raise Odd("it has another number of fields than the header, or such as no event has")
    try:
        told = {name: raw[name] for name in COLUMNS}
        token, digest = UUID(str(told.pop("request_token"))), str(told.pop("request_digest"))
        # As the warehouse reads it: what comes in here must come in there.
        read_record(json.dumps(told).encode())
        event = Event(
            event_id=told["event_id"],
            type=EventType(told["type"]),
            sneaker_id=told["sneaker_id"],
            event_date=date.fromisoformat(told["event_date"] or ""),
            event_time=datetime.fromisoformat(told["event_time"]),
            recorded_at=datetime.fromisoformat(told["recorded_at"]),
            details=told["details"],
        )
    except KeyError as missing:
        raise Odd(f"it has no {missing}") from None
    except DoesNotFit as misfit:
        raise Odd(str(misfit)) from None
    except (ValueError, RecursionError):
        raise Odd("its request_token or its event_date is none") from None
    if not _DIGEST.fullmatch(digest):
        raise Odd("its request_digest is none")
    _check(event, today, now)
    return Record(line, event, token, digest, raw)


def _check(event: Event, today: date, now: datetime) -> None:
    """Raise `Odd` for what an app would never have recorded."""
    about_brand = event.type in (EventType.BRAND_ADDED, EventType.BRAND_EDITED)
    if event.type is not EventType.UNDONE and about_brand is not (event.sneaker_id is None):
        raise Odd("its sneaker_id does not belong to its type")
    if max(_ids(event), default=0) > LARGEST_ID:
        raise Odd("an id of it is too large")
    if event.recorded_at > now:
        raise Odd("it was recorded in the future")
    try:
        clean_day(event.event_date, "", max(today, now.date()))
        if event.type is EventType.EDITED and "event_date" in event.details["changes"]:
            clean_day(date.fromisoformat(event.details["changes"]["event_date"]), "", max(today, now.date()))
    except Refused as refused:
        raise Odd(str(refused).partition(":")[0].rstrip(".")) from None
    required, optional = _REQUIRED.get(event.type, ()), _OPTIONAL.get(event.type, ())
    _check_fields(event.details, set(required), {*required, *optional})
    if event.type is EventType.EDITED:
        fields = {*_REQUIRED[EventType.BOUGHT], *_OPTIONAL[EventType.BOUGHT], "sale_price", "recipient", *_MOVES}
        _check_fields(event.details["changes"], set(), fields)


def _check_fields(details: Mapping[str, Any], required: set[str], known: set[str]) -> None:
    if not required <= details.keys() <= known:
        raise Odd(f"its details must be {', '.join(sorted(required)) or 'others'}")
    for name, value in details.items():
        if name in _CLEAN:
            try:
                clean = _CLEAN[name](value)
            except Refused as refused:
                raise Odd(f"its {name}: {str(refused).partition(':')[0].rstrip('.')}") from None
            if clean != value:
                raise Odd(f"its {name} is not as the app writes it, which is {clean!r}")


def _ids(event: Event) -> Iterator[int]:
    for told in (event.details, event.details.get("changes", {})):
        yield from (told[name] for name in ("manufacturer_id", "target_event_id") if told.get(name))
    yield from (one for one in (event.event_id, event.sneaker_id) if one)
