"""moto's services on a free port of loopback, of whose Kinesis a share of the records is refused.

`python -m bench.moto_server SHARE` writes its port as the first line, and serves until a signal ends it. Which records
are refused is drawn anew each time a record comes, as a throttled shard does it.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from bench.processes import started

KINESIS = "Kinesis_20131202"
REFUSED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "too fast"}


class Refusing:
    """Passes on of each PutRecords what it does not refuse, and answers for all of it."""

    def __init__(self, application: Any, share: float) -> None:
        self._application, self._share = application, share
        self._turn = threading.Lock()
        self._draw = random.Random(1)  # noqa: S311 - no secret

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # moto gives two records that come at the same time one number, and forgets the first.
        with self._turn if environ.get("HTTP_X_AMZ_TARGET", "").startswith(KINESIS) else nullcontext():
            return self._answered(environ, start_response)

    def _answered(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_X_AMZ_TARGET") != f"{KINESIS}.PutRecords":
            passed: Iterable[bytes] = self._application(environ, start_response)
            return passed
        from werkzeug.test import Client
        from werkzeug.wrappers import Request, Response

        request = Request(environ)
        asked = json.loads(request.get_data())
        taken = [self._draw.random() >= self._share for _ in asked["Records"]]
        rest = {**asked, "Records": [one for one, is_taken in zip(asked["Records"], taken, strict=True) if is_taken]}
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        results: list[Any] = []
        if rest["Records"]:
            answer = Client(self._application).post("/", data=json.dumps(rest), headers=headers)
            if answer.status_code != 200:
                return Response(answer.get_data(), answer.status_code, answer.headers)(environ, start_response)
            results = answer.get_json(force=True)["Records"]
        found = iter(results)
        told = [next(found) if is_taken else REFUSED for is_taken in taken]
        body = json.dumps({"FailedRecordCount": taken.count(False), "Records": told})
        return Response(body, content_type="application/x-amz-json-1.1")(environ, start_response)


@contextmanager
def moto(share: float = 0.0) -> Iterator[str]:
    """The URL of such a server in a process of its own."""
    with started("bench.moto_server", str(share)) as (_, line):
        yield f"http://127.0.0.1:{line}"


def main(share: str) -> None:
    """Serve until a signal."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = Refusing(DomainDispatcherApplication(create_backend_app), float(share))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
