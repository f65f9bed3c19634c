"""The source `sneakers`, as the platform knows it."""

from __future__ import annotations

from tributary.assets.sneakers.settings import SneakersSettings
from tributary.assets.sneakers.staged_assets import STAGED
from tributary.assets.source import Source

SNEAKERS = Source(
    name="sneakers",
    description="A web form app about a collection of sneakers, by the log of its events.",
    tables=tuple(one.table for one in STAGED),
    lineage={one.table.key: one.lineage for one in STAGED},
    settings=SneakersSettings,
    needs=("calendar",),
    parts="tributary.assets.sneakers.parts:PARTS",
    services="tributary.assets.sneakers.services:SERVICES",
)
