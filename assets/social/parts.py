"""What of the source `social` needs Dagster."""

from __future__ import annotations

from tributary.assets.parts import Parts
from tributary.assets.social.due import due_hours, hours_of_sources
from tributary.assets.social.events.version import CODE_VERSION
from tributary.assets.social.raw_assets import raw_events_asset
from tributary.assets.social.sensor import social_events
from tributary.assets.social.staged_assets import STAGED
from tributary.assets.social.transformed_assets import transformed_events_asset

PARTS = Parts(
    assets=(
        raw_events_asset(),
        transformed_events_asset(CODE_VERSION),
        *(one.asset() for one in STAGED),
    ),
    sensors=(social_events,),
    due=due_hours,
    ranges_of_sources=hours_of_sources,
)
