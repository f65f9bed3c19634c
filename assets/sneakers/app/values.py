"""What a typed text, price or day must look like; from outside comes text, from here values that can be stored.

Whether values agree with the life of a pair is decided in `rules`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tributary.assets.sneakers.app.errors import Fault, Refused
from tributary.assets.sneakers.app.names import is_unreadable, mixed_word, plain

LONGEST_TEXT = 80
HIGHEST_PRICE = Decimal("999999.99")
EARLIEST_DAY = date(1900, 1, 1)
LARGEST_ID = 2**63 - 1
LONGEST_NOTE = 500

_CURRENCY = re.compile(r"[A-Z]{3}")
_PRICE = re.compile(r"(?P<whole>[0-9]{1,9})(?:[.,](?P<cents>[0-9]{1,2}))?")


def check_all(*checks: Callable[[], Any]) -> list[Any]:
    """What the checks give, all of them made, so that a person reads of all that is wrong at once.

    Raises:
        Refused: with the faults of all checks that refused.
    """
    found: list[Any] = []
    faults: list[Fault] = []
    for check in checks:
        try:
            found.append(check())
        except Refused as refusal:
            faults.extend(refusal.faults)
    if faults:
        (field, sentence), *more = faults
        raise Refused(field, sentence, *more)
    return found


def clean_text(value: str | None, field: str, label: str) -> str:
    """A text of 1 to `LONGEST_TEXT` characters, made plain (`names.plain`).

    Raises:
        Refused: it is blank or too long, or holds characters that no name has or letters that pass for others.
    """
    found = clean_optional_text(value, field, label)
    if found is None:
        raise Refused(field, f"{label} is missing: please fill it in.")
    return found


def clean_optional_text(value: str | None, field: str, label: str, longest: int = LONGEST_TEXT) -> str | None:
    """Like `clean_text`, but None where the text is blank, and of `longest` characters at most."""
    text = plain(value or "")
    if is_unreadable(text):
        raise Refused(field, f"{label} holds characters that cannot be shown: please type it anew.")
    if not text:
        return None
    mixed = mixed_word(text)
    if mixed is not None:
        word, letter = mixed
        alphabet = unicodedata.name(letter, "another alphabet's").split()[0].capitalize()
        raise Refused(
            field, f"{label} has the {alphabet} letter “{letter}” in the Latin word “{word}”: please type it anew."
        )
    if len(text) > longest:
        raise Refused(field, f"{label} has {len(text)} characters, and {longest} are the most: please shorten it.")
    return text


def clean_price(value: str | None, field: str, label: str) -> str:
    """A price from 0 to `HIGHEST_PRICE`, as details hold it: with two decimals; a comma does for the point.

    Raises:
        Refused: it is missing, not such a number, or too high.
    """
    text = (value or "").strip()
    if not text:
        raise Refused(field, f"{label} is missing: write 0 where nothing was paid.")
    match = _PRICE.fullmatch(text)
    if match is None:
        raise Refused(field, f"{label} must be a number like 120 or 89.95, not negative, with at most two decimals.")
    price = f"{int(match['whole'])}.{(match['cents'] or '0').ljust(2, '0')}"
    if Decimal(price) > HIGHEST_PRICE:
        raise Refused(field, f"{label} is higher than {HIGHEST_PRICE:,}: please check it.")
    return price


def clean_currency(value: str | None, field: str) -> str | None:
    """A currency as ISO 4217 codes it, three letters; None where the text is blank.

    Raises:
        Refused: it is no such code.
    """
    text = (value or "").strip().upper()
    if text and not _CURRENCY.fullmatch(text):
        raise Refused(field, "The currency must be its code of three letters, like EUR or USD.")
    return text or None


def clean_day(value: date | None, field: str, today: date) -> date:
    """A day that is not in the future.

    Raises:
        Refused: it is missing, in the future, or before `EARLIEST_DAY`.
    """
    if value is None:
        raise Refused(field, "The day is missing: please choose one.")
    if value > today:
        raise Refused(field, f"{spoken(value)} is in the future: choose today or a day before.")
    if value < EARLIEST_DAY:
        raise Refused(field, f"{spoken(value)} is too long ago: choose a day from {spoken(EARLIEST_DAY)} on.")
    return value


def clean_id(value: int | None, field: str, label: str) -> int:
    """An identifier that can exist.

    Raises:
        Refused: it is missing or out of range.
    """
    if value is None or not 0 < value <= LARGEST_ID:
        raise Refused(field, f"{label} is missing: please choose one of the list.")
    return value


def moment_of(day: date, now: datetime, at: datetime | None = None) -> datetime:
    """From when something that happened on `day`, and is recorded `now`, counts: noon UTC, or now if that is earlier.

    Entries have the precision of a day, which is kept beside. Noon UTC falls on that same day in every zone from UTC-12
    to UTC+11; but the day of somebody in the east, and every morning, is recorded before it comes. Where the moment
    itself is known, `at`, it takes the place of noon.
    """
    return min(noon_of(day) if at is None else at, now)


def noon_of(day: date) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.combine(day, time(12), UTC)


def day_of(moment: datetime) -> date:
    """The day of a moment in UTC; that of an entry where no day was kept beside its time, which then is a noon."""
    return moment.astimezone(UTC).date()


def spoken(day: date) -> str:
    """A day as sentences name it: `3 May 2025`."""
    return f"{day.day} {day:%B} {day.year}"
