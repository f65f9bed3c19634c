"""A collector served on loopback, in a thread of the tests, or alone as `serving.py HOME`, or on Kinesis at a URL."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tributary.resources.lake import Lake, open_lake
from tributary.resources.settings import Settings
from tributary.resources.stream import EventStream, open_stream
from tributary.resources.stream.firehose import FolderFirehose
from tributary.web.collector import Collector

WRITE_KEY = "the-write-key"


def lake_of(home: Path) -> Lake:
    return open_lake(str(home / "lake"), region="us-east-1", endpoint_url=None)


def stream_of(home: Path, **changed: Any) -> FolderFirehose:
    buffers: dict[str, Any] = {"buffer_seconds": 600.0, "buffer_bytes": 200_000}
    return FolderFirehose(lake_of(home), home / "journal", "web-data", **(buffers | changed))


def events(home: Path) -> list[dict[str, Any]]:
    """Every event in the lake, in the order of its objects."""
    lake, found = lake_of(home), []
    decoder = json.JSONDecoder()
    for info in lake.list("web-data/raw/"):
        rest = lake.get(info.key).decode()
        while rest:
            event, end = decoder.raw_decode(rest)
            found.append(event)
            rest = rest[end:]
    return found


@contextmanager
def serving(application: ASGIApp) -> Iterator[str]:
    """The URL under which the application is served until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, access_log=False, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def collecting(stream: EventStream) -> Iterator[str]:
    """The URL of a collector; the stream is closed when the block ends."""
    try:
        with serving(Collector(stream, WRITE_KEY)) as url:
            yield url
    finally:
        stream.close()


def on_kinesis(home: Path, url: str) -> EventStream:
    """A stream as the profile `aws` opens it."""
    settings = Settings(_env_file=None, home=home, stream_engine="kinesis", aws_endpoint_url=url)
    return open_stream(settings, lake_of(home))


def main(home: str, url: str = "") -> None:
    stream = on_kinesis(Path(home), url) if url else stream_of(Path(home))
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(Collector(stream, WRITE_KEY), access_log=False, log_level="error")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
