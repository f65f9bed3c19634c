"""Makes an asset of each seed: the table of its CSV, made again where the file, or what is said of it, has changed."""

import dagster as dg

from tributary.assets.factory.dagster_events import Events, events, origin_of
from tributary.assets.factory.object_loading import load
from tributary.assets.factory.refused import refusal, with_banner
from tributary.assets.factory.seeds import Seed
from tributary.assets.factory.specs import FORCE, REPLAY, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.resources.lake.folder import FolderLake
from tributary.resources.warehouse.base import WriteReport
from tributary.resources.warehouse.warehouse import Warehouse


def seed_asset(seed: Seed, refused: str = "") -> dg.AssetsDefinition:
    """The asset of a seed; `refused` says why it is not made, where it is not."""
    spec = table_spec(
        seed.table,
        source=seed.source,
        deps=(),
        kinds=seed.made.kinds,
        defined_in=seed.path,
        code_version=seed.digest,
        tags=seed.tags,
    )

    @table_step(seed.table, with_banner(spec, refused) if refused else spec)
    def run(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Events:
        if refused:
            raise refusal(refused)
        origin = origin_of(context, seed.table)
        force, replay = (context.run.tags.get(tag) == "true" for tag in (FORCE, REPLAY))
        folder = FolderLake(seed.path.parent, read_only=True)

        def write() -> WriteReport:
            return load(seed.made, warehouse, folder, origin=origin, force=force, replay=replay).report

        yield from events(context, seed.table, write, lineage={})

    return run
