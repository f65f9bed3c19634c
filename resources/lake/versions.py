"""Versions of one thing in the lake, each an object of its own, of which a manifest names the one that counts.

The manifest notes those before it too, in the same write. A key that lost its place never counts again: content that
comes back is put under a new one. So who deletes versions that were replaced cannot take away one that is just coming
back, and needs no lock against who puts them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from tributary.resources.lake.model import Lake

Former = tuple[tuple[str, float], ...]
"""Keys that counted before, each with when that ended, in seconds since 1970; the latest last."""

_MOST = 500


class Unneeded(NamedTuple):
    """An object that nothing needs any more: its size in bytes, since when that is so, and why."""

    key: str
    size: int
    since: datetime
    why: str


def next_key(lake: Lake, plain: str, known: tuple[str, str] | None, sha256: str) -> str:
    """The key under which a version is put: `plain`, or where that was used before and is no more, one beside it.

    `known` are the key and digest of the version that counts; None where no manifest tells, and so none goes.
    """
    if known is not None and known[1] == sha256:
        return known[0]
    if known is None or lake.head(plain) is None:
        return plain
    root, dot, suffix = plain.rpartition(".")
    return f"{root}-{time.time_ns():x}{dot}{suffix}"


def followed(former: Former, key: str, by: str) -> Former:
    """What a manifest that names `by` notes of those before it, of which the last named `key` and noted `former`."""
    return former if key == by else (*former, (key, time.time()))[-_MOST:]


def replaced(
    lake: Lake, prefix: str, current: Collection[str], former: Former, named_at: datetime
) -> Iterator[Unneeded]:
    """The objects below `prefix` that do not count, since when another took their place.

    Args:
        lake: where they are.
        prefix: with a slash at its end.
        current: the keys that count, as read before this is called; a manifest that lies here too is one.
        former: what the manifests note of keys that counted before.
        named_at: when the latest manifest was put.
    """
    until = {key: datetime.fromtimestamp(moment, UTC) for key, moment in former}
    # What no manifest notes counted before the first note, or never: it may be of a writer that has yet to name it.
    unnoted = min(until.values(), default=named_at)
    for info in lake.list(prefix):
        if info.key not in current:
            since = until.get(info.key) or max(unnoted, info.modified)
            yield Unneeded(info.key, info.size, since, "another version took its place")
