"""The raw assets of the source `sneakers`: the form app's event log, pulled in pieces, and snapshots of its state."""

import hashlib
from pathlib import Path

import dagster as dg

from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.specs import FORCE, object_spec
from tributary.assets.sneakers.arrivals import RAW, SNEAKER_EVENTS, SNEAKER_STATE
from tributary.assets.sneakers.pull import Pulled, pull_events
from tributary.assets.sneakers.state import STATE, Manifest, take_snapshots
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake.model import Lake

APP_DATABASE = "app_database"
NO_APP = "the form app has not made its tables yet; it does so when it is first started"


def raw_events_asset() -> dg.AssetsDefinition:
    """The asset that pulls new events; its data version is the id of the newest one in the lake."""
    spec = object_spec(
        SNEAKER_EVENTS,
        source="sneakers",
        description=f"The sneaker forms' event log as it was recorded: JSON lines in objects under `{RAW}`, one object "
        "a pull (or piece of one), named by its first and last event id. A pull takes what is newer than the newest "
        "event in the lake, so that nothing is lost or doubled however pulls end.",
        kinds=("json", "postgres"),
        defined_in=Path(__file__).with_name("pull.py"),
        code_version="1",
    )

    @object_step(spec)
    def run(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], app_database: dg.ResourceParam[AppDatabase]
    ) -> Told:
        pulled = pull_events(app_database, lake, mend=context.run.tags.get(FORCE) == "true")
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "pulled": _sentence(pulled),
                "events": pulled.events,
                "objects": len(pulled.keys),
                "bytes": pulled.bytes,
                "newest event": pulled.newest,
                "prefix": lake.url(RAW.rstrip("/")),
            },
            data_version=dg.DataVersion(str(pulled.newest)),
        )

    return run


def raw_state_asset() -> dg.AssetsDefinition:
    """The asset that takes snapshots of the app's state tables; its data version is of their contents."""
    spec = object_spec(
        SNEAKER_STATE,
        source="sneakers",
        description=f"The form app's pairs and brands as its own tables have them, whole: JSON lines under `{STATE}`, "
        "named by their SHA-256. Nothing is made from them but staged tables to compare with: history comes from the "
        "events alone.",
        kinds=("json", "postgres"),
        defined_in=Path(__file__).with_name("state.py"),
        code_version="1",
    )

    @object_step(spec)
    def run(lake: dg.ResourceParam[Lake], app_database: dg.ResourceParam[AppDatabase]) -> Told:
        found = take_snapshots(app_database, lake)
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "snapshots": ", ".join(sorted(found)) or f"None: {NO_APP}.",
                "prefix": lake.url(STATE.rstrip("/")),
                **{f"rows: {table}": manifest.rows for table, manifest in sorted(found.items())},
            },
            data_version=dg.DataVersion(_version(found)),
        )

    return run


def _sentence(pulled: Pulled) -> str:
    if not pulled.there:
        return f"Nothing: {NO_APP}."
    if not pulled.keys:
        return f"Nothing: no event is newer than event {pulled.newest:,}, which the lake holds."
    return f"{pulled.events:,} new events, up to event {pulled.newest:,}."


def _version(found: dict[str, Manifest]) -> str:
    told = "\n".join(f"{table} {manifest.sha256}" for table, manifest in sorted(found.items()))
    return hashlib.sha256(told.encode()).hexdigest()
