"""What a workgroup settles for the statements that run in it; the workgroups themselves are moto's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tributary.aws_local.protocol import AwsError

PRIMARY = "primary"


@dataclass(frozen=True)
class Workgroup:
    """A workgroup's name, and the bytes that a statement may scan in it; None where it has no limit."""

    name: str
    cutoff: int | None
    location: str


def joined(moto: Any, name: str, asked_location: str) -> Workgroup:
    """The workgroup that a statement runs in, with the location of its results; `moto` is a client of boto3's.

    Raises:
        AwsError: there is no such workgroup, it is switched off, or nobody says where results go.
    """
    found: Mapping[str, Any] | None = moto.get_work_group(WorkGroup=name).get("WorkGroup")
    if not found:
        raise AwsError("InvalidRequestException", f"WorkGroup {name} is not found.")
    if found.get("State") == "DISABLED":
        raise AwsError("InvalidRequestException", f"WorkGroup {name} is disabled.")
    configuration = found.get("Configuration") or {}
    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation", "")
    enforced = configuration.get("EnforceWorkGroupConfiguration", True)
    location = own if own and enforced else asked_location or own
    if not location.startswith("s3://"):
        raise AwsError(
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    return Workgroup(name, configuration.get("BytesScannedCutoffPerQuery"), location.rstrip("/") + "/")
