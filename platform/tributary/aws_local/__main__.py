"""`python -m tributary.aws_local --port PORT`: the stand-in and its Trino, until they are asked to end."""

from __future__ import annotations

import argparse
import signal
import threading

from tributary.aws_local.throttle import Throttle
from tributary.aws_local.trino import local_aws
from tributary.resources.settings import get_settings


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tributary.aws_local", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on loopback; Trino's is TRIBUTARY_TRINO_PORT")
    parser.add_argument("--starts-per-second", type=float, help="statements a second that Athena takes; else all")
    asked = parser.parse_args()
    throttle = Throttle(asked.starts_per_second) if asked.starts_per_second else None
    settings = get_settings()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with local_aws(settings, settings.home / "aws-local", port=asked.port, throttle=throttle):
        ended.wait()


if __name__ == "__main__":
    main()
