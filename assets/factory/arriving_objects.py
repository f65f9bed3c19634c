"""Objects that others put into the lake, by the day or the hour of their arrival: where they are, and which are due.

They lie under `<prefix>2026/01/31`, or `<prefix>2026/01/31/07` by the hour, one or many each, however they are called:
`<prefix>2026/01/31.jsonl`, `<prefix>2026/01/31/part-7.jsonl`. Loads without Dagster.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal, cast

from tributary.assets.factory.loading import LAKE, WAREHOUSE
from tributary.assets.factory.objects import Objects, SourceObject, Span, as_listed
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    import dagster as dg

    from tributary.assets.factory.object_tables import ObjectTable
    from tributary.assets.parts import Due, KeyRange, RangesOfSources

_FORMATS = {"day": "%Y/%m/%d", "hour": "%Y/%m/%d/%H"}
_PLACES = {"day": re.compile(r"(\d{4}/\d\d/\d\d)[./-]."), "hour": re.compile(r"(\d{4}/\d\d/\d\d/\d\d)[./-].")}
_UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


@dataclass(frozen=True)
class ArrivingObjects:
    """Objects by the time of their arrival, in UTC.

    Args:
        prefix: what their keys begin with, with a slash at its end.
        first: the day of the first partition.
        every: `day` or `hour`.
    """

    prefix: str
    first: date
    every: Literal["day", "hour"] = "day"

    def moment(self, key: str) -> datetime | None:
        """The beginning of the day or hour of an object; None where its key names none."""
        found = _PLACES[self.every].match(key.removeprefix(self.prefix)) if key.startswith(self.prefix) else None
        try:
            return datetime.strptime(found[1], _FORMATS[self.every]).replace(tzinfo=UTC) if found else None
        except ValueError:
            return None

    def between(self, lake: Lake, span: Span | None = None) -> Iterator[ObjectInfo]:
        """The objects of a span, or all from the first day on, in order of time."""
        start = span.start if span is not None else datetime.combine(self.first, time(), UTC)
        # What lies before is passed over without being looked at.
        for found in lake.list(self.prefix, after=f"{self.prefix}{start.strftime(_FORMATS[self.every])}"):
            moment = self.moment(found.key)
            if moment is not None and span is not None and moment >= span.end:
                return
            if moment is not None:
                yield found

    def partitions(self) -> dg.TimeWindowPartitionsDefinition:
        """A partition a day or hour, that under way too: its objects are taken up as they arrive."""
        import dagster as dg

        start = datetime.combine(self.first, time(), UTC)
        if self.every == "day":
            return dg.DailyPartitionsDefinition(start_date=start, end_offset=1)
        return dg.HourlyPartitionsDefinition(start_date=start, end_offset=1)

    def objects(self) -> Objects:
        """Them, for a table that is made partition by partition."""
        return Objects(self._listed, self.partitions, self.moment)

    def due(self, *tables: ObjectTable) -> Due:
        """Says which partitions have objects that are not loaded into one of the tables as they lie there now.

        Where nothing has arrived yet it is the one under way, so that tables are empty, and not missing.
        """

        def due(resources: Mapping[str, object], everything: bool) -> Sequence[KeyRange]:
            lake, warehouse = cast("Lake", resources[LAKE]), cast("Warehouse", resources[WAREHOUSE])
            arrived = [as_listed(found) for found in self.between(lake)]
            wanted = {one.name for one in arrived} if everything else set[str]()
            for one in tables if not everything else ():
                loaded = warehouse.published_sources(one.table)
                wanted |= {found.name for found in arrived if not one.is_loaded(found, loaded.get(found.name))}
            if not arrived and any(warehouse.published(one.table) is None for one in tables):
                return self._ranges([datetime.now(UTC)])
            return self._of_names(wanted)

        return due

    def ranges_of_sources(self) -> RangesOfSources:
        """Says which partitions some objects belong to."""
        return self._of_names

    def _of_names(self, names: Collection[str]) -> list[KeyRange]:
        return self._ranges({moment for moment in map(self.moment, names) if moment is not None})

    def _ranges(self, moments: Collection[datetime]) -> list[KeyRange]:
        """The partitions of some moments, as ranges without gaps."""
        from tributary.assets.parts import KeyRange

        unit = _UNITS[self.every]
        numbers = sorted({int(moment.timestamp() // unit.total_seconds()) for moment in moments})
        spans = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda one: one[1] - one[0])]
        return [KeyRange(self._name(span[0]), self._name(span[-1])) for span in spans]

    def _name(self, number: int) -> str:
        return datetime.fromtimestamp(number * _UNITS[self.every].total_seconds(), UTC).strftime(self._fmt)

    @cached_property
    def _fmt(self) -> str:
        return self.partitions().fmt

    def _listed(self, lake: Lake, span: Span | None) -> Iterator[SourceObject]:
        return (as_listed(found) for found in self.between(lake, span))
