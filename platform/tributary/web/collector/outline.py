"""Where the parts of a batch lie in its body, found by brackets and quotes alone, whatever the parts hold.

One value that is no JSON makes the whole body none. Here the members are told apart all the same, so that each is
judged for itself. Nothing is decoded; nesting costs no stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s"{}\[\],:]++', re.DOTALL)


@dataclass
class Outline:
    """The bytes of the top-level values of an object by their key, the last of each, and of the items of its list."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    items: list[bytes] | None = None


def outline(body: bytes, listed: bytes) -> Outline:
    """The outline of a body that begins with a brace; `listed` is the key whose value's items are told apart.

    What is cut short ends where the body ends. `items` stays None where that key has no list.
    """
    found = Outline()
    for key, start, end in _members(body):
        found.values[key] = body[start:end]
        if key == listed:
            found.items = list(_items(body[start:end])) if body[start : start + 1] == b"[" else None
    return found


def _members(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Key, beginning and end of each value at the top."""
    depth, key, begins, ends = 0, b"", -1, -1
    for token in _TOKEN.finditer(body):
        text = token[0]
        if depth == 1 and text in (b",", b"}"):
            if begins >= 0:
                yield key, begins, ends
            key, begins = b"", -1
            if text == b"}":
                return
            continue
        if depth == 1 and begins < 0:
            if text == b":":
                begins = ends = token.end()
            else:
                key = text.strip(b'"')
            continue
        if begins >= 0 and begins == ends:
            begins = token.start()
        depth += _step(text)
        ends = token.end()
    if begins >= 0:
        yield key, begins, ends


def _items(text: bytes) -> Iterator[bytes]:
    """The items of the list that `text` begins with."""
    depth, begins, ends = 0, -1, -1
    for token in _TOKEN.finditer(text):
        if depth == 1 and token[0] in (b",", b"]"):
            if begins >= 0:
                yield text[begins:ends]
            begins = -1
            if token[0] == b"]":
                return
            continue
        if depth == 1 and begins < 0:
            begins = token.start()
        depth += _step(token[0])
        ends = token.end()
    if begins >= 0:
        yield text[begins:ends]


def _step(token: bytes) -> int:
    return 1 if token in (b"{", b"[") else -1 if token in (b"}", b"]") else 0
