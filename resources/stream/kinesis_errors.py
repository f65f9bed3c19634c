"""What a failure of Kinesis means: whether it passes by itself, or what a person must put right.

Only error codes of an answer are passed on: its text may hold identifiers of an account.
"""

from __future__ import annotations

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, which is none of Python's
    HTTPClientError,
)

from tributary.resources.stream.errors import StreamAccessError

_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)


def passing_reason(error: ClientError | BotoCoreError, stream: str) -> str:
    """The reason of a failure that may pass, for people.

    Raises:
        StreamAccessError: it will not pass by itself.
    """
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _PASSING or status >= 500 or status == 429:
            return code
    else:
        code = type(error).__name__
        if isinstance(error, ConnectionError | HTTPClientError):
            return code
    raise StreamAccessError(
        f"The Kinesis stream {stream} cannot be written to ({code}); check that it exists in the region that the "
        "settings name, and the AWS credentials in force."
    ) from None
