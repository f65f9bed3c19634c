"""What single values mean: ids and texts. Times are in `times`."""

from __future__ import annotations

from typing import Any

from tributary.assets.social.events.envelope import SORTED
from tributary.resources.segment.errors import BadMessage

_EXACT = 2**53
"""Below this a double holds every integer, so `1.0` and `1` were the same number to the sender."""


def id_of(value: Any, field: str) -> str | None:
    """An id as text: a text as it is, a number as its digits (`1` and `1.0` are both "1"); None where there is none.

    Null and the empty text are no id.

    Raises:
        BadMessage: naming `field`, where the value is true, false, an array or an object.
    """
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    raise BadMessage(f"{field} is neither text nor a number")


def text_of(value: Any) -> str | None:
    """A text as it is, null as None, anything else as its JSON: an odd value is still worth reading."""
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


def json_text(value: Any) -> str:
    """The value as JSON, with sorted keys and without blanks."""
    return SORTED.encode(value).decode()


def fields_of(value: Any, field: str) -> dict[str, Any]:
    """The value as an object; one that is missing or null says nothing.

    Raises:
        BadMessage: naming `field`, where it is something else.
    """
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise BadMessage(f"{field} is not an object")
