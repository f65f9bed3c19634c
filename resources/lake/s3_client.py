"""The S3 client: which bucket, over which address, with whose credentials, and how patiently.

What is done with the client belongs in `s3`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from obstore.store import S3Store

from tributary.resources.lake.errors import LakeAccessError, LakeKeyError, LakeLocationError
from tributary.resources.lake.keys import check_key
from tributary.resources.lake.s3_errors import translated

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from obstore.store import S3Config, S3Credential

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

PATIENCE = timedelta(minutes=1)
"""For so long a service that is overloaded, restarting or out of reach is asked again."""

_TRIES = 1000
_LONGEST_PAUSE = timedelta(seconds=5)

_CREDENTIALS_KEPT = timedelta(minutes=5)
"""botocore renews temporary credentials at least ten minutes before they end, so they outlive this."""


class S3Location(NamedTuple):
    """A lake's place in S3: the bucket, and what stands before every key, either empty or ending in a slash."""

    bucket: str
    base: str

    @classmethod
    def parse(cls, location: str) -> S3Location:
        """Read `s3://bucket[/prefix]`.

        Raises:
            LakeLocationError: the bucket or the prefix cannot be one.
        """
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        prefix = prefix.rstrip("/")
        if not _BUCKET.fullmatch(bucket):
            # Not quoted: what stands there may be a password.
            raise LakeLocationError("The lake's s3:// URL names no valid bucket; write it as s3://bucket/prefix.")
        try:
            return cls(bucket, check_key(prefix) + "/" if prefix else "")
        except LakeKeyError as error:
            raise LakeLocationError(f"The lake's s3:// URL has an unusable prefix: {error}") from None

    def url(self, path: str) -> str:
        """The URL of `path` in the bucket."""
        return f"s3://{self.bucket}/{path}"


def open_store(
    location: S3Location, *, region: str, endpoint_url: str | None, patience: timedelta = PATIENCE
) -> S3Store:
    """A client for the bucket; it connects on first use. Without `endpoint_url`, it is that of AWS in `region`."""
    config: S3Config = {"region": region}
    if endpoint_url is not None:
        # Both, because a variable of the environment for S3 alone would win over the general endpoint.
        config["endpoint"] = config["aws_endpoint_url_s3"] = endpoint_url
    with translated("open", location.url(location.base)):
        return S3Store(
            location.bucket,
            config=config,
            client_options={
                "allow_http": endpoint_url is not None and endpoint_url.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "read_timeout": timedelta(seconds=30),
                # Of one part, up or down; generous, since a slow line is no failure.
                "timeout": timedelta(minutes=5),
            },
            # The time decides, not the number: six tries are over in two seconds.
            retry_config={
                "max_retries": _TRIES,
                "retry_timeout": patience,
                "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": _LONGEST_PAUSE, "base": 2},
            },
            credential_provider=_EnvironmentCredentials(),
        )


class _EnvironmentCredentials:
    """AWS's usual chain: variables, profile and SSO files, web identity, container, instance.

    The client's own chain knows no profiles, and waits minutes for an instance service where there is none.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: Credentials | None = None

    def __call__(self) -> S3Credential:
        with self._lock:
            if self._found is None:
                from botocore.session import Session

                self._found = Session().get_credentials()
            if self._found is None:
                raise LakeAccessError("No AWS credentials were found; set AWS_PROFILE or the variables of AWS keys.")
            frozen = self._found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _CREDENTIALS_KEPT,
        }
