"""Where pulled events lie in the lake, and up to which event the lake holds them.

An object's key tells its first and last event id, in 20 digits each, so that the order of keys is that of events. What
the lake holds is what lies there; the marker beside the objects only spares walking through all of them.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from tributary.resources.lake.model import Lake

SNEAKER_EVENTS = "raw.json_sneaker_events"
SNEAKER_STATE = "raw.json_sneaker_state"
RAW = "sneakers/raw/events/"
MARKER = "sneakers/raw/events.json"
_KEY = re.compile(re.escape(RAW) + r"(\d{20})-(\d{20})\.jsonl")


class Span(NamedTuple):
    """The first and the last event id of an object."""

    first: int
    last: int


def key_of(first: int, last: int) -> str:
    """The key of the object with the events from `first` to `last`."""
    return f"{RAW}{first:020}-{last:020}.jsonl"


def span_of(key: str) -> Span | None:
    """The events that an object holds by its key; None where the key is of no such object."""
    match = _KEY.fullmatch(key)
    return None if match is None else Span(int(match[1]), int(match[2]))


def is_whole(key: str, data: bytes) -> bool:
    """Whether an object seems to hold the events from the first to the last that its key, which has no digest, tells.

    A last line that cannot be read is a record that does not fit, where there are as many lines as there are ids (of
    which the database leaves some out); else it is where the object was cut off.
    """
    span = span_of(key)
    if span is None or not data:
        return False
    lines = data.removesuffix(b"\n").split(b"\n")
    first, last = _event_id(lines[0]), _event_id(lines[-1])
    if first not in (None, span.first) or last not in (None, span.last):
        return False
    return last is not None or len(lines) > span.last - span.first


def _event_id(line: bytes) -> object:
    """The id in an event's line; None where it cannot be read."""
    try:
        return json.loads(line)["event_id"]
    except (ValueError, KeyError, TypeError):
        return None


def objects(lake: Lake) -> list[str]:
    """The keys of all objects, oldest first."""
    return [one.key for one in lake.list(RAW) if span_of(one.key) is not None]


def held_event(lake: Lake) -> int:
    """The id of the newest event that the lake holds; 0 before the first."""
    key = last_key(lake)
    span = span_of(key) if key else None
    return span.last if span else 0


def last_key(lake: Lake) -> str | None:
    """The key of the last object; None before the first.

    The listing begins at the marker's object, so that it costs the same however many there are before it.
    """
    found = _marked(lake)
    for one in lake.list(RAW, after=found):
        if span_of(one.key) is not None:
            found = one.key
    return found


def mark(lake: Lake, key: str) -> None:
    """Have later looks begin at this object, which must be there."""
    lake.put(MARKER, json.dumps({"last": key}).encode())


def _marked(lake: Lake) -> str | None:
    """The marker's object; None where there is no marker that can be read, or its object was taken away."""
    if lake.head(MARKER) is None:
        return None
    try:
        key = str(json.loads(lake.get(MARKER))["last"])
        span = span_of(key)
    except (ValueError, KeyError, TypeError):
        return None
    return key if span is not None and lake.head(key) is not None else None
