"""What a domain gives the platform: the record that `assets.domains` lists, one line a domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import dagster as dg

from tributary.assets.factory.lineage import Lineage
from tributary.resources.warehouse.table import Table


class KeyRange(NamedTuple):
    """A range of partition keys, both ends included."""

    first: str
    last: str


Due: TypeAlias = Callable[[Mapping[str, object], bool], Sequence[KeyRange]]
"""The partitions that hold what was not made yet, as ranges that one run each can make, oldest first.

It is given the platform's resources by name, and whether to name all partitions that hold anything, made or not.
"""

RangesOfSources: TypeAlias = Callable[[Sequence[str]], Sequence[KeyRange]]
"""The partitions that some sources belong to, as ranges, oldest first."""


@dataclass(frozen=True)
class Domain:
    """A domain's Python assets, the tables and files they make, and the lineage of their columns by `schema.table`.

    The domain's SQL models are found by their folder `sql/<name>/` and need no mention here. A domain with partitioned
    assets says which of their partitions are `due`, and which hold a source of rejected records.
    """

    name: str
    assets: tuple[dg.AssetsDefinition, ...]
    tables: tuple[Table, ...]
    lineage: Mapping[str, Lineage] = field(default_factory=dict)
    due: Due | None = None
    ranges_of_sources: RangesOfSources | None = None
