"""The source objects that a table is made from: what each is called, what tells its versions apart, where they are.

What they hold is a reader's matter, what is loaded of them `object_loading`'s. Loads without Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tributary.resources.lake.model import Lake, ObjectInfo

if TYPE_CHECKING:
    import dagster as dg

DAY = timedelta(days=1)


class SourceObject(NamedTuple):
    """One object, under the `name` that rows, ledger and quarantine call it by.

    Args:
        name: its name.
        key: where it lies in the lake; empty where it holds nothing of the table any more.
        version: whatever differs when its content does.
        size: in bytes, where that is known.
        sha256: its digest; what is read is then compared with it.
        records: how many records it holds by whoever put it there; where that is not told, its reader counts them.
    """

    name: str
    key: str
    version: str
    size: int = 0
    sha256: str = ""
    records: int | None = None


def as_listed(info: ObjectInfo) -> SourceObject:
    """An object of the lake under its own key."""
    return SourceObject(info.key, info.key, info.etag or str(info.size), info.size)


class Span(NamedTuple):
    """The time that a run's partitions cover, in UTC, from `start` to, not including, `end`."""

    start: datetime
    end: datetime


def named(lake: Lake, names: Sequence[str]) -> Iterator[SourceObject]:
    """The objects of these names, where names are keys and the objects are still there."""
    return (as_listed(info) for info in map(lake.head, names) if info is not None)


@dataclass(frozen=True)
class Objects:
    """Where the objects of a table are.

    Args:
        listed: the objects of a span; all, where it is None.
        partitions: gives the partitions by which they are made into rows; None for a table without.
        moment: the time by which an object belongs to a partition; None where its name tells none.
        named: the objects of some names, of any time.
    """

    listed: Callable[[Lake, Span | None], Iterable[SourceObject]]
    partitions: Callable[[], dg.TimeWindowPartitionsDefinition] | None = None
    moment: Callable[[str], datetime | None] = lambda _: None
    named: Callable[[Lake, Sequence[str]], Iterable[SourceObject]] = named

    def partition(self, name: str) -> str | None:
        """The partition key of an object."""
        moment = self.moment(name)
        return None if moment is None or self._form is None else moment.strftime(self._form)

    @cached_property
    def _form(self) -> str | None:
        return None if self.partitions is None else self.partitions().fmt

    def span(self, context: dg.AssetExecutionContext) -> Span | None:
        """The span of a run."""
        if self.partitions is None:
            return None
        window = context.partition_time_window
        return Span(window.start.astimezone(UTC), window.end.astimezone(UTC))


@dataclass(frozen=True)
class DailyObjects:
    """Objects of which each is named by a day, as `<prefix>2026/01/31<suffix>`; the first partition is day `first`."""

    prefix: str
    first: date
    suffix: str = ".jsonl"

    def key(self, day: date) -> str:
        """The object of a day."""
        return f"{self.prefix}{day:%Y/%m/%d}{self.suffix}"

    def day(self, key: str) -> date | None:
        """The day of an object; None where the key has no such place."""
        named = key.removeprefix(self.prefix).removesuffix(self.suffix)
        try:
            day = date.fromisoformat(named.replace("/", "-"))
        except ValueError:
            return None
        return day if self.key(day) == key else None

    def moment(self, key: str) -> datetime | None:
        """The beginning of an object's day."""
        day = self.day(key)
        return None if day is None else datetime.combine(day, time(), UTC)

    def between(
        self, lake: Lake, first: date | None = None, last: date | None = None
    ) -> Iterator[tuple[date, ObjectInfo]]:
        """The objects from one day to another, both included, in order of time."""
        # What lies before the first day's folder is passed over without being looked at.
        after = None if first is None else f"{self.prefix}{first:%Y/%m/%d}"
        for found in lake.list(self.prefix, after=after):
            day = self.day(found.key)
            if day is not None and last is not None and day > last:
                return
            if day is not None:
                yield day, found

    def partitions(self) -> dg.DailyPartitionsDefinition:
        """A partition a day; in UTC it ends when the day is over in Greenwich."""
        import dagster as dg

        return dg.DailyPartitionsDefinition(start_date=datetime.combine(self.first, time(), UTC))

    def listed(self, lake: Lake, span: Span | None) -> Iterator[SourceObject]:
        """The objects of a span, or all."""
        days = (None, None) if span is None else (span.start.date(), span.end.date() - DAY)
        return (as_listed(found) for _, found in self.between(lake, *days))

    def by_day(self) -> Objects:
        """Them, for a table that is made day by day."""
        return Objects(self.listed, self.partitions, self.moment)

    def together(self) -> Objects:
        """Them, for a table that each run makes of all that is new."""
        return Objects(self.listed)
