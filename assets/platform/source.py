"""The source `platform`, as the platform knows it."""

from __future__ import annotations

from tributary.assets.platform.tables import TABLE_FRESHNESS
from tributary.assets.source import Source

PLATFORM = Source(
    name="platform",
    description="What the platform knows of its own tables.",
    tables=(TABLE_FRESHNESS,),
    parts="tributary.assets.platform.parts:PARTS",
)
