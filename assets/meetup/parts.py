"""What of the source `meetup` needs Dagster."""

from __future__ import annotations

from tributary.assets.meetup.api.opening import open_meetup
from tributary.assets.meetup.due import days_of_rejects, due_days
from tributary.assets.meetup.raw_assets import MEETUP_API, raw_events_asset, raw_groups_asset
from tributary.assets.meetup.schedule import meetup_days
from tributary.assets.meetup.staged_assets import STAGED
from tributary.assets.meetup.words import title_words_asset
from tributary.assets.parts import Parts

PARTS = Parts(
    assets=(
        raw_groups_asset(),
        raw_events_asset(),
        *(one.asset() for one in STAGED),
        title_words_asset(),
    ),
    schedules=(meetup_days,),
    resources=lambda settings: {MEETUP_API: open_meetup(settings)},
    due=due_days,
    ranges_of_sources=days_of_rejects,
)
