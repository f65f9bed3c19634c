"""`python -m tributary.aws_local --port PORT`: the stand-in and its Trino, until they are asked to end.

With `up` behind it, the whole profile `aws`: what infrastructure makes, and `tributary up` on it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tributary.aws_local.laptop import aws_on_this_machine, run_platform
from tributary.aws_local.throttle import Throttle
from tributary.aws_local.trino import local_aws
from tributary.launcher.ports import require_free_port
from tributary.resources.errors import TributaryError
from tributary.resources.settings import LOOPBACK, get_settings


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tributary.aws_local", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on loopback; Trino's is TRIBUTARY_TRINO_PORT")
    parser.add_argument("--starts-per-second", type=float, help="statements a second that Athena takes; else all")
    parser.add_argument("up", nargs="?", choices=["up"], help="make what the platform needs, and run it")
    asked = parser.parse_args()
    throttle = Throttle(asked.starts_per_second) if asked.starts_per_second else None
    settings = get_settings()
    require_free_port(LOOPBACK, asked.port, "--port")
    folder = settings.home / "aws-local"
    if asked.up:
        with aws_on_this_machine(settings, folder, port=asked.port) as variables:
            return run_platform(variables)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with local_aws(settings, folder, port=asked.port, throttle=throttle):
        ended.wait()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TributaryError as error:
        sys.exit(f"✗ {error}")
