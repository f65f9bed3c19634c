"""What of the source `sneakers` needs Dagster."""

from __future__ import annotations

from tributary.assets.parts import Parts
from tributary.assets.sneakers.raw_assets import APP_DATABASE, raw_events_asset, raw_state_asset
from tributary.assets.sneakers.sensor import sneaker_events
from tributary.assets.sneakers.staged_assets import STAGED
from tributary.resources.app_database import AppDatabase
from tributary.resources.postgres.shared import shared_databases

PARTS = Parts(
    assets=(
        raw_events_asset(),
        raw_state_asset(),
        *(one.asset() for one in STAGED),
    ),
    sensors=(sneaker_events,),
    resources=lambda settings: {APP_DATABASE: AppDatabase(lambda: shared_databases(settings).url("app"))},
)
