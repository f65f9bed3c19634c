"""The meetup domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.meetup.due import days_of_rejects, due_days
from tributary.assets.meetup.raw_assets import raw_events_asset, raw_groups_asset
from tributary.assets.meetup.staged_assets import STAGED
from tributary.assets.meetup.words import EVENT_WORDS, EVENT_WORDS_LINEAGE, event_words_asset

MEETUP = Domain(
    name="meetup",
    assets=(
        raw_groups_asset(),
        raw_events_asset(),
        *(one.asset() for one in STAGED),
        event_words_asset(),
    ),
    tables=(*(one.table for one in STAGED), EVENT_WORDS),
    lineage={**{one.table.key: one.lineage for one in STAGED}, EVENT_WORDS.key: EVENT_WORDS_LINEAGE},
    due=due_days,
    ranges_of_sources=days_of_rejects,
)
