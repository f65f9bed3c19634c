"""What a failure of S3 means: the client's exceptions as the lake's.

Only the status and the error code of an answer are passed on: the rest of it may hold keys of an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from tributary.resources.lake.errors import (
    LakeAccessError,
    LakeError,
    LakeKeyError,
    LakeLocationError,
    LakeUnavailableError,
    ObjectChangedError,
    ObjectNotFoundError,
)

_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_NETWORK = re.compile(r"HTTP error: ([a-z ]{1,64})")
_WRONG_REGION = "Received redirect without LOCATION"
_LOCATION_CODES = frozenset({"NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName"})
_ACCESS_CODES = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "RequestTimeTooSkewed"}
)
_TRANSIENT_CODES = frozenset({"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "OperationAborted"})


@contextmanager
def translated(verb: str, url: str) -> Iterator[None]:
    """Raise the client's failure from within as a `LakeError`: `url` could not be `verb` (read, list, …)."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        # Not chained, since the client's text holds the server's raw answer.
        raise _meaning(error, verb, url) from None


def _meaning(error: Exception, verb: str, url: str) -> LakeError:
    text = str(error)
    code = "PermanentRedirect" if _WRONG_REGION in text else next(iter(_CODE.findall(text)), "")
    status = int(next(iter(_STATUS.findall(text)), "0"))
    network = next(iter(_NETWORK.findall(text)), "")
    reason = " ".join(filter(None, [str(status or ""), code, network])) or type(error).__name__
    what = f"The lake could not {verb} {url} ({reason})"
    if code in _LOCATION_CODES:
        return LakeLocationError(f"{what}; check that the bucket exists, in the region that the settings name.")
    if isinstance(error, FileNotFoundError):
        return ObjectNotFoundError(url)
    if isinstance(error, PreconditionError):
        return ObjectChangedError(f"{url} was replaced while it was being read; read it again from its beginning.")
    if isinstance(error, InvalidPathError):
        return LakeKeyError(
            f"{what}, because an object there has a key that no lake accepts; rename it or move it away."
        )
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or code in _ACCESS_CODES or status in (401, 403):
        return LakeAccessError(f"{what}; check the AWS credentials in force and what they permit.")
    if network == "builder error":
        return LakeLocationError(
            f"{what}; check the endpoint; one that begins with http:// must be named in the settings."
        )
    if status >= 500 or status in (408, 429) or code in _TRANSIENT_CODES or network:
        return LakeUnavailableError(f"{what}; try again later, and check the network if it lasts.")
    return LakeError(f"{what}; the service refused the request.")
