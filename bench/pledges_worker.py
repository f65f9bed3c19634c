"""Makes a sample of pledges, takes it in and stages it: `python -m bench.pledges_worker BILLS`, in the settings' home.

A process of its own, so that its peak memory is that of this work alone. The result is one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.clock import metered, peak_megabytes
from tributary.assets.factory.dropped_files import open_drop
from tributary.assets.factory.object_loading import load
from tributary.assets.pledges.files import FILES
from tributary.assets.pledges.settings import drop_location
from tributary.assets.pledges.staged_assets import ORNAMENTS
from tributary.assets.pledges.standin import make_sample
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


def main(bills: str) -> None:
    """Do it, and write the measurement to standard output."""
    settings = get_settings()
    phases: dict[str, float] = {}

    @contextmanager
    def phase(name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        phases[name] = time.perf_counter() - begun

    with phase("sample"):
        lines = make_sample(Path(drop_location(settings)), int(bills))
    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=None)
    with connect(settings) as databases, metered(settings.postgres_data) as reading:
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"))
        with phase("take in"):
            FILES.take_in(lake, open_drop(settings, drop_location(settings)))
        with phase("stage"):
            report = load(ORNAMENTS, warehouse, lake).report
    assert report.rows == lines  # noqa: S101 - else the figures would be of something else
    timing = {"wall": reading.wall, "cpu": reading.cpu, "peak_mb": peak_megabytes(), "phases": phases}
    print(json.dumps({"lines": lines, "timing": timing}))


if __name__ == "__main__":
    main(*sys.argv[1:])
