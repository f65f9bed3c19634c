"""Makes the raw asset of a form's log: pulls the entries that the lake does not hold yet."""

from pathlib import Path

import dagster as dg

from tributary.assets.factory.entry_log import EntryLog
from tributary.assets.factory.loading import LAKE
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.specs import object_spec


def entries_asset(key: str, log: EntryLog, *, source: str, description: str, defined_in: str) -> dg.AssetsDefinition:
    """The asset that pulls what was entered; its data version is the number of the newest entry in the lake."""
    spec = object_spec(
        key,
        source=source,
        description=description,
        kinds=("json", "postgres"),
        defined_in=Path(defined_in),
        code_version="1",
    )

    @object_step(spec, resources={LAKE, log.resource})
    def run(context: dg.AssetExecutionContext) -> Told:
        lake = getattr(context.resources, LAKE)
        pulled = log.pull(getattr(context.resources, log.resource), lake)
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "new entries": pulled.entries,
                "new objects": pulled.objects,
                "newest entry": pulled.newest,
                "prefix": lake.url(log.prefix.rstrip("/")),
            },
            data_version=dg.DataVersion(str(pulled.newest)),
        )

    return run
