"""The lake objects of the sample, as Firehose lays them out: by hour of arrival, one to three an hour.

Keys, forms and the cutting into objects belong here; what the records say does not.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from tributary.assets.social.standin.chance import uuid_of
from tributary.assets.social.standin.rhythm import HOUR_MS

STREAM = "web-data"
_BUSY, _VERY_BUSY = 80, 150
_GZIP_SHARE, _LINES_SHARE = 0.30, 0.18
_LEVEL = 6


@dataclass(slots=True, eq=False)
class Piece:
    """One record: its bytes, the kind of its message, and when it arrived (milliseconds since 1970, UTC)."""

    data: bytes
    kind: str
    arrived_ms: int


@dataclass(slots=True)
class Drop:
    """One object to be: its records in order, whether each has a line of its own, and whether it is packed."""

    key: str
    lines: bool
    packed: bool
    pieces: list[Piece]
    extra: list[bytes] = field(default_factory=list)
    """What stands at the end that is no record."""

    def content(self) -> bytes:
        """The object's bytes."""
        parts = [piece.data for piece in self.pieces] + self.extra
        data = b"".join(part + b"\n" for part in parts) if self.lines else b"".join(parts)
        # No time of packing, so that the same records are the same bytes.
        return gzip.compress(data, _LEVEL, mtime=0) if self.packed else data


def cut(pieces: Sequence[Piece], rng: Random) -> list[Drop]:
    """Objects of `pieces`, which are in the order of arrival; the busier an hour, the more objects it has."""
    hours: dict[int, list[Piece]] = {}
    for piece in pieces:
        hours.setdefault(piece.arrived_ms // HOUR_MS, []).append(piece)
    return [
        _drop(window, rng) for hour, arrived in hours.items() for window in _windows(hour * HOUR_MS, arrived) if window
    ]


def _windows(begin: int, arrived: list[Piece]) -> list[list[Piece]]:
    count = 1 + (len(arrived) >= _BUSY) + (len(arrived) >= _VERY_BUSY)
    windows: list[list[Piece]] = [[] for _ in range(count)]
    for piece in arrived:
        windows[(piece.arrived_ms - begin) * count // HOUR_MS].append(piece)
    return windows


def _drop(pieces: list[Piece], rng: Random) -> Drop:
    packed, lines = rng.random() < _GZIP_SHARE, rng.random() < _LINES_SHARE
    first = datetime.fromtimestamp(pieces[0].arrived_ms // 1000, UTC)
    name = f"{STREAM}-1-{first:%Y-%m-%d-%H-%M-%S}-{uuid_of(rng)}{'.gz' if packed else ''}"
    return Drop(f"{STREAM}/raw/{first:%Y/%m/%d/%H}/{name}", lines, packed, pieces)
