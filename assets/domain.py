"""What a domain gives the platform: the record that `assets.domains` lists, one line a domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import dagster as dg

from assets.factory.lineage import Lineage
from resources.warehouse.table import Table


@dataclass(frozen=True)
class Domain:
    """A domain's Python assets, the tables and files they make, and the lineage of their columns by `schema.table`.

    The domain's SQL models are found by their folder `sql/<name>/` and need no mention here.
    """

    name: str
    assets: tuple[dg.AssetsDefinition, ...]
    tables: tuple[Table, ...]
    lineage: Mapping[str, Lineage] = field(default_factory=dict)
