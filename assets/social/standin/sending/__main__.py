"""The process that sends the live events. Options, signals and the exit code, nothing else."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading

from tributary.assets.social.standin import DEFAULT_SEED
from tributary.assets.social.standin.sending.pace import run
from tributary.assets.social.standin.sending.sender import Sender
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings

_log = logging.getLogger("tributary.assets.social.standin.sending")


def main() -> int:
    """Send until a signal says stop; 0 then, 1 where it cannot go on."""
    options = _options()
    # Of httpx nothing is shown: it would tell every request.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        with Sender(options.url, get_settings().collector_write_key, stopped) as sender:
            run(sender, options.seed, options.rate, stopped)
    except TributaryError as error:
        _log.error("%s", error)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tributary.assets.social.standin.sending",
        description="Send the sample network's live events to the collector. The write key is taken from the setting "
        "TRIBUTARY_COLLECTOR_WRITE_KEY.",
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the collector is")
    parser.add_argument("--rate", type=float, default=1.0, help="events a second on average")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the sample that the stream continues")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
