"""The records of one object, told apart: each with its place and its bytes, the good ones decoded.

A record is one JSON object; whether it is a message that some table takes is decided by whoever reads it. Objects hold
records one after the other with nothing between them, or blanks, or line breaks. An object in which every record is
good is read at once, here; one with trouble goes through `scan`, record by record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from tributary.resources.segment.message import MESSAGES, Message
from tributary.resources.segment.scan import BLANKS, scan
from tributary.resources.segment.unpack import unpack
from tributary.resources.warehouse.base import Rejected

_BOM = b"\xef\xbb\xbf"
_LINE_BLANKS = b" \t\r"
_OPENS, _CLOSES = b"{", b"}"


@dataclass(frozen=True)
class Records:
    """What an object holds. All offsets are in `data`, the unpacked object; all numbers count from 1, good and bad.

    Of good record `i`, `data[starts[i]:ends[i]]` are its bytes, `numbers[i]` is its ordinal, and `messages[i]` is what
    it says, or None where only the strict decoder of `document` can tell. `bad` are the others, in order.

    Nothing is dropped: the bytes of all records, good and bad, and the blanks and byte order marks between them are
    `data`; a packed object that could not be unpacked to its end has one more bad record, of its packed rest.
    """

    data: bytes
    starts: Sequence[int]
    ends: Sequence[int]
    numbers: Sequence[int]
    messages: Sequence[Message | None]
    bad: Sequence[Rejected]

    def raw(self, index: int) -> bytes:
        """The bytes of good record `index`."""
        return self.data[self.starts[index] : self.ends[index]]

    @property
    def count(self) -> int:
        """All records, good and bad."""
        return len(self.starts) + len(self.bad)


def read_records(data: bytes) -> Records:
    """Tell the records of a whole object apart, packed or not. Never raises, whatever the bytes.

    What is guaranteed of broken objects is said in `scan`.
    """
    unpacked = unpack(data)
    records = _read_plainly(unpacked.data) or _read_carefully(unpacked.data)
    if not unpacked.reason:
        return records
    rest = Rejected(records.count + 1, len(unpacked.data), unpacked.tail, unpacked.reason)
    return Records(records.data, records.starts, records.ends, records.numbers, records.messages, (*records.bad, rest))


def _read_plainly(data: bytes) -> Records | None:
    """All records at once, where each is good and certainly lies where it seems to; else None.

    Between two records stand a closing brace, blanks or nothing, and an opening brace. Within a record, outside its
    strings, that never happens, since a comma would have to stand there; and no string holds a raw line break. So where
    as many records as pieces decode, pieces are records, if either all pieces are lines from brace to brace, or there
    are no line breaks and no blank follows any closing brace: then every boundary is a `}{`, and were another `}{` in
    a string, there would be more pieces than records.
    """
    body = data.removeprefix(_BOM).lstrip(BLANKS)
    begin = len(data) - len(body)
    body = body.rstrip(BLANKS)
    try:
        if not data.isascii():
            data.decode("utf-8")
        messages = MESSAGES.decode_lines(body) if body else []
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    found = _lines(body) if b"\n" in body else _run_together(body)
    if found is None:
        return None
    starts, ends = found
    if len(messages) != len(starts):
        return None
    if begin:
        starts, ends = [begin + start for start in starts], [begin + end for end in ends]
    return Records(data, starts, ends, range(1, len(starts) + 1), messages, ())


def _lines(body: bytes) -> tuple[list[int], list[int]] | None:
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for line in body.split(b"\n"):
        if text := line.strip(_LINE_BLANKS):
            if not (text.startswith(_OPENS) and text.endswith(_CLOSES)):
                return None
            start = position if line.startswith(_OPENS) else position + line.index(_OPENS)
            starts.append(start)
            ends.append(start + len(text))
        position += len(line) + 1
    return starts, ends


def _run_together(body: bytes) -> tuple[list[int], list[int]] | None:
    if not body:
        return [], []
    characters = np.frombuffer(body, np.uint8)
    closings = np.flatnonzero(characters[:-1] == _CLOSES[0])
    following = characters[closings + 1]
    if np.isin(following, np.frombuffer(_LINE_BLANKS, np.uint8)).any():
        return None
    boundaries = (closings[following == _OPENS[0]] + 1).tolist()
    return [0, *boundaries], [*boundaries, len(body)]


def _read_carefully(data: bytes) -> Records:
    starts: list[int] = []
    ends: list[int] = []
    numbers: list[int] = []
    messages: list[Message | None] = []
    bad: list[Rejected] = []
    for number, found in enumerate(scan(data), start=1):
        if found.reason:
            bad.append(Rejected(number, found.start, data[found.start : found.end], found.reason))
        else:
            starts.append(found.start)
            ends.append(found.end)
            numbers.append(number)
            messages.append(found.message)
    return Records(data, starts, ends, numbers, messages, bad)
