"""What of a source needs Dagster: its assets and what sets them off. `assets.source` says how a source names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import dagster as dg

from tributary.resources.settings import Settings


class KeyRange(NamedTuple):
    """A range of partition keys, both ends included."""

    first: str
    last: str


Due: TypeAlias = Callable[[Mapping[str, object], bool], Sequence[KeyRange]]
"""The partitions that hold what was not made yet, as ranges that one run each can make, oldest first.

It is given the platform's resources by name, and whether to name all partitions that hold anything, made or not.
"""

RangesOfSources: TypeAlias = Callable[[Sequence[str]], Sequence[KeyRange]]
"""The partitions that some source objects belong to, as ranges, oldest first."""


def no_resources(_settings: Settings) -> Mapping[str, object]:
    """The resources of a source that needs none of its own."""
    return {}


@dataclass(frozen=True)
class Parts:
    """A source's Python assets, and what sets them off.

    Attributes:
        assets: assets that Python code makes; those of SQL models are found by their files.
        sensors: the sensors that notice what is new in the source.
        schedules: the schedules that pull it.
        jobs: jobs that are no mere selection of assets.
        resources: the source's own resources by name, opened on first use; given the platform's settings.
        due: which partitions are to be made, of a source with partitioned assets.
        ranges_of_sources: which partitions rejected records belong to, by the objects they came from.
    """

    assets: Sequence[dg.AssetsDefinition] = ()
    sensors: Sequence[dg.SensorDefinition] = ()
    schedules: Sequence[dg.ScheduleDefinition] = ()
    jobs: Sequence[dg.JobDefinition | Any] = ()
    resources: Callable[[Settings], Mapping[str, object]] = no_resources
    due: Due | None = None
    ranges_of_sources: RangesOfSources | None = None
