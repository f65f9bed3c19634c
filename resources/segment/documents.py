"""JSON as the senders of messages write it: what is taken, what is mended, and what is refused.

Taken is JSON (RFC 8259) in UTF-8. Mended is what widespread senders write although it is none, or cannot be stored:
lone halves of surrogate pairs (JavaScript cuts emoji apart) and U+0000 become U+FFFD; NaN, Infinity and -Infinity
(Python's json writes them) become null, which is what JavaScript makes of them; a byte order mark is passed over. Of a
key that comes twice the last value counts. Everything else is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from tributary.resources.segment.errors import BadMessage

NOT_UTF8 = "it is not UTF-8"
NOT_JSON = "it is not JSON"
NOT_AN_OBJECT = "it is JSON, but not an object"
TOO_DEEP = "it is nested too deeply"
TOO_LARGE = "it holds a number that is out of range"

DEEPEST = 100
"""Levels of objects and arrays. A fixed bound, since that of a decoder depends on who calls it."""

BOM = b"\xef\xbb\xbf"
REPLACEMENT = "\ufffd"
# A text column of Postgres cannot hold U+0000, and no UTF-8 holds half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_NUL = b"\\u0000"
_NESTING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"{["), frozenset(b"}]")
# It takes less than is taken here (no lone surrogates, no NaN) and mends nothing, but is many times as fast.
_QUICK = msgspec.json.Decoder()


def document(raw: bytes) -> dict[str, Any]:
    """The object that the JSON text `raw` is.

    Raises:
        BadMessage: it is not UTF-8, not JSON, no object, nested too deeply, or holds a number beyond a double's range.
    """
    found = value(raw)
    if not isinstance(found, dict):
        raise BadMessage(NOT_AN_OBJECT)
    return found


def value(raw: bytes) -> Any:
    """The value that the JSON text `raw` is.

    Raises:
        BadMessage: it is not UTF-8, not JSON, nested too deeply, or holds a number beyond a double's range.
    """
    if raw.count(0x7B) + raw.count(0x5B) > DEEPEST and _depth(raw) > DEEPEST:
        raise BadMessage(TOO_DEEP)
    if b"\\" not in raw or _NUL not in raw:  # the first is found out much faster
        try:
            return _QUICK.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # whether it can be mended is found out below
    return _carefully(raw)


def _carefully(raw: bytes) -> Any:
    try:
        found = _CAREFUL.decode(raw.removeprefix(BOM).decode("utf-8"))
    except UnicodeDecodeError:
        raise BadMessage(NOT_UTF8) from None
    except json.JSONDecodeError:
        raise BadMessage(NOT_JSON) from None
    except ValueError:  # Python's bound on the digits of an integer
        raise BadMessage(TOO_LARGE) from None
    return _fit(found) if b"\\u" in raw else found


def _depth(raw: bytes) -> int:
    """How many brackets are open at most."""
    depth = deepest = 0
    for token in _NESTING.finditer(raw):
        if (first := raw[token.start()]) in _OPENING:
            depth += 1
            deepest = max(depth, deepest)
        elif first in _CLOSING:
            depth -= 1
    return deepest


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadMessage(TOO_LARGE)
    return number


def _nothing(_: str) -> None:
    """What a number that is none becomes."""


_CAREFUL = json.JSONDecoder(parse_float=_finite, parse_constant=_nothing)


def _fit(found: Any) -> Any:
    if isinstance(found, str):
        return _UNFIT.sub(REPLACEMENT, found)
    if isinstance(found, list):
        return [_fit(item) for item in found]
    if isinstance(found, dict):
        return {_fit(key): _fit(item) for key, item in found.items()}
    return found
