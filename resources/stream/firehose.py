"""The event stream on this machine's disk: what Firehose does, by a journal and any lake, or what else takes journals.

`put` returns when the records are synced to a journal; callers at the same time share one sync. A journal becomes one
object: when it is large enough, old enough, when its hour has passed, and on `close`. How an object gets into the lake
is in `delivery`, what is in a journal's file in `frames`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Timer
from uuid import uuid4

from tributary.resources.lake.keys import check_prefix
from tributary.resources.stream.delivery import Delivery, Destination
from tributary.resources.stream.errors import StreamBusyError, StreamClosedError, StreamError, StreamUnavailableError
from tributary.resources.stream.folder import JournalFolder
from tributary.resources.stream.journal import Journal
from tributary.resources.stream.model import EventStream, Record, check_sizes
from tributary.resources.stream.naming import EVENTS, ObjectName

BACKLOG_BYTES = 256_000_000
"""Records that may wait for the lake by default, before senders are told to slow down."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Group:
    """Records that become durable together. It counts as failed until it has not."""

    parts: list[bytes] = field(default_factory=list)
    done: bool = False
    failure: StreamError | None = field(
        default_factory=lambda: StreamUnavailableError("The events were not written; send them again.", not_taken=0)
    )


class FolderFirehose(EventStream):
    """A stream over the journal folder `folder` into `destination`, a lake; one process at a time.

    `buffer_seconds` and `buffer_bytes` say when an object is made; `backlog_bytes` bounds what waits, for which
    `awaited` has the word.
    """

    def __init__(
        self,
        destination: Destination,
        folder: Path,
        stream: str,
        *,
        buffer_seconds: float,
        buffer_bytes: int,
        backlog_bytes: int = BACKLOG_BYTES,
        clock: Callable[[], datetime] = _now,
        awaited: str = "the lake",
    ) -> None:
        """Open the stream, and begin to deliver what an earlier process left in the folder.

        Raises:
            StreamFolderError: another process uses the folder, or it cannot be used at all.
            LakeKeyError: no object of the lake can have this stream's name.
        """
        check_prefix(f"{EVENTS}{stream}")
        self._stream, self._clock, self._awaited = stream, clock, awaited
        self._buffer_seconds, self._buffer_bytes, self._backlog_bytes = buffer_seconds, buffer_bytes, backlog_bytes
        self._folder = JournalFolder(folder)
        try:
            self._delivery = Delivery(destination, self._folder.leftovers())
        except StreamError:
            self._folder.release()
            raise
        self._joining = Lock()
        """Guards the group that callers join, whether they still may, and what is held for the next object."""
        self._committing = Lock()
        """Guards the journal; its holder writes for all who joined before."""
        self._group = _Group()
        self._held = 0
        """Bytes of records that joined and are not yet with the delivery."""
        self._closed = False
        self._journal: Journal | None = None
        self._timer: Timer | None = None

    def put(self, records: Sequence[Record]) -> None:
        """See `EventStream.put`.

        Raises:
            StreamBusyError: the lake has not taken events for so long that no more may wait.
            StreamClosedError: the stream is closed.
            StreamUnavailableError: the disk did not take the records.
        """
        check_sizes(records)
        self.keep([record.data for record in records])

    def keep(self, parts: list[bytes]) -> None:
        """Return once the parts are durable, which become part of one object, in this order and with nothing between.

        Raises:
            StreamError: as `put` says.
        """
        if not parts:
            return
        group = self._join(parts)
        with self._committing:
            # Whoever comes first writes for all; the others find it done.
            if not group.done:
                self._commit()
        if isinstance(group.failure, StreamUnavailableError):
            raise StreamUnavailableError(str(group.failure), not_taken=len(parts)) from group.failure
        if group.failure is not None:
            raise group.failure

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits on the disk, or for it."""
        with self._joining:
            return not self._held and not self._delivery.backlog

    def close(self) -> None:
        """See `EventStream.close`. What the lake does not take now is delivered by the next process on the folder."""
        with self._joining:
            if self._closed:
                return
            self._closed = True
        with self._committing:
            if not self._group.done and self._group.parts:
                self._commit()
            self._seal()
        self._delivery.close()
        self._folder.release()

    def _join(self, parts: list[bytes]) -> _Group:
        size = sum(map(len, parts))
        with self._joining:
            if self._closed:
                raise StreamClosedError("The event stream is closing; send the events again a little later.")
            waiting = self._held + self._delivery.backlog
            if waiting + size > self._backlog_bytes:
                raise StreamBusyError(
                    f"{waiting} bytes of events wait for {self._awaited}, and no more may; send them again later."
                )
            self._group.parts += parts
            self._held += size
            return self._group

    def _commit(self) -> None:
        with self._joining:
            group, self._group = self._group, _Group()
        try:
            self._append(group.parts)
            group.failure = None
        except StreamError as error:
            group.failure = error
        finally:
            group.done = True
            if group.failure is not None:
                with self._joining:
                    self._held -= sum(map(len, group.parts))

    def _append(self, parts: Sequence[bytes]) -> None:
        now = self._clock()
        if self._journal is not None and _hour(self._journal.name.arrived) != _hour(now):
            self._seal()
        if self._journal is None:
            self._journal = self._begin(now)
        try:
            self._journal.append(parts)
        except StreamError:
            self._seal()
            raise
        if self._journal.payload >= self._buffer_bytes:
            self._seal()

    def _begin(self, now: datetime) -> Journal:
        journal = Journal(self._folder.path, ObjectName(self._stream, now, uuid4()))
        rest_of_hour = (_hour(now) + timedelta(hours=1) - now).total_seconds()
        self._timer = Timer(min(self._buffer_seconds, rest_of_hour), self._seal_in_time, [journal])
        self._timer.daemon = True
        self._timer.start()
        return journal

    def _seal_in_time(self, journal: Journal) -> None:
        with self._committing:
            if self._journal is journal:
                self._seal()

    def _seal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._journal is not None:
            journal = self._journal.seal()
            with self._joining:
                self._delivery.submit(journal)
                self._held -= journal.payload
        self._journal = self._timer = None


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
