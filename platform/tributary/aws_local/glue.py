"""Glue's optimistic lock, which moto lacks: a table's update from a version that is no longer the newest is refused.

Without it two writers of an Iceberg table would both believe that they had committed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client
from werkzeug.wrappers import Request

from tributary.aws_local.protocol import AwsError, parameters, refused, target

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SERVICE = "AWSGlue"


class Glue:
    """Glue in front of moto's: its writes one after the other, each of the version that it was made from."""

    def __init__(self, moto: WSGIApplication) -> None:
        self._moto = moto
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; what only reads passes."""
        action = target(environ)[1]
        if action.startswith(("Get", "BatchGet", "List", "Search")):
            return self._moto(environ, start_response)
        with self._turn:
            if action == "UpdateTable":
                request = Request(environ)
                try:
                    self._refuse_stale(request)
                except AwsError as error:
                    return refused(error)(environ, start_response)
                # What was read is gone from the socket, and moto is to read it too.
                environ["wsgi.input"] = BytesIO(request.get_data())
            return self._moto(environ, start_response)

    def _refuse_stale(self, request: Request) -> None:
        asked = parameters(request)
        version = asked.get("VersionId")
        if version is None:
            return
        found = self._table(request, asked)
        if found is not None and str(version) != found["VersionId"]:
            raise AwsError("ConcurrentModificationException", "Update table failed due to concurrent modifications.")

    def _table(self, request: Request, asked: dict[str, Any]) -> dict[str, Any] | None:
        """The table as it is now; None where there is none, of which moto tells."""
        of_table = {"DatabaseName": asked.get("DatabaseName"), "Name": asked.get("TableInput", {}).get("Name")}
        headers = {**request.headers, "X-Amz-Target": f"{SERVICE}.GetTable"}
        headers.pop("Content-Length", None)
        answer = Client(self._moto).post("/", data=json.dumps(of_table), headers=headers)
        return answer.get_json(force=True)["Table"] if answer.status_code == 200 else None
