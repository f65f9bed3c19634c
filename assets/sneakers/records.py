"""A pulled record read into the typed columns of `staged.sneaker_events`, or the reason why it does not fit.

Pure: where the record stood is its caller's matter. What else the details hold stays in the lake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from tributary.assets.factory.reading import DoesNotFit, Row
from tributary.assets.sneakers.tables import BRANDS, LIFE, TYPES

_LARGEST_ID = 2**63 - 1
_PRICE = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_DECODER = msgspec.json.Decoder()


def read_record(line: bytes) -> Row:
    """The row of a record, without where it stood; columns that its type does not have are left out.

    Raises:
        DoesNotFit: it is no event of the form app.
    """
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DoesNotFit("it is no JSON") from None
    if not isinstance(record, dict) or not isinstance(record.get("details"), dict):
        raise DoesNotFit("it is no object with an object of details")
    kind = record.get("type")
    if kind not in TYPES:
        raise DoesNotFit("its type is not known")
    row: Row = {
        "event_id": _id(record, "event_id"),
        "type": kind,
        "sneaker_id": _id(record, "sneaker_id") if kind in LIFE or kind == "edited" else _optional_id(record),
        "event_date": _day(record),
        "recorded_at": _time(record, "recorded_at"),
    }
    row["event_time"] = min(_time(record, "event_time"), row["recorded_at"])
    row |= _DETAILS.get(kind, _nothing)(record["details"])
    if "changed_event_time" in row:
        row["changed_event_time"] = min(row["changed_event_time"], row["recorded_at"])
    return row


def _bought(details: Mapping[str, Any]) -> Row:
    found = {column: read(details, column) for column, read in _PURCHASE.items()}
    return found | {column: read(details, column) for column, read in _PARTICULARS.items() if column in details}


def _sold(details: Mapping[str, Any]) -> Row:
    return {"sale_price": _price(details, "sale_price")}


def _given(details: Mapping[str, Any]) -> Row:
    return {"recipient": _optional_text(details, "recipient")}


def _brand(details: Mapping[str, Any]) -> Row:
    return {
        "manufacturer_id": _id(details, "manufacturer_id"),
        "brand": _text(details, "name"),
        "collaborator": _optional_text(details, "collaborator"),
    }


def _undone(details: Mapping[str, Any]) -> Row:
    return {"target_event_id": _id(details, "target_event_id")}


def _edited(details: Mapping[str, Any]) -> Row:
    changes = details.get("changes")
    if not isinstance(changes, dict):
        raise DoesNotFit("its changes are no object")
    if not all(_FIELD.fullmatch(name) for name in changes):
        raise DoesNotFit("its changes name something that is no field")
    row = {column: read(changes, column) for column, read in _READERS.items() if column in changes}
    if "event_time" in changes:
        row |= {"changed_event_time": _time(changes, "event_time"), "changed_event_date": _day(changes)}
    return {**row, **_undone(details), "changed_fields": ",".join(sorted(changes))}


def _nothing(_: Mapping[str, Any]) -> Row:
    return {}


def _id(values: Mapping[str, Any], name: str) -> int:
    found = values.get(name)
    if type(found) is not int or not 0 < found <= _LARGEST_ID:
        raise DoesNotFit(f"its {name} is no id")
    return found


def _optional_id(record: Mapping[str, Any]) -> int | None:
    return None if record.get("sneaker_id") is None else _id(record, "sneaker_id")


def _text(values: Mapping[str, Any], name: str) -> str:
    found = _optional_text(values, name)
    if not found:
        raise DoesNotFit(f"its {name} is missing")
    return found


def _optional_text(values: Mapping[str, Any], name: str) -> str | None:
    found = values.get(name)
    # No text of Postgres can hold a zero character.
    if found is not None and (not isinstance(found, str) or "\0" in found):
        raise DoesNotFit(f"its {name} is no text")
    return found


def _currency(values: Mapping[str, Any], name: str) -> str | None:
    found = _optional_text(values, name)
    if found is not None and not _CURRENCY.fullmatch(found):
        raise DoesNotFit(f"its {name} is no currency")
    return found


def _photo(values: Mapping[str, Any], name: str) -> str | None:
    found = _optional_text(values, name)
    if found is not None and not _SHA256.fullmatch(found):
        raise DoesNotFit(f"its {name} names no image")
    return found


def _price(values: Mapping[str, Any], name: str) -> Decimal:
    found = values.get(name)
    if not isinstance(found, str) or not _PRICE.fullmatch(found):
        raise DoesNotFit(f"its {name} is no price")
    return Decimal(found)


def _day(values: Mapping[str, Any]) -> date:
    """The day of an event; records of before it was kept have a noon of it as their time."""
    found = values.get("event_date")
    if found is None:
        return _time(values, "event_time").date()
    try:
        return date.fromisoformat(found if isinstance(found, str) else "")
    except ValueError:
        raise DoesNotFit("its event_date is no day") from None


def _time(values: Mapping[str, Any], name: str) -> datetime:
    """A time in UTC, without its zone."""
    found = values.get(name)
    try:
        moment = datetime.fromisoformat(found if isinstance(found, str) else "")
        if moment.tzinfo is None:
            raise DoesNotFit(f"its {name} has no zone")
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, DoesNotFit) else DoesNotFit(f"its {name} is no time") from None


_PURCHASE: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "name": _text,
    "color": _text,
    "material": _text,
    "purchase_price": _price,
    "manufacturer_id": _id,
    "brand": _text,
    "collaborator": _optional_text,
}
_PARTICULARS: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "currency": _currency,
    "size": _optional_text,
    "note": _optional_text,
    "photo": _photo,
}
"""What of a purchase is only there where it was said."""
_READERS = {**_PURCHASE, **_PARTICULARS, "sale_price": _price, "recipient": _optional_text}
"""By column that an edit can change, how its value is read."""

_DETAILS: Mapping[str, Callable[[Mapping[str, Any]], Row]] = {
    "bought": _bought,
    "sold": _sold,
    "given": _given,
    "edited": _edited,
    "undone": _undone,
    **dict.fromkeys(BRANDS, _brand),
}
