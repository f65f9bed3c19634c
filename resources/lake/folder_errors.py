"""The operating system's errors as the lake's. What a folder lake does belongs elsewhere."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from tributary.resources.lake.errors import LakeAccessError, LakeError, LakeUnavailableError

_TRANSIENT = frozenset(
    {errno.EAGAIN, errno.EBUSY, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT}
)
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def translated(verb: str, url: str) -> Iterator[None]:
    """Raise an `OSError` from within as a `LakeError` that says which object could not be `verb` (read, list, …)."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _REFUSED:
            raise LakeAccessError(
                f"The lake may not {verb} {url} ({reason}); check the folder's permissions."
            ) from error
        if error.errno in _TRANSIENT:
            raise LakeUnavailableError(f"The lake could not {verb} {url} ({reason}); try again later.") from error
        raise LakeError(f"The lake could not {verb} {url} ({reason}); check the folder and its disk.") from error
