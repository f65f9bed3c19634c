"""What of the source `pledges` stands beside Dagster: its sample."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from tributary.assets.pledges.settings import PledgesSettings, drop_location
from tributary.assets.services import Sampled, SampleWanted, Services, Told
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Unneeded
from tributary.resources.settings import Settings, own_settings


def _sample(settings: Settings, wanted: SampleWanted, told: Told) -> Sampled | None:
    from tributary.assets.pledges.standin import bills_of, make_sample, sample_is_made

    own = own_settings(PledgesSettings)
    if own.dir is not None:
        return None
    bills = bills_of(own.sample_scale if wanted.scale is None else wanted.scale)
    folder = Path(drop_location(settings))
    if not wanted.force and sample_is_made(folder, bills):
        return Sampled(False, f"Sample of {bills:,} pledges is complete.")
    started = time.monotonic()
    lines = make_sample(folder, bills, told)
    return Sampled(True, f"Made a sample of {bills:,} pledges: {lines:,} lines in {time.monotonic() - started:.1f} s.")


def _unneeded(lake: Lake) -> Iterable[Unneeded]:
    from tributary.assets.pledges.files import FILES

    return FILES.replaced(lake)


SERVICES = Services(sample=_sample, unneeded=_unneeded)
