"""What is known of problems and who is yet to be told, in the schema `alerts` of the database `app`.

A look and what follows from it are one transaction. A message is gone from the record when its destination has taken
it: a process that is killed in between sends it once more, to that one alone, and loses none.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from tributary.alerts.deciding import Decided, Known, Message, decide
from tributary.alerts.sending import Destination
from tributary.problems import Found
from tributary.resources.postgres.migrating import migrate, open_engine

SCHEMA = "alerts"
KEPT_FOR = timedelta(days=3)
"""For how long a message is tried again; who was away for longer reads what goes on."""

_VERSIONS = Path(__file__).with_name("versions")
_OPTIONS = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s"
_TURN = zlib.crc32(b"tributary alerts") - 2**31
"""Of the locks by which processes take turns, which are signed."""
_FIRST, _MOST = timedelta(minutes=1), timedelta(hours=1)
_KEEP = """
INSERT INTO alerts.problem (kind, subject, part, sentence, link, told_by, since, gone_since, told_at)
VALUES (:kind, :subject, :part, :sentence, :link, :told_by, :since, :gone_since, :told_at)
ON CONFLICT (kind, subject, part) DO UPDATE SET
    sentence = excluded.sentence, link = excluded.link, told_by = excluded.told_by, gone_since = excluded.gone_since,
    told_at = excluded.told_at
"""
_NEXT = """
SELECT m.id, m.title, m.body, m.is_good, d.tries, d.next_at
FROM alerts.delivery AS d JOIN alerts.message AS m ON m.id = d.message_id
WHERE d.destination = :destination ORDER BY m.id LIMIT 1
"""
_LOG = logging.getLogger(__name__)

Send = Callable[[Destination, Message], bool]


class Record:
    """The record; safe for use by several processes and threads.

    Args:
        url: of the database `app`.

    Raises:
        TablesError: the tables cannot be made.
    """

    def __init__(self, url: str) -> None:
        self._engine: Engine = open_engine(url, "tributary alerts", _OPTIONS, None)
        migrate(self._engine, SCHEMA, _VERSIONS)

    def known(self) -> Sequence[Known]:
        """The problems that go on, the oldest first."""
        with self._engine.begin() as connection:
            return _known(connection)

    def note(
        self, found: Found, to: Sequence[Destination], every: timedelta, address: str, now: datetime | None = None
    ) -> Decided | None:
        """Note what a look found, and what is to be told of it; None where another process is at it.

        Raises:
            DBAPIError: the database does not answer; all is as it was.
        """
        now = now or datetime.now(UTC)
        with self._engine.begin() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:turn)"), {"turn": _TURN}).scalar_one():
                return None
            before = _known(connection)
            decided = decide(before, found, now, every, address)
            self._write(connection, before, decided.known)
            gone = "DELETE FROM alerts.delivery WHERE NOT destination = ANY(:ids)"
            connection.execute(text(gone), {"ids": [one.id for one in to]})
            if decided.message is not None and to:
                self._post(connection, decided.message, to, now)
            connection.execute(
                text("DELETE FROM alerts.message AS m WHERE NOT EXISTS (SELECT 1 FROM alerts.delivery AS d "
                     "WHERE d.message_id = m.id)")
            )  # fmt: skip
        return decided

    def take_over(self, known: Known) -> None:
        """Note a problem of which people were told without the record."""
        with self._engine.begin() as connection:
            connection.execute(text(_KEEP), asdict(known) | {"told_by": list(known.told_by)})

    def deliver(self, to: Sequence[Destination], send: Send, now: datetime | None = None) -> None:
        """Send what is due; one that fails is tried again later, and keeps no other from being told.

        Raises:
            DBAPIError: the database does not answer; what was not noted as taken is sent again.
        """
        if to:
            with ThreadPoolExecutor(len(to), thread_name_prefix="alerts") as pool:
                list(pool.map(lambda one: self._deliver_to(one, send, now or datetime.now(UTC)), to))

    def failing(self) -> dict[str, int]:
        """How often each destination has not taken what it is to be told next, where it was tried."""
        query = "SELECT destination, max(tries) FROM alerts.delivery WHERE tries > 0 GROUP BY 1"
        with self._engine.begin() as connection:
            return {destination: int(tries) for destination, tries in connection.execute(text(query))}

    def _deliver_to(self, destination: Destination, send: Send, now: datetime) -> None:
        while True:
            with self._engine.begin() as connection:
                turn = {"turn": _TURN, "own": zlib.crc32(destination.id.encode()) - 2**31}
                own = "SELECT pg_try_advisory_xact_lock(CAST(:turn AS int), CAST(:own AS int))"
                if not connection.execute(text(own), turn).scalar_one():
                    return
                row = connection.execute(text(_NEXT), {"destination": destination.id}).one_or_none()
                if row is None or row.next_at > now:
                    return
                named = {"message": row.id, "destination": destination.id}
                if send(destination, Message(row.title, row.body, row.is_good)):
                    done = "DELETE FROM alerts.delivery WHERE message_id = :message AND destination = :destination"
                    connection.execute(text(done), named)
                    continue
                _LOG.warning("An alert could not be sent (%s); it is tried again.", destination.name)
                again = (
                    "UPDATE alerts.delivery SET tries = tries + 1, next_at = :at "
                    "WHERE message_id = :message AND destination = :destination"
                )
                at = now + min(_FIRST * 2 ** min(row.tries, 10), _MOST)
                connection.execute(text(again), named | {"at": at})
                return

    @staticmethod
    def _write(connection: Connection, before: Sequence[Known], after: Sequence[Known]) -> None:
        old = {one.key: one for one in before}
        changed = [one for one in after if old.pop(one.key, None) != one]
        if changed:
            connection.execute(text(_KEEP), [asdict(one) | {"told_by": list(one.told_by)} for one in changed])
        gone = "DELETE FROM alerts.problem WHERE kind = :kind AND subject = :subject AND part = :part"
        if old:
            names = ("kind", "subject", "part")
            connection.execute(text(gone), [dict(zip(names, key, strict=True)) for key in old])

    @staticmethod
    def _post(connection: Connection, message: Message, to: Sequence[Destination], now: datetime) -> None:
        connection.execute(text("DELETE FROM alerts.message WHERE at < :old"), {"old": now - KEPT_FOR})
        posted = (
            "INSERT INTO alerts.message (at, title, body, is_good) VALUES (:at, :title, :body, :is_good) RETURNING id"
        )
        number = connection.execute(text(posted), asdict(message) | {"at": now}).scalar_one()
        own = "INSERT INTO alerts.delivery (message_id, destination, next_at) VALUES (:message, :destination, :at)"
        connection.execute(text(own), [{"message": number, "destination": one.id, "at": now} for one in to])


def _known(connection: Connection) -> Sequence[Known]:
    query = (
        "SELECT kind, subject, part, sentence, link, told_by, since, gone_since, told_at FROM alerts.problem "
        "ORDER BY since, kind, subject, part"
    )
    rows = connection.execute(text(query)).mappings()
    return [Known(**{**row, "told_by": tuple(row["told_by"])}) for row in rows]
