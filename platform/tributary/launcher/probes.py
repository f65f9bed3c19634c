"""Looks at servers from outside: does it answer. A server that refuses a request answers."""

from __future__ import annotations

import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Literal

from tributary.resources.dagster_internals import PING

Answer = Literal["yes", "no", "failure", "late"]
Probe = Callable[[], Answer]
"""Asks once: `late` where nothing came in time, as of a server that is busy or stopped; `no` where nobody listens;
`failure` where somebody does, and cannot do what is asked."""

TIMEOUT = 3.0
"""Seconds that an answer may take."""

_HEARTBEAT_LOOK_SECONDS = 10.0


def within(probe: Probe, seconds: float = 3 * TIMEOUT) -> Answer:
    """Ask, but wait only so long: whoever looks after others must not hang in a library that lost its way."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(probe()), name="probe", daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else "late"


def http(url: str) -> Probe:
    """Asks for a page."""

    def ask() -> Answer:
        try:
            with _opened(url):
                return "yes"
        except urllib.error.HTTPError:
            return "yes"
        except TimeoutError:
            return "late"
        except urllib.error.URLError as error:
            return "late" if isinstance(error.reason, TimeoutError) else "no"
        except OSError:
            return "no"

    return ask


def succeeds(url: str) -> bool:
    """Whether a page is served with success."""
    try:
        with _opened(url):
            return True
    except OSError:
        return False


def _opened(url: str) -> Any:
    """Ask a server of our own on this machine, whose certificate is for the name by which people come."""
    context = None
    if url.startswith("https://"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.urlopen(url, timeout=TIMEOUT, context=context)  # noqa: S310  (an http URL of our own)


def heartbeats(database_url: str, quiet: float = 120.0) -> Probe:
    """Asks whether Dagster's daemon goes on to write its sign of life, for which it has `quiet` seconds.

    While the database is away nothing is known of it, which is no fault of the daemon's.
    """
    newest, changed, asked = "", 0.0, 0.0

    def ask() -> Answer:
        import psycopg

        nonlocal newest, changed, asked
        now = time.monotonic()
        if now - asked < _HEARTBEAT_LOOK_SECONDS:
            return "yes" if now - changed < quiet else "late"
        if now - asked > quiet / 2:
            # Whoever asks was asleep, and so may the daemon have been.
            changed = now
        asked = now
        try:
            with psycopg.connect(database_url, connect_timeout=3, application_name="tributary launcher") as connection:
                row = connection.execute("SELECT max(timestamp)::text FROM daemon_heartbeats").fetchone()
        except psycopg.Error:
            changed = now
            return "yes"
        found = row[0] if row and row[0] else ""
        if found != newest:
            newest, changed = found, now
        return "yes" if now - changed < quiet else "late"

    return ask


def code_server(target: str) -> Probe:
    """Asks Dagster's code server, at `unix:PATH` or `HOST:PORT`, for a sign of the process that holds the definitions.

    Where `dagster code-server start` is one process before another, it passes the question on.
    """

    def ask() -> Answer:
        import grpc

        with grpc.insecure_channel(target) as channel:
            try:
                channel.unary_unary(PING)(b"", timeout=TIMEOUT)
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    return "no"
                return "late" if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED else "failure"
        return "yes"

    return ask
