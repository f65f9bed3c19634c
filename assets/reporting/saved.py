"""Saved requests: what is asked again by itself, at the times of a cron expression.

A time is seen to in the transaction that records its request, so that whatever is killed, it is asked once and not
twice. Of several times that passed while nobody looked, the last is asked, since they would all answer the same now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from tributary.assets.reporting.record import Requests, new_id, record
from tributary.assets.reporting.record_tables import evaluation, saved
from tributary.assets.reporting.requests import NoSuchRequest, Question, Request, Unusable

_LONGEST_TITLE = 200


@dataclass(frozen=True)
class SavedRequest:
    """A request that is asked at times.

    Attributes:
        id: its name.
        saved_at: when it was saved, in UTC.
        who: the principal's name.
        report: the report's name.
        title: what whoever saved it calls it.
        answers: the parameters in canonical form.
        cron: when it is asked: five fields of cron.
        zone: the IANA time zone of these times.
        notify: where the notice goes; not to be shown.
        last_at: the last time that was seen to.
        sentence: why that one asked nothing, where it did not.
    """

    id: str
    saved_at: datetime
    who: str
    report: str
    title: str
    answers: Mapping[str, Any]
    cron: str
    zone: str
    notify: str = field(repr=False)
    last_at: datetime | None = None
    sentence: str = ""

    @property
    def next_at(self) -> datetime:
        """The next time at which it is asked, in UTC."""
        return times_after(self.cron, self.zone, datetime.now(tz=UTC))


Ask = Callable[[SavedRequest], Question]
"""What a saved request asks now.

Raises:
    TributaryError: nothing, as its report cannot be asked that any more.
"""


class SavedRequests:
    """The saved requests of a record."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def add(
        self,
        report: str,
        answers: Mapping[str, Any],
        who: str,
        title: str,
        cron: str,
        zone: str = "UTC",
        notify: str = "",
        token: str = "",
    ) -> SavedRequest:
        """Save a request, once a token; the next of its times is the first at which it is asked.

        Raises:
            Unusable: the title, the expression or the zone cannot be used.
            RecordError: the database refused.
        """
        title = title.strip()
        if not 0 < len(title) <= _LONGEST_TITLE or not title.isprintable():
            raise Unusable("title", f"A saved request has a title of 1 to {_LONGEST_TITLE} characters, in one line.")
        times_after(cron, zone, datetime.now(tz=UTC))
        values = {"id": new_id(), "who": who, "report": report, "title": title, "parameters": dict(answers)}
        row = {**values, "cron": " ".join(cron.split()), "zone": zone, "notify": notify}
        once = insert_or_leave(saved).values(**row, token=token or None).on_conflict_do_nothing()
        of_token = select(saved.c.id).where(saved.c.token == token, saved.c.removed_at.is_(None))
        with self._requests.writing() as connection:
            connection.execute(once)
            found = connection.execute(of_token).scalar() if token else values["id"]
        return next(one for one in self.all(report) if one.id == found)

    def all(self, report: str = "") -> Sequence[SavedRequest]:
        """Those that are asked, of a report or of all, the oldest first."""
        last = (
            select(evaluation.c.due_at, evaluation.c.sentence)
            .where(evaluation.c.saved_id == saved.c.id)
            .order_by(evaluation.c.due_at.desc())
            .limit(1)
            .lateral("last")
        )
        wanted = select(saved, last.c.due_at, last.c.sentence).outerjoin(last, true())
        wanted = wanted.where(saved.c.removed_at.is_(None)).order_by(saved.c.id)
        with self._requests.writing() as connection:
            rows = connection.execute(wanted.where(saved.c.report == report) if report else wanted).all()
        return [_saved(row) for row in rows]

    def remove(self, id: str, who: str) -> None:  # noqa: A002 - what everybody calls it
        """Ask a saved request no more.

        Raises:
            NoSuchRequest: there is none of this id that is asked.
        """
        gone = update(saved).where(saved.c.id == id, saved.c.removed_at.is_(None)).values(removed_at=func.now())
        with self._requests.writing() as connection:
            if connection.execute(gone).rowcount != 1:
                raise NoSuchRequest(f"There is no saved request {id[:64]!r} that {who} could remove.")

    def see_to(self, ask: Ask, now: datetime | None = None) -> Sequence[Request]:
        """Record the requests of all times that have come; those that were recorded, to be launched.

        Raises:
            RecordError: the database refused; times that are not seen to yet are seen to at the next call.
        """
        now = now or datetime.now(tz=UTC)
        asked: list[Request] = []
        for one in self.all():
            due = last_time(one.cron, one.zone, one.last_at or one.saved_at, now)
            if due is not None and (found := self._see_to(one, due, ask)) is not None:
                asked.append(found)
        return asked

    def _see_to(self, one: SavedRequest, due: datetime, ask: Ask) -> Request | None:
        from tributary.resources.errors import TributaryError

        try:
            question, sentence = ask(one), ""
        except TributaryError as error:
            question, sentence = None, str(error)
        with self._requests.writing() as connection:
            claim = insert_or_leave(evaluation).values(saved_id=one.id, due_at=due, sentence=sentence)
            mine = connection.execute(claim.on_conflict_do_nothing().returning(evaluation.c.saved_id)).first()
            if mine is None or question is None:
                return None  # somebody else has seen to it, or nothing can be asked
            found = record(connection, question)
            this = (evaluation.c.saved_id == one.id) & (evaluation.c.due_at == due)
            connection.execute(update(evaluation).where(this).values(request_id=found.id))
            return found


def times_after(cron: str, zone: str, moment: datetime) -> datetime:
    """The first time of an expression after a moment, in UTC.

    Raises:
        Unusable: the expression or the zone cannot be used.
    """
    from croniter import croniter

    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise Unusable("zone", f"{zone[:64]!r} is no time zone; write one such as Europe/Berlin, or UTC.") from None
    if len(cron.split()) != 5 or not croniter.is_valid(cron):
        raise Unusable(
            "cron", f"{cron[:64]!r} is no cron expression; write five fields, as in '0 7 * * 1' for Mondays at 7."
        )
    try:
        found: datetime = croniter(cron, local).get_next(datetime)
        return found.astimezone(UTC)
    except ValueError:
        raise Unusable("cron", f"{cron[:64]!r} never comes; write a day that there is.") from None


def last_time(cron: str, zone: str, after: datetime, now: datetime) -> datetime | None:
    """The last time of an expression after a moment and up to now; None where none has come."""
    from croniter import croniter

    if times_after(cron, zone, after) > now:
        return None
    local = now.astimezone(ZoneInfo(zone))
    # What it gives lies strictly before, so that a second more includes this very moment.
    found: datetime = croniter(cron, datetime.fromtimestamp(local.timestamp() + 1, local.tzinfo)).get_prev(datetime)
    return found.astimezone(UTC)


def _saved(row: Row[Any]) -> SavedRequest:
    return SavedRequest(
        id=row.id,
        saved_at=row.saved_at,
        who=row.who,
        report=row.report,
        title=row.title,
        answers=row.parameters,
        cron=row.cron,
        zone=row.zone,
        notify=row.notify,
        last_at=row.due_at,
        sentence=row.sentence or "",
    )
