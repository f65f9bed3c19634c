"""Which keys and prefixes a lake accepts: the same ones in every engine, so that data can move between them.

The rules are the intersection of what S3, its XML listings and a POSIX folder can hold, less all that could lead out
of a folder. Nothing here touches an engine.
"""

from __future__ import annotations

import re

from tributary.resources.lake.errors import LakeKeyError

MAX_KEY_BYTES = 1024
"""S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

MAX_SEGMENT_BYTES = 255
"""The longest file name of the usual file systems (NAME_MAX)."""

# Control characters and the two non-characters cannot be written in XML 1.0, surrogates not in UTF-8; a backslash
# separates folders on some platforms.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff\ufffe\uffff]")


def check_key(key: str) -> str:
    """Return `key` if it can name an object.

    Raises:
        LakeKeyError: naming the key and the rule it breaks.
    """
    problem = "it is empty" if not key else _problem(key, key.split("/"))
    if problem is None:
        return key
    raise LakeKeyError(f"{key!r} cannot be a key of the lake because {problem}; choose another key.")


def is_key(key: str) -> bool:
    """Whether `key` can name an object."""
    return bool(key) and _problem(key, key.split("/")) is None


def check_prefix(prefix: str) -> str:
    """Return `prefix` if some key could begin with it; the empty one is the beginning of every key.

    Raises:
        LakeKeyError: naming the prefix and the rule that every key of that beginning would break.
    """
    segments = prefix.split("/")
    # After the last slash a segment only begins, so it alone may still be empty.
    problem = _problem(prefix, segments[:-1] if segments[-1] == "" else segments)
    if problem is None:
        return prefix
    raise LakeKeyError(f"{prefix!r} cannot be a prefix in the lake because {problem}; choose another prefix.")


def check_deletable_prefix(prefix: str) -> str:
    """Return `prefix` if deleting by it is allowed: it must be a prefix, and not empty.

    Raises:
        LakeKeyError: naming what is wrong with it.
    """
    if not prefix:
        raise LakeKeyError("An empty prefix would delete the whole lake, which is refused; name a prefix.")
    return check_prefix(prefix)


def is_hidden(key: str) -> bool:
    """Whether a segment of `key` begins with a dot, which keeps it out of listings."""
    return key.startswith(".") or "/." in key


def _problem(text: str, segments: list[str]) -> str | None:
    if _FORBIDDEN.search(text):
        return "it holds a backslash or a character that cannot be written"
    if len(text.encode()) > MAX_KEY_BYTES:
        return f"it is longer than {MAX_KEY_BYTES} bytes"
    for segment in segments:
        if not segment:
            return "a segment between slashes is empty"
        if segment.startswith("."):
            return "a segment begins with a dot"
        if len(segment.encode()) > MAX_SEGMENT_BYTES:
            return f"a segment is longer than {MAX_SEGMENT_BYTES} bytes"
    return None
