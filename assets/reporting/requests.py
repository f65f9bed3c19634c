"""A request of a report: what was asked, what has become of it, and what may follow what. Loads without SQL.

How requests are kept is `record`'s matter, what they make is `extract`'s; saved requests are `saved`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from tributary.resources.errors import TributaryError, UsageError

if TYPE_CHECKING:
    from tributary.assets.reporting.record import Requests

Origin = Literal["form", "api", "cli", "schedule", "dagster"]
State = Literal["queued", "running", "finished", "failed", "cancelled", "pruned"]
Event = Literal["queued", "launched", "started", "progress", "finished", "failed", "cancelled", "pruned"]

NOTICE = "notice"
"""The event that tells of the notice that was sent, or could not be; no state follows from it."""

STATES: Mapping[str, State] = {
    "queued": "queued",
    "launched": "queued",
    "started": "running",
    "progress": "running",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
    "pruned": "pruned",
}
OPEN = ("queued", "launched", "started", "progress")
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "queued": ("failed", "cancelled"),
    "launched": ("queued", "launched"),
    "started": ("queued", "launched"),
    "progress": ("started", "progress"),
    "finished": ("launched", "started", "progress"),
    "failed": OPEN,
    "cancelled": OPEN,
    "pruned": ("finished", "failed", "cancelled"),
}


class RecordError(TributaryError):
    """The record of requests cannot be read or written as asked."""


class NoSuchRequest(UsageError):
    """There is no request of this id."""


class Unusable(UsageError):
    """What is asked beside a report's own parameters cannot be: `field` is `notify`, `title`, `cron` or `zone`."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotNow(UsageError):
    """The request's state does not allow what was asked for."""


@dataclass(frozen=True)
class Request:
    """One request, and what has become of it.

    Attributes:
        id: sortable by when it was asked; the name of the version of the extract that it makes.
        asked_at: when, in UTC.
        who: the principal's name.
        report: the report's name.
        key: the key of its parameters, which is the partition of the asset `reports/<name>`.
        answers: the parameters in canonical form.
        state: where it is.
        sentence: why it failed, or what else there is to say of its state.
        rows: of a finished one those of the extract, of a running one those written so far.
        run_id: the Dagster run that makes or made it; empty where none is known.
        finished_at: when it came to its state, where that is an end.
        report_digest: which version of the report's file was asked.
        origin: from where it was asked.
        notify: where the notice of its end goes; not to be shown, as it may hold a secret.
        notice: what became of the notice; empty where there is none yet.
        is_current_file: whether the report's file is still that version.
        changed_at: when its last event was.
        event: its last event.
    """

    id: str
    asked_at: datetime
    who: str
    report: str
    key: str
    answers: Mapping[str, Any]
    state: State
    sentence: str
    rows: int | None
    run_id: str
    finished_at: datetime | None
    report_digest: str
    origin: Origin
    notify: str = field(repr=False)
    notice: str
    changed_at: datetime
    event: Event
    is_current_file: bool = True

    @property
    def is_open(self) -> bool:
        """Whether it is still to be made."""
        return self.event in OPEN


@dataclass(frozen=True)
class Question:
    """What a request is to ask, before it is recorded."""

    who: str
    report: str
    report_digest: str
    answers: Mapping[str, Any]
    key: str
    origin: Origin
    notify: str = ""
    token: str = ""


@dataclass(frozen=True)
class OpenRequests:
    """Gives the record of requests, which is opened when it is first asked for: the resource `requests` of assets.

    `url` is that of the database `app`, and asked for then.
    """

    url: Callable[[], str] = field(repr=False)

    def __call__(self) -> Requests:
        """The record."""
        return self._opened

    @cached_property
    def _opened(self) -> Requests:
        from tributary.assets.reporting.record import Requests

        return Requests(self.url)
