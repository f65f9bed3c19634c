"""Counts what a look of the sensor asks of S3: `python -m bench.social_tick_s3 OLD`, where OLD objects are of the past.

The service is moto in this process. The result is one line of JSON: list calls and seconds of the look, and the list
calls of listing everything.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench.social_history import CONTENT, RECENT_HOURS, hour_of_day, old_keys, recent_objects
from bench.social_tick_worker import look, steady
from tributary.assets.social.arrivals import HOUR
from tributary.resources.lake.model import Lake
from tributary.resources.lake.s3 import S3Lake

BUCKET, REGION = "lake", "us-east-1"


class Counting:
    """A WSGI application around another that counts the calls for a list of objects."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.lists = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if "list-type=2" in environ.get("QUERY_STRING", ""):
            self.lists += 1
        return self._application(environ, start_response)


@contextmanager
def moto() -> Iterator[tuple[str, Counting]]:
    """An S3 service on a free port of loopback, and its count."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    counting = Counting(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, counting, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", counting
    finally:
        server.shutdown()


def fill(old: int, now: datetime) -> None:
    """Put the objects in, past the protocol: only the listing is to be measured."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, REGION)
    for key in old_keys(old, hour_of_day(now) - RECENT_HOURS * HOUR):
        backend.put_object(BUCKET, key, CONTENT)
    for key, content in recent_objects(now):
        backend.put_object(BUCKET, key, content)


def main(old: str) -> None:
    """Measure, and write the measurement to standard output."""
    os.environ.update(dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "bench"))
    now = datetime.now(tz=UTC)
    fill(int(old), now)
    with moto() as (url, counting):
        lake: Lake = S3Lake(f"s3://{BUCKET}", region=REGION, endpoint_url=url)
        began = time.perf_counter()
        found = look(lake, steady(now), now)
        wall, lists = time.perf_counter() - began, counting.lists
        everything = sum(1 for _ in lake.list("web-data/"))
    print(
        json.dumps(
            {
                "wall": wall,
                "lists": lists,
                "asked": len(found.ranges),
                "objects": everything,
                "lists_of_everything": counting.lists - lists,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
