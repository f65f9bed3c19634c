"""`materialize` where nothing is to be made: found without Dagster, which takes longer to load than all to look at.

It is so where all that is selected are models replaced whole, what they read is made and up to date, and the warehouse
says of each that its rows are what it would make again. In any doubt the plan is made, and carried out.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tributary.asset_graph import AssetGraph
from tributary.asset_records import Records, open_records
from tributary.asset_store import current_graph
from tributary.assets.factory.recipes import recipe_of
from tributary.assets.sources import get_sources
from tributary.cli.selecting import meant
from tributary.contents import Contents, read_contents
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.postgres.kept import keeping

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel
    from tributary.cli.materialize import Wanted
    from tributary.resources.warehouse.warehouse import Warehouse


def left_as_they_are(wanted: Wanted) -> int:
    """How many assets are selected, where all of them stand as they would be made again; else 0."""
    settings, sources = get_settings(), get_sources()
    graph = current_graph()
    is_plain = not any(wanted[3:]) and settings.warehouse == "postgres" and not settings.environment
    if graph is None or not is_plain or sources.broken:
        return 0
    keys = {one.key for one in meant(wanted.selections, wanted.exclude, wanted.against, graph)}
    contents = read_contents(sources, settings.home)
    models = _plain_models(contents, keys)
    if len(models) < len(keys):
        return 0
    with open_records(graph, settings) as records:
        if not _is_up_to_date(graph, records, keys):
            return 0
    warehouse = open_warehouse(settings)
    with keeping():
        return len(models) if all(_stands(warehouse, model) for model in models) else 0


def _plain_models(contents: Contents, keys: Collection[str]) -> list[SqlModel]:
    """Those of the assets that are models replaced whole, of which nobody asks when they were made last."""
    if contents.found.errors:
        return []
    found = [contents.models[key] for key in keys if key in contents.models]
    return [one for one in found if not one.window and not one.refresh and one.key not in contents.targets]


def _is_up_to_date(graph: AssetGraph, records: Records, keys: Collection[str]) -> bool:
    """Whether the assets, and all that they read, were made, and are neither out of date nor failed to be made."""
    reached, pending = set(keys), list(keys)
    while pending:
        new = {one for one in graph.by_key[pending.pop()].reads if one in graph.by_key} - reached
        reached |= new
        pending += new
    return reached <= records.made.keys() and reached.isdisjoint({*records.stale, *records.failed})


def _stands(warehouse: Warehouse, model: SqlModel) -> bool:
    """Whether the published rows are what the model would make again, and no check finds anything to tell."""
    try:
        report = warehouse.standing(model.table, recipe_of(model, "postgres"), origin=Origin(asset=model.key)).report
    except TributaryError:
        return False
    return report is not None and not any(result.failures for result in report.checks)
