"""`python -m tributary.aws_local --port PORT --trino-url URL`: the stand-in, until it is asked to end."""

from __future__ import annotations

import argparse
import signal
import threading

from tributary.aws_local.server import AwsLocal
from tributary.aws_local.throttle import Throttle


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tributary.aws_local", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    parser.add_argument("--trino-url", required=True, help="the Trino that runs Athena's statements")
    parser.add_argument("--starts-per-second", type=float, help="statements a second that Athena takes; else all")
    asked = parser.parse_args()
    throttle = Throttle(asked.starts_per_second) if asked.starts_per_second else None
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with AwsLocal(lambda: asked.trino_url, port=asked.port, throttle=throttle):
        ended.wait()


if __name__ == "__main__":
    main()
