"""The source `meetup`, as the platform knows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tributary.assets.meetup.arrivals import MEETUP_EVENTS, MEETUP_GROUPS
from tributary.assets.meetup.lineage import TITLE_WORDS_LINEAGE
from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.meetup.staged_assets import STAGED
from tributary.assets.meetup.tables import TITLE_WORDS
from tributary.assets.source import Glance, Resource, Source

MEETUP = Source(
    name="meetup",
    description="Groups and events around a place, by Meetup's GraphQL API.",
    tables=(*(one.table for one in STAGED), TITLE_WORDS),
    lineage={**{one.table.key: one.lineage for one in STAGED}, TITLE_WORDS.key: TITLE_WORDS_LINEAGE},
    settings=MeetupSettings,
    freshness=timedelta(days=2),
    glance=Glance(
        newest="core.fact_meetup_event.local_date",
        title="Events held by month",
        table="gold.meetup_events_by_month",
        x="month_start",
        y="sum(events)",
    ),
    every_partition=True,
    pages=Path(__file__).with_name("pages"),
    resources=(
        Resource("/groups", "gold.meetup_group_directory", "Meetup groups", many=True),
        Resource("/groups/{group_id}", "gold.meetup_group_directory", "A Meetup group"),
    ),
    needs=("calendar",),
    formerly={"raw.meetup_groups": MEETUP_GROUPS, "raw.meetup_events": MEETUP_EVENTS},
    parts="tributary.assets.meetup.parts:PARTS",
    services="tributary.assets.meetup.services:SERVICES",
)
