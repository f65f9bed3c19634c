"""The keys of partitions of time, listed once a process: Dagster lists them all anew each time that it is asked.

A step asks for each partitioned table that it reads, and the hours of a year are 8,760. None of it can be configured.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dagster import TimeWindow, TimeWindowPartitionsDefinition
from dagster._core.definitions.partitions.context import partition_loading_context

__all__ = ["keep_keys"]


class _Listed(NamedTuple):
    """The keys of all partitions until `end`."""

    end: datetime
    keys: Sequence[str]


_listed: dict[TimeWindowPartitionsDefinition, _Listed] = {}
_stock = TimeWindowPartitionsDefinition.get_partition_keys


def keep_keys() -> None:
    """Have this process list the keys of each definition once, and then those alone that time has added."""
    TimeWindowPartitionsDefinition.get_partition_keys = _keys  # type: ignore[method-assign]


def _keys(
    self: TimeWindowPartitionsDefinition,
    current_time: datetime | None = None,
    dynamic_partitions_store: Any = None,
) -> Sequence[str]:
    with partition_loading_context(current_time, dynamic_partitions_store):
        last, known = self.get_last_partition_window(), _listed.get(self)
        if last is None or (known is not None and last.end < known.end):
            return _stock(self)
        if known is None:
            known = _Listed(last.end, _stock(self))
        elif known.end < last.end:
            added = self.get_partition_keys_in_time_window(TimeWindow(known.end, last.end))
            known = _Listed(last.end, [*known.keys, *added])
        _listed[self] = known
        return list(known.keys)
