"""The raw asset of the social domain: the event objects as Firehose delivered them, hour by hour.

The objects are in the lake already and stay as they are; materialising an hour takes stock of what arrived in it.
"""

import hashlib
from pathlib import Path
from typing import Any, cast

import dagster as dg

from assets.factory.outcome import asset_key, failure
from assets.factory.specs import object_spec
from assets.social.arrivals import RAW, objects_from
from assets.social.partitions import ARRIVAL_HOURS, hours_of
from resources.errors import TributaryError
from resources.lake.model import Lake

LAKE = "lake"
SOCIAL_EVENTS = "raw.social_events"


def raw_events_asset() -> dg.AssetsDefinition:
    """The asset that takes stock of the objects of some hours; its data version is of their keys and etags."""
    spec = object_spec(
        SOCIAL_EVENTS,
        domain="social",
        description="Segment's calls (track, identify, page and others) as Firehose wrote them: JSON records in "
        f"objects under `{RAW}YYYY/MM/DD/HH/`, by the UTC hour of their arrival.",
        kinds=("json", "firehose"),
        source=Path(__file__),
        code_version="1",
        partitions=ARRIVAL_HOURS,
    )

    @dg.multi_asset(
        name="raw__social_events",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={LAKE},
    )
    def run(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        lake = cast("Lake", getattr(context.resources, LAKE))
        start, end = hours_of(context)
        digest, count, size, newest = hashlib.sha256(), 0, 0, None
        try:
            for found in objects_from(lake, start, end):
                digest.update(f"{found.key} {found.etag}\n".encode())
                count, size = count + 1, size + found.size
                newest = found.modified if newest is None else max(newest, found.modified)
        except TributaryError as error:
            raise failure(error) from error
        return dg.MaterializeResult(
            asset_key=asset_key(SOCIAL_EVENTS),
            metadata={
                "objects": count,
                "bytes": size,
                "hours": f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
                "prefix": lake.url(RAW.rstrip("/")),
                **({} if newest is None else {"newest object": dg.MetadataValue.timestamp(newest)}),
            },
            data_version=dg.DataVersion(digest.hexdigest()),
        )

    return run
