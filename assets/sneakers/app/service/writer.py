"""One transaction for an event and its change of state, written once however often its form is sent.

A form carries a token. The token's advisory lock makes two sendings of it take turns; the second finds the event of the
first and gives its outcome again. The unique constraint on the token guards the same where somebody writes otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg import errors
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.database import Sessions
from tributary.assets.sneakers.app.errors import AlreadySent, Refused
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.models import SneakerEvent
from tributary.assets.sneakers.app.values import moment_of


@dataclass(frozen=True)
class Draft:
    """An event to be recorded: `recorded_at` is now unless it is given, `at` is the moment where that is known."""

    type: EventType
    sneaker_id: int | None
    event_date: date
    details: Mapping[str, Any]
    recorded_at: datetime | None = None
    at: datetime | None = None


Work = Callable[[Session, datetime], Draft]
"""Checks and changes the state at a moment, and drafts the event that says so."""
ManyWork = Callable[[Session, datetime], list[Draft]]


@dataclass(frozen=True)
class Outcome:
    """What a form came to: its event, and the pair or brand that it names.

    `repeated` says that an earlier sending of the form had recorded it.
    """

    event_id: int
    type: EventType
    sneaker_id: int | None
    manufacturer_id: int | None
    repeated: bool


@dataclass(frozen=True)
class Writer:
    """Records events through `sessions`."""

    sessions: Sessions
    today: Callable[[], date]
    alone: bool = False
    """Whether nobody else can write meanwhile. A lock a form, kept until the end, would be too many of an import."""

    def record(self, token: UUID, asked: tuple[Any, ...], work: Work) -> Outcome:
        """Record the event that `work` drafts after it has checked and changed the state, in one transaction.

        `asked` is what the form asks for: a token that comes again with the same is a repetition.

        Raises:
            Refused: as `record_all`.
        """
        (outcome,) = self.record_all(token, asked, lambda session, now: [work(session, now)])
        return outcome

    def record_all(self, token: UUID, asked: tuple[Any, ...], work: ManyWork) -> list[Outcome]:
        """Like `record`, of several events at once; a repetition is told by the first of them.

        Raises:
            Refused: by `work`, by a token that came with something else before, or because another write to the same
                pair takes long. Nothing was written.
        """
        digest = digest_of(asked)
        try:
            with self.sessions() as session, session.begin():
                # The database's clock, which tells `recorded_at` too.
                if not self.alone:
                    key = int.from_bytes(token.bytes[:8], "big", signed=True)
                    session.execute(select(func.pg_advisory_xact_lock(key)))
                now = session.execute(select(func.clock_timestamp())).scalar_one()
                earlier = session.scalar(select(SneakerEvent).where(SneakerEvent.request_token == token))
                if earlier is not None:
                    return [_repetition(earlier, digest)]
                events = [
                    _event(draft, now, uuid5(token, str(place)) if place else token, digest)
                    for place, draft in enumerate(work(session, now))
                ]
                session.add_all(events)
                session.flush()
                return [_outcome(event, repeated=False) for event in events]
        except OperationalError as error:
            if isinstance(error.orig, errors.LockNotAvailable):
                raise Refused(
                    None, "Something else is being recorded for this pair: please send the form again."
                ) from None
            raise


def digest_of(asked: tuple[Any, ...]) -> str:
    """A fingerprint of what a form asks for."""
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()


def _event(draft: Draft, now: datetime, token: UUID, digest: str) -> SneakerEvent:
    event = SneakerEvent(
        type=str(draft.type),
        sneaker_id=draft.sneaker_id,
        event_date=draft.event_date,
        event_time=moment_of(draft.event_date, now, draft.at),
        details=dict(draft.details),
        request_token=token,
        request_digest=digest,
    )
    if draft.recorded_at is not None:
        event.recorded_at = draft.recorded_at
    return event


def _repetition(earlier: SneakerEvent, digest: str) -> Outcome:
    if earlier.request_digest != digest:
        raise AlreadySent(
            None,
            "This form was sent before, with other values, and those were recorded. To record another entry, send the "
            "form once more; to correct the earlier one, choose Edit in the history of the pair.",
        )
    return _outcome(earlier, repeated=True)


def _outcome(event: SneakerEvent, *, repeated: bool) -> Outcome:
    brand = event.details.get("manufacturer_id")
    return Outcome(event.event_id, EventType(event.type), event.sneaker_id, brand, repeated)
