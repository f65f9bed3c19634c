"""The meetup domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.meetup.due import days_of_rejects, due_days
from tributary.assets.meetup.lineage import LINEAGE
from tributary.assets.meetup.raw_assets import raw_events_asset, raw_groups_asset
from tributary.assets.meetup.staged_events import staged_events_asset
from tributary.assets.meetup.staged_groups import staged_groups_asset
from tributary.assets.meetup.tables import EVENTS, GROUP_TOPICS, GROUPS, TABLES, VENUES
from tributary.assets.meetup.words import EVENT_WORDS, EVENT_WORDS_LINEAGE, event_words_asset

MEETUP = Domain(
    name="meetup",
    assets=(
        raw_groups_asset(),
        raw_events_asset(),
        *(staged_groups_asset(table) for table in (GROUPS, GROUP_TOPICS)),
        *(staged_events_asset(table) for table in (EVENTS, VENUES)),
        event_words_asset(),
    ),
    tables=(*TABLES, EVENT_WORDS),
    lineage={**LINEAGE, EVENT_WORDS.key: EVENT_WORDS_LINEAGE},
    due=due_days,
    ranges_of_sources=days_of_rejects,
)
