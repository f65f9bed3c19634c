"""The source `pledges`, as the platform knows it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tributary.assets.pledges.settings import PledgesSettings
from tributary.assets.pledges.staged_assets import ORNAMENTS, RAW
from tributary.assets.source import Glance, Source

PLEDGES = Source(
    name="pledges",
    description="Pawn-loan bills of a lender's branches, month by month, down to each ornament that was pledged.",
    tables=(ORNAMENTS.table,),
    lineage={ORNAMENTS.table.key: ORNAMENTS.lineage},
    settings=PledgesSettings,
    freshness=timedelta(days=40),
    glance=Glance(
        newest="core.fact_pledge.pledged_on",
        title="Appraised value by month",
        table="gold.pledge_months",
        x="month_start",
        y="sum(appraised_value)",
    ),
    pages=Path(__file__).with_name("pages"),
    needs=("calendar",),
    formerly={"raw.pledges": RAW},
    parts="tributary.assets.pledges.parts:PARTS",
    services="tributary.assets.pledges.services:SERVICES",
)
