"""Messages for the tests of the events, as bytes; each call may set or (with `...`) leave out any field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SOURCE = "web-data/raw/2026/03/01/07/web-data-1-2026-03-01-07-15-30-6f1c"
TIME = "2026-03-01T07:10:00.123Z"


def message(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A message with an id, a user and a time, changed by `fields`."""
    whole = {"messageId": "m-1", "userId": "u-1", "timestamp": TIME, **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def encoded(record: Any) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def follow(number: int = 1, **fields: Any) -> bytes:
    base = {"messageId": f"m-{number}", "type": "track", "event": "Follow User", "properties": {"user_id": "u-2"}}
    return encoded(message({**base, **fields}))


def track(event: str, properties: Any, **fields: Any) -> bytes:
    return encoded(message({"type": "track", "event": event, "properties": properties, **fields}))


def identify(traits: Any, **fields: Any) -> bytes:
    return encoded(message({"type": "identify", "traits": traits, **fields}))
