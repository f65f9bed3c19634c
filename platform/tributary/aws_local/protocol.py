"""AWS JSON 1.1 in WSGI: which action a request names, its parameters, and answers and errors as clients read them.

The protocol is that of https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response


class AwsError(Exception):
    """An error that a client gets as one of the service's own; `more` are further members of its shape."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.more = code, message, more


def target(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The service and the action that a request is for; both empty where it is of another protocol."""
    service, _, action = str(environ.get("HTTP_X_AMZ_TARGET", "")).partition(".")
    return service, action


def parameters(request: Request) -> dict[str, Any]:
    """A request's parameters.

    Raises:
        AwsError: the body is no JSON object.
    """
    try:
        found = json.loads(request.get_data() or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError("SerializationException", "The body is no JSON object.")
    return found


def answered(found: Mapping[str, Any]) -> Response:
    """An action's answer."""
    return _json(found, HTTPStatus.OK)


def refused(error: AwsError) -> Response:
    """An error's answer; Athena and Glue spell the member `Message`, other clients read `message`."""
    members = {"__type": error.code, "message": error.message, "Message": error.message, **error.more}
    return _json(members, HTTPStatus.BAD_REQUEST)


def _json(members: Mapping[str, Any], status: HTTPStatus) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(members), status, headers, content_type="application/x-amz-json-1.1")
