"""Where a listing of S3 starts, for a client that lists whole directories only and wants a start that is a path.

S3 itself takes any text as prefix and as start; the client takes a directory, and refuses a start with segments that it
does not know. So the start is moved to just before the prefix, and cut where the client would stumble. It may
therefore lie too early, never too late: whoever lists drops what precedes the prefix or the cursor.
"""

from __future__ import annotations

import re

_UNUSABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LAST = "\U0010fffd"
"""The last character that a key can hold."""


def directory_of(prefix: str) -> str | None:
    """The directory that holds all keys of `prefix`, without its slash; None for the bucket itself."""
    return prefix.rpartition("/")[0] or None


def seek(prefix: str, after: str | None) -> str | None:
    """The greatest usable start that precedes every key of `prefix` which lies after `after`; None for none."""
    start = _before(prefix)
    if after is not None and after > start:
        start = after
    return _usable(start)


def _before(prefix: str) -> str:
    """A text before `prefix`, with little between the two, but not before its directory, which is listed anyway."""
    if not prefix or prefix.endswith("/"):
        return ""
    last = ord(prefix[-1]) - 1
    if chr(last) == "/" or _UNUSABLE.match(chr(last)):
        return prefix[:-1]
    return prefix[:-1] + chr(last) + _LAST


def _usable(start: str) -> str | None:
    """The longest beginning of `start` that the client accepts as a path."""
    bad = _UNUSABLE.search(start)
    if bad:
        start = start[: bad.start()]
    kept: list[str] = []
    for segment in start.split("/"):
        if segment in ("", ".", ".."):
            break
        kept.append(segment)
    return "/".join(kept) or None
