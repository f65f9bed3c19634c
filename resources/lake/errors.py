"""How the lake fails: one class for each thing a caller may want to do about it.

`transient` says whether the same call may succeed later with nothing changed; retry policies go by it. No message
holds a server's raw answer, because such an answer can hold credentials.
"""

from __future__ import annotations

from typing import ClassVar

from tributary.resources.errors import TributaryError


class LakeError(TributaryError):
    """Any failure of the lake. Permanent unless the subclass says otherwise."""

    transient: ClassVar[bool] = False


class LakeKeyError(LakeError):
    """A key, prefix or object name that no lake accepts."""


class LakeLocationError(LakeError):
    """The place of the lake itself is wrong: no such bucket, not a folder, or an address that cannot be read."""


class LakeAccessError(LakeError):
    """The lake refused: credentials are missing, wrong or expired, or do not permit the operation."""


class LakeSourceError(LakeError):
    """The local file that was to be put into the lake cannot be read."""


class ObjectNotFoundError(LakeError):
    """There is no object of this key."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"There is no object {url} in the lake; check its key, or whether it has been deleted.")

    def mended_by(self, remedy: str) -> ObjectDamagedError:
        """The error of an object that was put there and is gone, with the sentence that says what to do."""
        return ObjectDamagedError(self.url, "it is gone", remedy)


class ObjectDamagedError(LakeError):
    """The object does not hold what was put under its key."""

    def __init__(self, url: str, problem: str, remedy: str = "") -> None:
        self.url, self.problem = url, problem
        then = f" {remedy}" if remedy else ""
        super().__init__(f"The object {url} is not what was put there ({problem}); nothing was made of it.{then}")

    def mended_by(self, remedy: str) -> ObjectDamagedError:
        """The same error, with the sentence that says what to do."""
        return ObjectDamagedError(self.url, self.problem, remedy)


class ObjectChangedError(LakeError):
    """The object was replaced while it was being read, so what was read is neither the old one nor the new."""

    transient: ClassVar[bool] = True


class LakeUnavailableError(LakeError):
    """The lake did not answer, or asked to be called later."""

    transient: ClassVar[bool] = True
