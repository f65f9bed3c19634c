"""What goes wrong on the way to the lake, on purpose and in stated numbers: duplicates and broken records.

A broken record is one more record, never a good one that is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from tributary.assets.social.standin.actions import FOLLOW, OTHER, POST
from tributary.assets.social.standin.chance import uuid_of
from tributary.assets.social.standin.objects import Drop, Piece

DUPLICATED = {"same_object": 30, "next_object": 20, "much_later": 10}
BROKEN_RECORDS = {
    "half_written": 3,
    "invalid_utf8": 3,
    "missing_user_id": 3,
    "bad_timestamp": 3,
    "junk_line": 2,
    "not_an_object": 1,
    "unknown_type": 1,
}
_JUNK = b"-- worker restarted, stream resumed --"
_LATER_SHARE = 0.3


def duplicate(drops: Sequence[Drop], rng: Random) -> int:
    """Deliver some records again, byte for byte, and count them."""
    taken: set[Piece] = set()
    last = len(drops) - 1
    for where, count in DUPLICATED.items():
        wanted = len(taken) + count
        while len(taken) < wanted:
            # Of the last objects there is no next one, and nothing much later.
            source = rng.randrange(int(last * (1 - _LATER_SHARE)) if where == "much_later" else last)
            piece = rng.choice(drops[source].pieces)
            if piece in taken:
                continue
            taken.add(piece)
            distance = {"same_object": 0, "next_object": 1, "much_later": max(2, int(last * _LATER_SHARE))}[where]
            pieces = drops[source + distance].pieces
            # Behind the first delivery, and never first, because an object's time is that of its first record.
            first = pieces.index(piece) + 1 if distance == 0 else 1
            pieces.insert(rng.randint(first, len(pieces)), piece)
    return len(taken)


def break_some(drops: Sequence[Drop], rng: Random) -> int:
    """Put broken records among the good ones, and count them."""
    changes: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
        # A client that writes Latin-1 and calls it UTF-8.
        "invalid_utf8": (POST, lambda message: {"properties": message["properties"] | {"body": "Meet me at the caf@"}}),
        "missing_user_id": (FOLLOW, lambda _: {"properties": {}}),
        "bad_timestamp": (OTHER, lambda _: {"timestamp": "yesterday", "originalTimestamp": "yesterday"}),
        "unknown_type": (OTHER, lambda _: {"type": "trakc"}),
    }
    done = 0
    for wrong, (kind, change) in changes.items():
        for _ in range(BROKEN_RECORDS[wrong]):
            drop, piece = _some_piece(drops, kind, rng)
            message = msgspec.json.decode(piece.data) | {"messageId": uuid_of(rng)}
            _insert(
                drop, msgspec.json.encode(message | change(message)).replace(b"caf@", "café".encode("latin-1")), rng
            )
            done += 1
    for _ in range(BROKEN_RECORDS["not_an_object"]):
        _insert(rng.choice(drops), b'["ping",1]', rng)
        done += 1
    return done + _junk_lines(drops, rng) + _half_written(drops, rng)


def _some_piece(drops: Sequence[Drop], kind: str, rng: Random) -> tuple[Drop, Piece]:
    while True:
        drop = rng.choice(drops)
        found = [piece for piece in drop.pieces if piece.kind == kind]
        if found:
            return drop, rng.choice(found)


def _insert(drop: Drop, data: bytes, rng: Random) -> None:
    # Never first, because an object's time is that of its first record.
    drop.pieces.insert(rng.randint(1, len(drop.pieces)), Piece(data, "broken", 0))


def _junk_lines(drops: Sequence[Drop], rng: Random) -> int:
    """A line of some log, where records have lines of their own; elsewhere it could not be told from its neighbours."""
    candidates = [drop for drop in drops if drop.lines and not drop.packed]
    chosen = rng.sample(candidates, min(BROKEN_RECORDS["junk_line"], len(candidates)))
    for drop in chosen:
        _insert(drop, _JUNK, rng)
    return len(chosen)


def _half_written(drops: Sequence[Drop], rng: Random) -> int:
    """The beginning of the next object's first record, whose writer was interrupted and then wrote it whole."""
    candidates = [index for index, drop in enumerate(drops[:-1]) if not (drop.lines or drop.packed)]
    chosen = rng.sample(candidates, min(BROKEN_RECORDS["half_written"], len(candidates)))
    for index in chosen:
        following = drops[index + 1].pieces[0].data
        drops[index].extra.append(following[: len(following) * 2 // 5])
    return len(chosen)
