"""The code location that Dagster loads: assets, checks, sensors and schedules, and the resources behind them."""

from __future__ import annotations

from tributary.asset_store import load_definitions

loaded = load_definitions()
platform, defs = loaded.platform, loaded.defs
