"""Decides which source files have changed since they were ingested. Pure: what it knows is handed to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SETTLE_NANOSECONDS = 5_000_000_000


class Stat(NamedTuple):
    """Size in bytes and modification time in nanoseconds."""

    size: int
    modified_ns: int


class Decision(NamedTuple):
    """The files to ingest, and what to remember until the next look."""

    changed: tuple[str, ...]
    remembered: Mapping[str, Stat]


def decide(
    found: Mapping[str, Stat], ingested: Mapping[str, Stat], remembered: Mapping[str, Stat], now_ns: int
) -> Decision:
    """Which of the files `found` differ from those `ingested` and were not asked for before.

    A file still being written is left for a later look; one dated in the future, by more than clocks differ, is not
    taken for such. A version that was asked for once is not asked for again, even
    if its run failed: it would fail the same way until the file changes. Files that vanished are forgotten.
    """
    changed = []
    keep: dict[str, Stat] = {}
    for name, stat in found.items():
        asked = remembered.get(name)
        if stat == ingested.get(name) or stat == asked:
            keep[name] = stat
        elif abs(now_ns - stat.modified_ns) < SETTLE_NANOSECONDS:
            if asked is not None:
                keep[name] = asked
        else:
            changed.append(name)
            keep[name] = stat
    return Decision(tuple(changed), keep)
