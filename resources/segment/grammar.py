"""Where a JSON value ends in bytes, and which objects lie whole in one that breaks off. No meaning is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_WINDOW = 1 << 14
_GROWTH = 16
_LONGEST_TOKEN = 16
"""An escape or a literal that is cut by the end of a window is reported at most this far before it."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}]', re.DOTALL)


class Broken(Exception):
    """No value begins here: its grammar breaks at `position`, or it is nested deeper than can be followed."""

    def __init__(self, position: int, *, too_deep: bool = False) -> None:
        super().__init__(position)
        self.position = position
        self.too_deep = too_deep


def _ignore(_: str) -> None:
    """A number's value is of no interest, and that of a long one takes long to find."""


_DECODER = json.JSONDecoder(parse_int=_ignore, parse_float=_ignore)


def value_end(data: bytes, start: int) -> int:
    """Where the JSON value that begins at `start` ends.

    The bytes are read as Latin-1, so that positions are bytes; JSON's own characters are ASCII, and whether the rest is
    UTF-8 is not asked here. They are read in windows, because the cost of an error grows with the text before it.

    Raises:
        Broken: there is none.
    """
    size = _WINDOW
    while True:
        text = data[start : start + size].decode("latin-1")
        whole = start + size >= len(data)
        try:
            end = _DECODER.raw_decode(text)[1]
        except json.JSONDecodeError as error:
            if whole or (error.pos < len(text) - _LONGEST_TOKEN and not error.msg.startswith("Unterminated")):
                raise Broken(start + error.pos) from None
        except RecursionError:
            raise Broken(start, too_deep=True) from None
        else:
            # A number may go on beyond the window.
            if whole or end < len(text):
                return start + end
        size *= _GROWTH


def nested_objects(data: bytes, start: int, broken: int) -> Iterable[tuple[int, int]]:
    """The objects within the value at `start`, which breaks at `broken`, that are whole and in no other whole one."""
    openings: list[int] = []
    whole: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(data, start, broken):
        if token[0] == b"{":
            openings.append(token.start())
        elif token[0] == b"}" and openings:
            opening = openings.pop()
            while whole and whole[-1][0] > opening:
                whole.pop()
            whole.append((opening, token.end()))
    return whole
