"""`materialize` where nothing is to be made: found without Dagster, which takes longer to load than all to look at.

It is so where what is selected, and what that reads, is made and up to date, the warehouse says of each model that its
rows are what it would make again, and sources say so of the rest. In any doubt the plan is made, and carried out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING

from tributary.asset_graph import AssetGraph
from tributary.asset_records import Records, open_records
from tributary.assets.factory.made import DATA
from tributary.assets.factory.recipes import recipe_of
from tributary.assets.source import Source, Stands
from tributary.assets.sources import get_sources, load_object
from tributary.contents import read_contents
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.postgres.kept import keeping

if TYPE_CHECKING:
    from tributary.assets.factory.model import SqlModel
    from tributary.resources.warehouse.warehouse import Warehouse


def stand(graph: AssetGraph, keys: Collection[str]) -> bool:
    """Whether these assets, of which no partitions are named, all stand as they would be made again."""
    settings, sources = get_settings(), get_sources()
    if sources.broken or settings.warehouse != "postgres" or settings.environment:
        return False
    contents = read_contents(sources, settings.home)
    models = [contents.models[key] for key in keys if key in contents.models]
    others = set(keys).difference(contents.models)
    owners = {graph.by_key[key].source for key in others}
    # Of some it matters when they were made last.
    is_paced = any(one.window or one.refresh for one in models) or not contents.targets.keys().isdisjoint(keys)
    if is_paced or contents.found.errors or not owners <= {one.name for one in sources if one.stands}:
        return False
    with open_records(graph, settings) as records:
        if not _is_up_to_date(graph, records, keys):
            return False
        versions = {key: records.made[key].tags.get(DATA, "") for key in others}
    warehouse = open_warehouse(settings)
    try:
        with keeping():
            is_so = _others_stand([one for one in sources if one.name in owners], versions, warehouse)
            return is_so and all(_stands(warehouse, model) for model in models)
    except TributaryError:  # whose run tells of it
        return False


def _is_up_to_date(graph: AssetGraph, records: Records, keys: Collection[str]) -> bool:
    """Whether the assets, and all that they read, were made, and are neither out of date nor failed to be made."""
    reached, pending = set(keys), list(keys)
    while pending:
        new = {one for one in graph.by_key[pending.pop()].reads if one in graph.by_key} - reached
        reached |= new
        pending += new
    return reached <= records.made.keys() and reached.isdisjoint({*records.stale, *records.failed})


def _others_stand(owners: Sequence[Source], versions: Mapping[str, str], warehouse: Warehouse) -> bool:
    """Whether these sources say of all assets of `versions` that they, and their data, are the same."""
    told: dict[str, str] = {}
    for source in owners:
        standing: Stands = load_object(FunctionType, source.stands, f"What stands of {source.name}")
        told.update(standing(get_settings(), warehouse))
    return all(key in told and told[key] in ("", version) for key, version in versions.items())


def _stands(warehouse: Warehouse, model: SqlModel) -> bool:
    """Whether the published rows are what the model would make again, and no check finds anything to tell."""
    report = warehouse.standing(model.table, recipe_of(model, "postgres"), origin=Origin(asset=model.key)).report
    return report is not None and not any(result.failures for result in report.checks)
