"""Records told apart one by one in an object with trouble, and the way back into step after junk.

In step, a JSON value ends where its grammar ends, and what may stand next is blanks or the next value. Out of step,
after bytes that are no value, the next *message* is looked for: an object of one of Segment's types that names a user
or a message. The bytes before it, beginning with the failed value, are one bad record.

Guaranteed, whatever surrounds it: a message that stands in step comes through. After junk (say, a record cut off
anywhere, also within a string, an escape or a character) a message comes through if

- it names its type, its message and a user or anonymous id (one of the ids will do where no comma or closing bracket
  follows);
- its first key is plain (not empty, no escapes), and it nests no deeper than 100;
- the junk does not make it part of something else that is whole: inside a string, an array or an object that ends after
  it. Then it is in that record's bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from tributary.resources.segment.documents import NOT_AN_OBJECT, NOT_JSON, document
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.grammar import Broken, nested_objects, value_end
from tributary.resources.segment.kinds import KINDS
from tributary.resources.segment.message import MESSAGES, Message

BLANKS = b" \t\r\n"
CUT_SHORT = "the object ends before the record does"

_IGNORED = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*+")
# A first key without escapes: enough to pass over most braces in text without a look at what follows.
_OPENING = re.compile(rb'\{[ \t\r\n]*+"[^"\\\x00-\x1f]{1,200}+"[ \t\r\n]*+:')
_OPENING_IN_TEXT = re.compile(rb'\{[ \t\r\n]*+(?:"[ \t\r\n]*+)?+\Z')
_LOOK_BACK = 64
_DEEPEST = 100
_CONTINUES = (b",", b"]", b"}")


class Found(NamedTuple):
    """A record from `start` to `end`. Good: its message, or None where `document` must tell. Bad: the reason."""

    start: int
    end: int
    message: Message | None
    reason: str = ""


def scan(data: bytes) -> Iterator[Found]:
    """Every record of `data`, good and bad, in order and without overlap; between them are only blanks and marks."""
    position = _past_ignored(data, 0)
    while position < len(data):
        found = _value(data, position)
        if found is None:
            after = _next_message(data, position)
            end = len(data) if after is None else after.start
            yield _junk(data, position, end)
            if after is None:
                return
            found = after
        yield found
        position = _past_ignored(data, found.end)


def _past_ignored(data: bytes, position: int) -> int:
    match = _IGNORED.match(data, position)
    return position if match is None else match.end()


def _value(data: bytes, start: int) -> Found | None:
    """The value that begins here; None where none does, or where a text might hide the beginning of a message."""
    try:
        end = value_end(data, start)
    except Broken:
        return None
    if data[start : start + 1] == b"{":
        return _judged(data, start, end)
    if data[start : start + 1] == b'"' and b"{" in data[start:end]:
        return None
    return Found(start, end, None, NOT_AN_OBJECT)


def _judged(data: bytes, start: int, end: int) -> Found:
    raw = data[start:end]
    try:
        raw.decode("utf-8")
        return Found(start, end, MESSAGES.decode(raw))
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        try:
            document(raw)
        except BadMessage as bad:
            return Found(start, end, None, str(bad))
        return Found(start, end, None)


def _next_message(data: bytes, start: int) -> Found | None:
    """The first message after the junk that begins at `start`; None where there is none."""
    position = start + 1
    try:
        value_end(data, start)
    except Broken as broken:
        found = _within(data, start, broken.position)
        if found is not None:
            return found
        position = max(position, broken.position)
    while (opening := _OPENING.search(data, position)) is not None:
        candidate = opening.start()
        try:
            end = value_end(data, candidate)
        except Broken as broken:
            found = _within(data, candidate, broken.position)
            if found is not None:
                return found
            position = _past_nest(data, candidate) if broken.too_deep else max(candidate + 1, broken.position)
            continue
        if (found := _message(data, candidate, end)) is not None:
            return found
        position = end
    return None


def _within(data: bytes, start: int, broken: int) -> Found | None:
    """A message that was swallowed by a value which begins at `start` and breaks at `broken`."""
    if data[start : start + 1] in (b"{", b"["):
        for nested in nested_objects(data, start, broken):
            if (found := _message(data, *nested)) is not None:
                return found
    # A text that was cut off goes on to the first quote (or line break) of the message after it, and breaks just there.
    earliest = max(start + 1, broken - _LOOK_BACK)
    if (cut := _OPENING_IN_TEXT.search(data, earliest, broken)) is not None:
        try:
            return _message(data, cut.start(), value_end(data, cut.start()))
        except Broken:
            return None
    return None


def _message(data: bytes, start: int, end: int) -> Found | None:
    found = _judged(data, start, end)
    if found.reason:
        return None
    if found.message is not None:
        message = found.message
        kind, user = message.type, message.userId or message.anonymousId
        identified = message.messageId
    else:
        record = document(data[start:end])
        kind, user = record.get("type"), record.get("userId") or record.get("anonymousId")
        identified = record.get("messageId")
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    if user and identified:
        return found
    following = _past_ignored(data, end)
    continues = data[following : following + 1] in _CONTINUES
    return found if (user or identified) and not continues else None


def _past_nest(data: bytes, start: int) -> int:
    """Where to look next in a nest too deep to be a record: near its bottom, since a message is not that deep.

    Without this, every level of a nest of millions would be tried down to where it is too deep.
    """
    bottom = data.find(b"}", start)
    if bottom < 0:
        return len(data)
    position = bottom
    for _ in range(_DEEPEST):
        position = data.rfind(b"{", start + 1, position)
        if position < 0:
            return start + 1
    return position


def _junk(data: bytes, start: int, end: int) -> Found:
    stop = end
    while stop > start and data[stop - 1 : stop] in (b" ", b"\t", b"\r", b"\n"):
        stop -= 1
    return Found(start, stop, None, CUT_SHORT if end == len(data) else NOT_JSON)
