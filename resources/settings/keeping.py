"""How much is made at a time, and how long what was made is kept."""

from __future__ import annotations

from pydantic import Field

from tributary.resources.settings.reading import PlatformSettings


class KeepingSettings(PlatformSettings):
    """Runs at a time, and ages."""

    max_concurrent_runs: int = Field(2, ge=1, le=64, description="Runs that may execute at the same time.")
    retention_days: int = Field(
        30, ge=0, le=36500, description="Days for which runs and what belongs to them are kept; 0: without end."
    )
    retention_runs: int = Field(
        500,
        ge=0,
        le=1_000_000,
        description="Newest runs that are kept of each sensor, schedule and of people; failures apart; 0: without end.",
    )
    steps_at_once: int = Field(
        0,
        ge=0,
        le=64,
        description="Assets that one run makes at the same time; 0: as many as there are cores, 8 at most.",
    )
    report_concurrency: int = Field(2, ge=1, le=64, description="Reports that are made at the same time; others wait.")
    report_days: int = Field(
        90, ge=0, le=36500, description="Days for which a report's extracts are kept; 0: without end."
    )
    report_versions: int = Field(
        10, ge=0, le=100_000, description="Newest extracts that are kept of one and the same question; 0: without end."
    )
    lake_days: int = Field(
        90,
        ge=0,
        le=36500,
        description="Days for which versions in the lake are kept after another took their place; 0: without end.",
    )
