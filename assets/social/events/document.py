"""One record's bytes as Python values, strictly: the definition of what is JSON here.

The quick decoder in `envelope` accepts less (no lone surrogates, no number without bounds) and nothing more, once the
bytes are known to be UTF-8; what it refuses is decided here.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from assets.social.events.errors import BadRecord

NOT_UTF8 = "it is not UTF-8"
NOT_JSON = "it is not JSON"
NOT_AN_OBJECT = "it is JSON, but not an object"
TOO_DEEP = "it is nested too deeply"
TOO_LARGE = "it holds a number that is out of range"

# A text column of Postgres cannot hold U+0000, and no UTF-8 holds half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def document(raw: bytes) -> dict[str, Any]:
    """The record as a dictionary; of a key that comes twice, the last value counts.

    U+0000 and lone surrogates, which JSON can write and no table can hold, become U+FFFD.

    Raises:
        BadRecord: it is not UTF-8, not JSON, no object, nested too deeply, or holds a number beyond a double's range.
    """
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
        if b"\\u" in raw:
            value = _fit(value)
    except UnicodeDecodeError:
        raise BadRecord(NOT_UTF8) from None
    except json.JSONDecodeError:
        raise BadRecord(NOT_JSON) from None
    except RecursionError:
        raise BadRecord(TOO_DEEP) from None
    except ValueError:  # Python's bound on the digits of an integer
        raise BadRecord(TOO_LARGE) from None
    if not isinstance(value, dict):
        raise BadRecord(NOT_AN_OBJECT)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadRecord(TOO_LARGE)
    return number


def _refuse(_: str) -> NoReturn:
    raise BadRecord(NOT_JSON)


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_fit(item) for item in value]
    if isinstance(value, dict):
        return {_fit(key): _fit(item) for key, item in value.items()}
    return value
