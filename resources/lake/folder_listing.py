"""The ordered walk of a folder lake: which files, in which order, without touching what lies before the cursor.

Only names are read here; what is said of each file is the caller's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from tributary.resources.lake.errors import LakeKeyError
from tributary.resources.lake.keys import check_key, is_key


def walk(
    root: str, prefix: str, after: str | None, *, skip_misnamed: bool = False
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The files below `root` whose keys begin with `prefix` and lie strictly after `after`, in order of their keys.

    A directory is entered only if some key in it can qualify, so the cost is that of scanning the directories on the
    way to the cursor and of those after it. Links, and names that begin with a dot, are passed over.

    With `skip_misnamed` so are files that cannot be objects.

    Raises:
        LakeKeyError: naming a file that cannot be an object, as its name is no valid key.
        OSError: a directory cannot be read.
    """
    stack = [_scan(root, prefix[: prefix.rfind("/") + 1], prefix, after)]
    while stack:
        for key, entry in stack[-1]:
            if key.endswith("/"):
                stack.append(_scan(root, key, prefix, after))
                break
            if not skip_misnamed or is_key(key):
                yield _checked(key, root), entry
        else:
            stack.pop()


def _scan(root: str, base: str, prefix: str, after: str | None) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The qualifying entries of the directory of keys `base`, sorted; a directory is named with its slash.

    With the slash a directory sorts where its contents do: `a-b` before `a/b` before `a0`, which the bare names
    `a`, `a-b`, `a0` would not. Text compares by code point, which is also the order of the UTF-8 bytes.
    """
    found: list[tuple[str, os.DirEntry[str]]] = []
    try:
        entries = os.scandir(f"{root}/{base}")
    except (FileNotFoundError, NotADirectoryError):
        # Deleted since its parent was read, or never there.
        return iter(found)
    with entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            key = base + name
            if entry.is_dir(follow_symlinks=False):
                key += "/"
                # All its keys begin with `key`: they lie before the cursor unless it does not lie after them.
                if after is not None and key <= after and not after.startswith(key):
                    continue
                if key.startswith(prefix) or prefix.startswith(key):
                    found.append((key, entry))
            elif key.startswith(prefix) and (after is None or key > after) and entry.is_file(follow_symlinks=False):
                found.append((key, entry))
    found.sort(key=lambda item: item[0])
    return iter(found)


def _checked(key: str, root: str) -> str:
    try:
        return check_key(key)
    except LakeKeyError as error:
        raise LakeKeyError(
            f"A file in the lake's folder {root} is no object; rename it or move it away: {error}"
        ) from None
