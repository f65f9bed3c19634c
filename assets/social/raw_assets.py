"""The raw asset of the source `social`: the event objects as Firehose delivered them, hour by hour.

The objects are in the lake already and stay as they are; materialising an hour takes stock of what arrived in it.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.object_step import Told, object_step, warning
from tributary.assets.factory.specs import object_spec
from tributary.assets.social.arrivals import RAW, SOCIAL_EVENTS, objects_from
from tributary.assets.social.partitions import ARRIVAL_HOURS, first_hour, hours_of
from tributary.assets.social.strays import Strays, strays
from tributary.resources.lake.model import Lake

OBJECTS_ARE_READ = "objects_are_read"


def raw_events_asset() -> dg.AssetsDefinition:
    """The asset that takes stock of the objects of some hours; its data version is of their keys and etags."""
    spec = object_spec(
        SOCIAL_EVENTS,
        source="social",
        description="Segment's calls (track, identify, page and others) as Firehose wrote them: JSON records in "
        f"objects under `{RAW}YYYY/MM/DD/HH/`, by the UTC hour of their arrival.",
        kinds=("json", "firehose"),
        defined_in=Path(__file__),
        code_version="1",
        partitions=ARRIVAL_HOURS,
    )

    all_read = dg.AssetCheckSpec(
        OBJECTS_ARE_READ,
        asset=asset_key(SOCIAL_EVENTS),
        description=f"No object under `{RAW}` is passed over because its key names no hour that is read. Looked at are "
        "the newest days, those of the run, and what sorts before and after all hours.",
    )

    @object_step(spec, checks=[all_read])
    def run(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Told:
        start, end = hours_of(context)
        digest, count, size, newest = hashlib.sha256(), 0, 0, None
        for found in objects_from(lake, start, end):
            digest.update(f"{found.key} {found.etag}\n".encode())
            count, size = count + 1, size + found.size
            newest = found.modified if newest is None else max(newest, found.modified)
        unread = strays(lake, start, end, first_hour(), datetime.now(tz=UTC))
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "objects": count,
                "bytes": size,
                "hours": f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
                "prefix": lake.url(RAW.rstrip("/")),
                **({} if newest is None else {"newest object": dg.MetadataValue.timestamp(newest)}),
            },
            data_version=dg.DataVersion(digest.hexdigest()),
            check_results=[_all_read(unread)],
        )

    return run


def _all_read(unread: Strays) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {
        "objects not read": f"more than {unread.count:,}" if unread.more else unread.count,
        **unread.reasons,
    }
    if unread.count:
        metadata["for example"] = dg.MetadataValue.md("\n".join(f"- `{key}`" for key in unread.examples))
    return warning(asset_key(SOCIAL_EVENTS), OBJECTS_ARE_READ, not unread.count, metadata)
