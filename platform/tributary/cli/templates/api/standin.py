"""A server that stands in for the API while no URL is set: keep it for tests, or delete it with `services`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tributary.cli.templates.api.pull import STANDIN_KEY
from tributary.cli.templates.api.source import ExampleSettings
from tributary.sdk import Process, Services, Settings, own_settings

PAGE = 2
"""Records that it gives at a time."""


def records(day: date) -> list[dict[str, Any]]:
    """The records of a day, the same whenever they are asked for; the last has an amount that cannot be."""
    found = [
        {"id": f"{day}-{hour}", "at": f"{day}T{hour:02}:30:00+00:00", "amount": hour + day.day / 100}
        for hour in range(8, 11 + day.day % 3)
    ]
    return [*found, {"id": f"{day}-x", "at": f"{day}T23:00:00+00:00", "amount": "much"}]


class Standin(BaseHTTPRequestHandler):
    """Answers as the API would."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Give a page of a day's records to whoever has the token; the start to whoever asks whether it is there."""
        asked = parse_qs(urlsplit(self.path).query)
        known = self.headers["Authorization"] == f"Bearer {STANDIN_KEY}"
        if "day" not in asked or not known:
            return self._answer(401 if asked else 200, {})
        found = records(date.fromisoformat(asked["day"][0]))
        begin = int(asked.get("after", ["0"])[0])
        following = str(begin + PAGE) if begin + PAGE < len(found) else None
        page = {"records": found[begin : begin + PAGE], "total": len(found), "next": following}
        return self._answer(200, page)

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(port: int) -> Iterator[int]:
    """Serve on loopback until the block ends; gives the port, a free one for 0."""
    with ThreadingHTTPServer(("127.0.0.1", port), Standin) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def _standin(_settings: Settings) -> Iterator[object]:
    own = own_settings(ExampleSettings)
    if own.url is not None:
        yield None
        return
    with serving(own.port):
        yield None


def _processes(_settings: Settings) -> Sequence[Process]:
    own = own_settings(ExampleSettings)
    if own.url is not None:
        return ()
    process = Process(
        "example-standin",
        __name__,
        (str(own.port),),
        port=own.port,
        port_setting="TRIBUTARY_EXAMPLE_PORT",
        ready=f"http://127.0.0.1:{own.port}/",
    )
    return [process]


SERVICES = Services(processes=_processes, standin=_standin)

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Standin).serve_forever()
