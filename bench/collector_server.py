"""Serves the collector, or an application that answers and does nothing else, on a free port of loopback.

`python -m bench.collector_server WAY HOME` writes the port as its first line, and serves until a signal ends it. HOME
is the folder of the lake and the journals; the way `kinesis URL` has a stream of the name `web-data` at URL.
"""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.serving import guarded
from tributary.resources.lake import open_lake
from tributary.resources.settings import Settings
from tributary.resources.stream import EventStream, open_stream
from tributary.resources.stream.firehose import FolderFirehose
from tributary.web.app import is_collector
from tributary.web.collector import Collector
from tributary.web.collector.answers import ACCEPTED

WRITE_KEY = "bench"
BUFFER_SECONDS = 30.0
BUFFER_BYTES = 5_000_000


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI gives it
    """Read the body and answer as the collector does, with nothing between."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": ACCEPTED.status, "headers": ACCEPTED.headers})
    await send({"type": "http.response.body", "body": ACCEPTED.body})


def serve(application: Any, policy: Policy | None = None) -> None:
    """Serve on a free port until a signal ends it, behind the gateway where there is a policy."""
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    quiet: dict[str, Any] = {"log_level": "warning", "lifespan": "off"}
    if policy is None:
        config = uvicorn.Config(application, access_log=False, **quiet)
    else:
        config = guarded(application, policy, **quiet)
    uvicorn.Server(config).run(sockets=[listening])


def main(way: str, home: str, url: str = "") -> None:
    """Serve `collector`, `kinesis` or `nothing`."""
    if way == "nothing":
        serve(nothing)
        return
    folder = Path(home)
    lake = open_lake(str(folder / "lake"), region="us-east-1", endpoint_url=None)
    stream: EventStream
    if way == "kinesis":
        settings = Settings(_env_file=None, home=folder, stream_engine="kinesis", aws_endpoint_url=url)
        stream = open_stream(settings, lake)
    else:
        stream = FolderFirehose(
            lake, folder / "journal", "web-data", buffer_seconds=BUFFER_SECONDS, buffer_bytes=BUFFER_BYTES
        )
    # The server repeats the signal that ended it, which would end the process before the stream is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(Collector(stream, WRITE_KEY), Policy(public=is_collector, largest_body=lambda _path: None))
    finally:
        stream.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
