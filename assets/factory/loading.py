"""What the steps share that load staged tables from the lake; what they read there, and how, is each domain's."""

from __future__ import annotations

from typing import NamedTuple, cast

import dagster as dg

from tributary.assets.factory.dagster_events import origin_of
from tributary.assets.factory.specs import FORCE, REPLAY
from tributary.assets.factory.table_step import WAREHOUSE
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse

LAKE = "lake"
"""The resource of this name."""


class Loading(NamedTuple):
    """Where a step loads from and to, in whose name, and whether its run asks for all (`force`) or rejects again."""

    warehouse: Warehouse
    lake: Lake
    origin: Origin
    force: bool
    replay: bool


def loading_of(context: dg.AssetExecutionContext, table: Table) -> Loading:
    """What the run of a step that loads `table` has; the step must require the warehouse and the lake."""
    force, replay = (context.run.tags.get(tag) == "true" for tag in (FORCE, REPLAY))
    return Loading(
        cast("Warehouse", getattr(context.resources, WAREHOUSE)),
        cast("Lake", getattr(context.resources, LAKE)),
        origin_of(context, table),
        force,
        replay,
    )
