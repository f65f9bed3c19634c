"""The source `social`, as the platform knows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tributary.assets.social.arrivals import SOCIAL_EVENTS, TRANSFORMED_EVENTS
from tributary.assets.social.settings import SocialSettings
from tributary.assets.social.staged_assets import STAGED
from tributary.assets.source import Glance, Resource, Source

SOCIAL = Source(
    name="social",
    description="A small social network, by the Segment calls that its apps send.",
    tables=tuple(one.table for one in STAGED),
    lineage={one.table.key: one.lineage for one in STAGED},
    settings=SocialSettings,
    freshness=timedelta(days=1),
    glance=Glance(
        newest="core.fact_social_event.occurred_at",
        title="Active users by day",
        table="gold.social_daily_activity",
        x="date",
        y="sum(active_users)",
    ),
    pages=Path(__file__).with_name("pages"),
    resources=(
        Resource("/users", "gold.social_user_summary", "Users: what they do, and who follows them", many=True),
        Resource("/users/{user_id}", "gold.social_user_summary", "A user"),
    ),
    needs=("calendar",),
    formerly={"raw.social_events": SOCIAL_EVENTS, "transformed.social_events": TRANSFORMED_EVENTS},
    parts="tributary.assets.social.parts:PARTS",
    services="tributary.assets.social.services:SERVICES",
)
