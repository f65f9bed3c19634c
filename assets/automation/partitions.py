"""The partitions of a run, as whoever asks for the run says them and Dagster knows them."""

from __future__ import annotations

from dataclasses import dataclass

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class Partitions:
    """The partitions of a run: one key, a range of keys, or none."""

    key: str | None = None
    start: str | None = None
    end: str | None = None

    @property
    def named(self) -> bool:
        """Whether anything was said of partitions."""
        return (self.key, self.start, self.end) != (None, None, None)

    def tags(self) -> dict[str, str]:
        """The run's tags by which Dagster knows its partitions."""
        if self.key is not None:
            return {"dagster/partition": self.key}
        if self.start is not None and self.end is not None:
            return {_RANGE_START: self.start, _RANGE_END: self.end}
        return {}

    def __str__(self) -> str:
        return self.key or (f"{self.start} to {self.end}" if self.start else "")


UNPARTITIONED = Partitions()
"""Of a run that makes nothing by partitions."""
