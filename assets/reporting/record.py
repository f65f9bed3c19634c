"""The record of requests: what was asked of reports, and what became of it; append-only, in the app's database.

A request's state is that of its last event. What may follow what is held here, under a lock on the request, so that of
processes which tell of it at once none can bring it into a state that does not follow.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, insert, select, true
from sqlalchemy.dialects.postgresql import insert as insert_or_leave
from sqlalchemy.exc import DBAPIError

from tributary.assets.reporting.record_tables import event, open_tables, request
from tributary.assets.reporting.requests import (
    FOLLOWS,
    NOTICE,
    OPEN,
    STATES,
    Event,
    NoSuchRequest,
    NotNow,
    Question,
    RecordError,
    Request,
)

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


def new_id() -> str:
    """A name that sorts by time: a UUID of version 7 (RFC 9562, section 5.7), as 32 hexadecimal digits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value).hex


class Turn:
    """The right to tell of one request, while nobody else can."""

    def __init__(self, connection: Connection, found: Request) -> None:
        self._connection = connection
        self.request = found

    def allows(self, happened: Event, run_id: str = "") -> bool:
        """Whether this may be told now; of a request that a run works on, by no other run."""
        found = self.request
        others = found.event in ("started", "progress") and run_id != "" and run_id != found.run_id
        return found.event in FOLLOWS[happened] and not others

    def tell(self, happened: Event, *, run_id: str = "", rows: int | None = None, sentence: str = "") -> None:
        """Append an event.

        Raises:
            NotNow: it does not follow from the request's state.
        """
        if not self.allows(happened, run_id):
            raise NotNow(f"The request {self.request.id} is {self.request.state}, so that it cannot be {happened} now.")
        values = {"request_id": self.request.id, "event": happened, "rows": rows, "sentence": sentence}
        kept = "" if happened == "queued" else self.request.run_id
        self._connection.execute(insert(event).values(**values, run_id=run_id or kept))


class Requests:
    """The record, in the database at `url`, which is asked for when the record is first used.

    `keeps` says whether connections are kept, as for a process that is asked again and again, until `close`.
    """

    def __init__(self, url: Callable[[], str], *, keeps: bool = False) -> None:
        self._url, self._keeps = url, keeps

    @cached_property
    def engine(self) -> Engine:
        """The engine of the record's tables.

        Raises:
            RecordError: they cannot be made.
        """
        return open_tables(self._url(), keeps=self._keeps)

    def add(self, asked: Question) -> Request:
        """Record a request, as queued.

        Raises:
            RecordError: the database refused.
        """
        with self.writing() as connection:
            return record(connection, asked)

    def find(self, id: str) -> Request:  # noqa: A002 - what everybody calls it
        """The request of an id.

        Raises:
            NoSuchRequest: there is none.
            RecordError: the database refused.
        """
        with self.writing() as connection:
            return _find(connection, id)

    @contextmanager
    def turn(self, id: str) -> Iterator[Turn]:  # noqa: A002
        """Tell of a request while nobody else does; what is told is recorded when the block ends well.

        Raises:
            NoSuchRequest: there is none of this id.
            RecordError: the database refused.
        """
        with self.writing() as connection:
            if _ID.fullmatch(id):
                connection.execute(select(request.c.id).where(request.c.id == id).with_for_update())
            yield Turn(connection, _find(connection, id))

    def tell(self, id: str, happened: Event, *, run_id: str = "", rows: int | None = None, sentence: str = "") -> bool:  # noqa: A002
        """Append an event where it follows from the request's state; whether it did.

        Raises:
            NoSuchRequest: there is none of this id.
            RecordError: the database refused.
        """
        with self.turn(id) as turn:
            allowed = turn.allows(happened, run_id)
            if allowed:
                turn.tell(happened, run_id=run_id, rows=rows, sentence=sentence)
        return allowed

    def note(self, id: str, sentence: str) -> None:  # noqa: A002
        """Record what became of the notice of a request."""
        with self.writing() as connection:
            connection.execute(insert(event).values(request_id=id, event=NOTICE, sentence=sentence))

    def list(self, report: str = "", key: str = "", limit: int = 50, before: str = "") -> Sequence[Request]:
        """Requests, the newest first: of a report, of a key, and asked before the request `before`."""
        if not all(text.isprintable() for text in (report, key, before)):
            return []  # no request has such a name, and the database would not take it
        wanted = _requests().order_by(request.c.id.desc()).limit(limit)
        for column, value in ((request.c.report, report), (request.c.key, key)):
            wanted = wanted.where(column == value) if value else wanted
        wanted = wanted.where(request.c.id < before) if before else wanted
        return self._read(wanted)

    def unended(self) -> Sequence[Request]:
        """All requests that are still to be made, the oldest first."""
        return self._read(_requests().where(_LAST.c.event.in_(OPEN)).order_by(request.c.id))

    def unnoticed(self, limit: int) -> Sequence[Request]:
        """Requests that have ended, and whose notice is still to be sent, the oldest first."""
        ended = _LAST.c.event.in_(("finished", "failed"))
        wanted = _requests().where(request.c.notify != "", _NOTICE.c.sentence.is_(None), ended)
        return self._read(wanted.order_by(request.c.id).limit(limit))

    def in_state(self, report: str, *events: Event) -> Sequence[Request]:
        """The requests of a report whose last event is one of these, the oldest first."""
        wanted = _requests().where(request.c.report == report, _LAST.c.event.in_(events))
        return self._read(wanted.order_by(request.c.id))

    def newest_finished(self, report: str, key: str = "") -> Mapping[str, Request]:
        """By key, of a report or of one key of it, the newest request that is finished."""
        wanted = _requests().where(request.c.report == report, _LAST.c.event == "finished")
        wanted = wanted.where(request.c.key == key) if key else wanted
        found = self._read(wanted.distinct(request.c.key).order_by(request.c.key, request.c.id.desc()))
        return {one.key: one for one in found}

    def keys_in_use(self, report: str) -> set[str]:
        """The keys of a report of which there is an extract, or a request under way."""
        used = select(request.c.key).distinct().join(_LAST, true())
        used = used.where(request.c.report == report, _LAST.c.event.in_((*OPEN, "finished")))
        with self.writing() as connection:
            return set(connection.execute(used).scalars())

    def known(self, id: str) -> Request | None:  # noqa: A002
        """The request of an id; None where there is none."""
        return next(iter(self._read(_requests().where(request.c.id == id))), None)

    def close(self) -> None:
        """Let go of the connections."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    def of_token(self, token: str) -> Request | None:
        """The request that was recorded with a token; None where there is none."""
        return next(iter(self._read(_requests().where(request.c.token == token))), None)

    def newest_of_key(self, report: str, key: str) -> Request | None:
        """The newest request of a key, whatever became of it; None where there was never one."""
        return next(iter(self.list(report, key, limit=1)), None)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction.

        Raises:
            RecordError: the database refused.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise RecordError(f"The record of requests does not answer ({reason}): try again in a moment.") from error

    def _read(self, wanted: Select[Any]) -> Sequence[Request]:
        with self.writing() as connection:
            return [_request(row) for row in connection.execute(wanted)]


def record(connection: Connection, asked: Question) -> Request:
    """Record a request within a transaction of the record; the one of the same token, where there is one."""
    id_ = new_id()
    values = {
        "id": id_,
        "who": asked.who,
        "report": asked.report,
        "digest": asked.report_digest,
        "parameters": dict(asked.answers),
        "key": asked.key,
        "origin": asked.origin,
        "notify": asked.notify,
        "token": asked.token or None,
    }
    added = insert_or_leave(request).values(**values).on_conflict_do_nothing(index_elements=["token"])
    if connection.execute(added.returning(request.c.id)).one_or_none() is None:
        return _find(connection, _id_of(connection, asked.token))
    connection.execute(insert(event).values(request_id=id_, event="queued"))
    return _find(connection, id_)


_LAST = (
    select(event)
    .where(and_(event.c.request_id == request.c.id, event.c.event != NOTICE))
    .order_by(event.c.id.desc())
    .limit(1)
    .lateral("last")
)
_NOTICE = (
    select(event.c.sentence)
    # What was told of an end that was not the last, as it was asked for again, tells nothing of this one.
    .where(and_(event.c.request_id == request.c.id, event.c.event == NOTICE, event.c.id > _LAST.c.id))
    .order_by(event.c.id.desc())
    .limit(1)
    .lateral("notice")
)
_COUNTED = (
    select(event.c.rows)
    .where(and_(event.c.request_id == request.c.id, event.c.rows.is_not(None)))
    .order_by(event.c.id.desc())
    .limit(1)
    .lateral("counted")
)


def _requests() -> Select[Any]:
    columns = [_LAST.c.event, _LAST.c.at, _LAST.c.run_id, _LAST.c.sentence]
    joined = request.join(_LAST, true()).outerjoin(_NOTICE, true()).outerjoin(_COUNTED, true())
    return select(request, *columns, _NOTICE.c.sentence.label("notice"), _COUNTED.c.rows).select_from(joined)


def _id_of(connection: Connection, token: str) -> str:
    return str(connection.execute(select(request.c.id).where(request.c.token == token)).scalar() or "")


def _find(connection: Connection, id_: str) -> Request:
    row = connection.execute(_requests().where(request.c.id == id_)).one_or_none() if _ID.fullmatch(id_) else None
    if row is None:
        raise NoSuchRequest(f"There is no request {id_[:64]!r}; `tributary report requests` lists them.")
    return _request(row)


def _request(row: Row[Any]) -> Request:
    state = STATES[row.event]
    return Request(
        id=row.id,
        asked_at=row.asked_at,
        who=row.who,
        report=row.report,
        key=row.key,
        answers=row.parameters,
        state=state,
        sentence=row.sentence,
        rows=None if state == "queued" else row.rows,
        run_id=row.run_id,
        finished_at=None if row.event in OPEN else row.at,
        report_digest=row.digest,
        origin=row.origin,
        notify=row.notify,
        notice=row.notice or "",
        changed_at=row.at,
        event=row.event,
    )
