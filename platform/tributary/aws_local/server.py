"""The one port of the stand-in: which request goes to Athena, which to Glue, and all others to moto."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tributary.aws_local import athena, glue
from tributary.aws_local.protocol import AwsError, answered, parameters, refused, target
from tributary.aws_local.throttle import Throttle
from tributary.resources.gateway.hosts import LOOPBACK as LOOPBACK_NAMES
from tributary.resources.settings import LOOPBACK

REGION = "us-east-1"
"""Where the stand-in says it is; moto keeps the state of each region apart."""

KINESIS = "Kinesis_20131202"
"""The service of Kinesis' requests."""

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class AwsLocal:
    """The stand-in, which serves while it is entered: on `port` of loopback, or on a free one.

    `trino_url` is asked for at the first statement; its catalogue `awsdatacatalog` reads Glue and S3 at `url`.
    """

    def __init__(self, trino_url: Callable[[], str], *, port: int = 0, throttle: Throttle | None = None) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._glue = glue.Glue(self._moto)
        self._kinesis = threading.Lock()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server(LOOPBACK, port, self, threaded=True, request_handler=MotoRequestHandler)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        """Where clients find all services: their `endpoint_url`, or AWS_ENDPOINT_URL."""
        self.trino_url = trino_url
        self._athena = athena.Athena(self.url, REGION, trino_url, throttle)
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws-local", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._athena.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; one whose Host is not loopback's was led here by a name that somebody else made."""
        if Request(environ).host.rpartition(":")[0].strip("[]") not in LOOPBACK_NAMES:
            return Response("This server answers on loopback only.", 403)(environ, start_response)
        service, action = target(environ)
        if service == KINESIS:
            # moto gives two records that come at the same time one number, and forgets the first.
            with self._kinesis:
                return list(self._moto(environ, start_response))
        if service == glue.SERVICE:
            return self._glue(environ, start_response)
        if service == athena.SERVICE and action in self._athena.actions:
            try:
                response = answered(self._athena.actions[action](parameters(Request(environ))))
            except AwsError as error:
                response = refused(error)
            return response(environ, start_response)
        passed: Iterable[bytes] = self._moto(environ, start_response)
        return passed
