"""Durations as Meetup writes them (ISO 8601), in minutes."""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = r"([+-]?\d{1,9}(?:[.,]\d{1,9})?)"
_DURATION = re.compile(
    rf"([+-])?P(?=[\dT+-])(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[\d+-])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)
_MOST_MINUTES = 2**31 - 1


def minutes_of(text: str) -> int | None:
    """The whole minutes of a duration such as `PT1H30M`, `P1D` or `-PT5M`, less what is left over of one.

    A day has 24 hours and a week seven days, as Java's Duration has it, which Meetup's API is made with. None for what
    has no certain length (years and months), cannot be read, or is longer than four thousand years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    sign, *parts = match.groups()
    seconds = sum(
        (Fraction(part.replace(",", ".")) * unit for part, unit in zip(parts, _SECONDS, strict=True) if part),
        Fraction(0),
    )
    minutes = int(seconds / 60) * (-1 if sign == "-" else 1)
    return minutes if abs(minutes) <= _MOST_MINUTES else None
