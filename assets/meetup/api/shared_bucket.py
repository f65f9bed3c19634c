"""The token bucket of several machines: its free slot is one row in Postgres, moved by one statement at a time.

The rule is that of `bucket`, by the server's clock, so that machines need not agree on theirs. A statement that was cut
off has moved the row or has not: nothing is held while a caller waits, and one that dies wastes a single slot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg

from tributary.assets.meetup.api.bucket import FARTHEST, Bucket, Clock
from tributary.assets.meetup.api.errors import MeetupError

_TABLE = """
CREATE SCHEMA IF NOT EXISTS meetup;
CREATE TABLE IF NOT EXISTS meetup.rate (
    bucket text PRIMARY KEY,
    free double precision NOT NULL -- the next free slot, in seconds since 1970
);
"""
_NOW = "extract(epoch FROM clock_timestamp())::double precision"
_EARLIEST = f"greatest(CASE WHEN rate.free > {_NOW} + %(farthest)s THEN {_NOW} ELSE rate.free END, {_NOW} - %(slack)s)"
_TAKE = f"""
INSERT INTO meetup.rate AS rate (bucket, free) VALUES (%(bucket)s, {_NOW} - %(slack)s + %(interval)s)
ON CONFLICT (bucket) DO UPDATE SET free = {_EARLIEST} + %(interval)s
RETURNING free - %(interval)s - {_NOW} AS wait
"""
_PAUSE = f"""
INSERT INTO meetup.rate AS rate (bucket, free) VALUES (%(bucket)s, {_NOW} + %(seconds)s)
ON CONFLICT (bucket) DO UPDATE SET free = greatest(rate.free, excluded.free)
RETURNING 0 AS wait
"""
_TRIES = 3


class SharedBucket(Bucket):
    """A bucket that all machines share which reach the database at `url`; its table is made on first use.

    Args:
        url: asked for at each connection, and never shown.
        name: of the bucket, such as the endpoint that its requests go to.
        requests_per_minute: of all callers together.
        clock: by which this process waits; the slots are of the server's clock.
    """

    def __init__(self, url: Callable[[], str], name: str, requests_per_minute: int, clock: Clock | None = None) -> None:
        super().__init__(requests_per_minute, clock)
        self._url, self._name = url, name
        self._turn = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> None:
        wait = self._moved(_TAKE, {"interval": self.interval, "slack": self.slack, "farthest": FARTHEST})
        if wait > 0:
            self._clock.sleep(wait)

    def pause(self, seconds: float) -> None:
        self._moved(_PAUSE, {"seconds": seconds})

    def _moved(self, statement: str, values: Mapping[str, float]) -> float:
        """Move the row, and return how long to wait, in seconds.

        Raises:
            MeetupError: the server cannot be asked.
        """
        with self._turn:
            for tried in range(_TRIES):
                try:
                    row = self._open().execute(statement.encode(), {**values, "bucket": self._name}).fetchone()
                except psycopg.Error as error:
                    # A server that was restarted, or a connection that somebody between dropped; a slot may be lost.
                    self._connection = None
                    if tried + 1 == _TRIES:
                        raise MeetupError(
                            "The allowance of requests to Meetup, which is kept in Postgres, cannot be asked for "
                            f"({type(error).__name__}); check that its server runs."
                        ) from None
                else:
                    return float(row[0]) if row else 0.0
        return 0.0

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            made = psycopg.connect(self._url(), autocommit=True, application_name="tributary meetup")
            # Another process makes it at this moment, or it was made for a user who may not.
            with suppress(psycopg.errors.UniqueViolation, psycopg.errors.InsufficientPrivilege):
                made.execute(_TABLE)
            self._connection = made
        return self._connection
