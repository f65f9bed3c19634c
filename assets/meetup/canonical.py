"""JSON lines in one form only: the same nodes are the same bytes, whenever and in whatever order they came.

An object holds one node a line with sorted keys, a newline after each, and the lines sorted by id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder()


def line_of(node: Mapping[str, Any]) -> bytes:
    """A node as a line, without its newline."""
    try:
        return _ENCODER.encode(node)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which no UTF-8 holds, is written as the escape that it came as.
        return json.dumps(node, sort_keys=True, separators=(",", ":")).encode()


def filled(node: Mapping[str, Any], earlier: Mapping[str, Any] | None, fields: Iterable[str]) -> dict[str, Any]:
    """A node with what of it could not be had as an earlier one of the same thing had it, where there is one."""
    return {**node, **{name: earlier[name] for name in fields if earlier and name in earlier}}


def node_of(line: bytes) -> dict[str, Any]:
    """The node of a line that `line_of` wrote."""
    try:
        found: dict[str, Any] = _DECODER.decode(line)
    except msgspec.DecodeError:
        found = json.loads(line)
    return found


def joined(lines: Iterable[tuple[str, bytes]]) -> bytes:
    """The object of lines that are given with their ids."""
    return b"".join(line + b"\n" for _, line in sorted(lines, key=lambda one: (len(one[0]), one[0])))


def lines_of(data: bytes) -> list[bytes]:
    """The lines of an object, without their newlines; of one that was cut off, those that are whole.

    For what is pulled again, which puts a damaged object right.
    """
    whole = data[: data.rfind(b"\n") + 1]
    return whole.removesuffix(b"\n").split(b"\n") if whole else []
