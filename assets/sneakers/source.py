"""The source `sneakers`, as the platform knows it."""

from __future__ import annotations

from pathlib import Path

from tributary.assets.sneakers.arrivals import SNEAKER_EVENTS, SNEAKER_STATE
from tributary.assets.sneakers.settings import SneakersSettings
from tributary.assets.sneakers.staged_assets import STAGED
from tributary.assets.source import Glance, Resource, Source

SNEAKERS = Source(
    name="sneakers",
    description="A web form app about a collection of sneakers, by the log of its events.",
    tables=tuple(one.table for one in STAGED),
    lineage={one.table.key: one.lineage for one in STAGED},
    settings=SneakersSettings,
    glance=Glance(
        newest="core.fact_sneaker_event.recorded_at",
        title="Pairs owned at the end of the month",
        table="gold.sneakers_owned_by_month",
        x="month_start",
        y="sum(pairs_owned)",
    ),
    pages=Path(__file__).with_name("pages"),
    resources=(
        Resource("/pairs", "core.dim_sneaker_current", "Pairs of sneakers as they are today", many=True),
        Resource("/pairs/{sneaker_id}", "core.dim_sneaker_current", "A pair of sneakers"),
        Resource("/pairs/{sneaker_id}/history", "core.dim_sneaker", "A pair as it was at any time", many=True),
    ),
    needs=("calendar",),
    formerly={"raw.sneaker_events": SNEAKER_EVENTS, "raw.sneaker_state": SNEAKER_STATE},
    parts="tributary.assets.sneakers.parts:PARTS",
    services="tributary.assets.sneakers.services:SERVICES",
)
