"""Looks for problems again and again, and has them told, Postgres' own end among them.

It runs in the web process, which the launcher holds up; what ends the launcher, that tells itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from tributary.alerts.deciding import Known, Message
from tributary.alerts.record import Record
from tributary.alerts.sending import Destination, destinations, send
from tributary.problems import Found, Problem
from tributary.problems.looking import DAGSTER, POSTGRES, WAREHOUSE
from tributary.resources.disk import full_disk
from tributary.resources.errors import TributaryError
from tributary.resources.gateway.logs import described
from tributary.resources.home import put_whole
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.settings import Settings

_LOG = logging.getLogger(__name__)
_AWAY = Problem(
    "Down", POSTGRES, "The database does not answer, so that nothing can be made, read or asked.", "/platform/", ""
)


class _Outage(msgspec.Struct, frozen=True):
    """Since when Postgres is away, and which destinations were told so."""

    since: datetime
    told: list[str] = []


class Watch:
    """Looks, and has told what is found.

    Args:
        settings: to whom, and how often.
        look: finds what is wrong.
        url: of the database `app`.
    """

    def __init__(self, settings: Settings, look: Callable[[], Found], url: Callable[[], str]) -> None:
        self._settings, self._look, self._url = settings, look, url
        self._to = destinations(settings)
        self._record: Record | None = None
        self._away: _Outage | None = None

    @property
    def every(self) -> timedelta:
        """How often it looks."""
        return timedelta(seconds=self._settings.alerts_seconds)

    def once(self) -> None:
        """Look once, and tell what is to be told."""
        found = self._look()
        try:
            record = self._record = self._record or Record(self._url())
            self._after_outage(record)
            record.note(self._with_failing(record, found), self._to, self.every, self._settings.address)
            record.deliver(self._to, self._send)
        except (DBAPIError, PostgresError):
            self._without_record()

    async def until_cancelled(self) -> None:
        """Look now and again; what cannot be looked at is in the log."""
        while self._to:
            try:
                await asyncio.to_thread(self.once)
            except (TributaryError, OSError) as error:
                _LOG.error("Nothing was looked at for alerts:\n%s", described(error))
            await asyncio.sleep(self._settings.alerts_seconds)

    def _send(self, destination: Destination, message: Message) -> bool:
        return send(self._settings, destination, message)

    def _with_failing(self, record: Record, found: Found) -> Found:
        """Who does not take alerts is a problem that the others are told of."""
        names = {one.id: one.name for one in self._to}
        undelivered = [
            Problem("Alerts", names[one], f"It has not taken an alert in {tries} tries.", "/platform/", "")
            for one, tries in record.failing().items()
            if tries > 1 and one in names
        ]
        return replace(found, problems=[*found.problems, *undelivered])

    @property
    def _note(self) -> Path:
        return self._settings.home / "run" / "postgres-away.json"

    def _outage(self) -> _Outage | None:
        if self._away is not None:
            return self._away
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=_Outage)
        except (OSError, msgspec.MsgspecError):
            return None

    def _without_record(self) -> None:
        """Tell that Postgres is away, when it was seen twice; who was told is noted in the home meanwhile."""
        now, outage = datetime.now(UTC), self._outage()
        if outage is None:
            self._keep(_Outage(now))
            return
        full = full_disk(self._settings.home)
        away = replace(_AWAY, sentence=f"{_AWAY.sentence} The home cannot be written: {full}.") if full else _AWAY
        message = alone(away, self._settings)
        for one in self._to:
            if one.id not in outage.told and self._send(one, message):
                outage = _Outage(outage.since, [*outage.told, one.id])
                self._keep(outage)

    def _keep(self, outage: _Outage) -> None:
        """Note it for who comes after this process; a full disk, which may be why Postgres is away, holds no note."""
        self._away = outage
        try:
            put_whole(self._note, msgspec.json.encode(outage))
        except OSError as error:
            _LOG.error("That Postgres is away could not be noted in the home:\n%s", described(error))

    def _after_outage(self, record: Record) -> None:
        outage = self._outage()
        if outage is not None:
            if outage.told:
                told = Known(_AWAY.kind, _AWAY.subject, "", _AWAY.sentence, _AWAY.link, (), outage.since)
                record.take_over(replace(told, told_at=outage.since))
            self._note.unlink(missing_ok=True)
            self._away = None


def tell_end(settings: Settings, url: str, sentence: str) -> None:
    """Tell that `tributary up` has ended by itself; its next start finds that it goes on no more."""
    to = destinations(settings)
    if not to:
        return
    # What follows are the last lines of a log, which may be long and are there.
    told = sentence.partition("\n")[0].removesuffix(" ends with:").rstrip(".") + "."
    problem = Problem("Ended", "tributary up", told, "/", "")
    try:
        record = Record(url)
        # Nothing else was looked at: in so long a time between looks nothing else is over.
        record.note(Found([problem], frozenset({DAGSTER, WAREHOUSE})), to, timedelta(days=1), settings.address)
        record.deliver(to, lambda one, message: send(settings, one, message))
    except (DBAPIError, PostgresError):
        for one in to:
            send(settings, one, alone(problem, settings))


def alone(problem: Problem, settings: Settings) -> Message:
    """A message of one problem."""
    title = f"Tributary: {problem.kind.lower()} {problem.subject}"
    return Message(
        title, f"{problem.kind}, {problem.subject}: {problem.sentence}\n{settings.address}{problem.link}", False
    )
