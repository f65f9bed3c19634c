"""What of the source `retail` stands beside Dagster: its sample."""

from __future__ import annotations

from collections.abc import Iterable

from tributary.assets.retail.settings import RetailSettings, retail_folder
from tributary.assets.services import Sampled, SampleError, SampleWanted, Services, Told
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Unneeded
from tributary.resources.settings import Settings, own_settings


def _sample(settings: Settings, wanted: SampleWanted, told: Told) -> Sampled | None:
    from tributary.assets.retail.standin import DEFAULT_SEED, make_retail_sample, sample_is_made

    own, folder = own_settings(RetailSettings), retail_folder(settings)
    if own.dir is not None:
        if wanted.scale is not None or wanted.force:
            raise SampleError(
                f"TRIBUTARY_RETAIL_DIR points at {own.dir}, which is yours; unset it to use a sample instead."
            )
        return None
    scale = own.sample_scale if wanted.scale is None else wanted.scale
    if not wanted.force and sample_is_made(folder, scale, DEFAULT_SEED):
        return Sampled(False, f"Retail sample of scale {scale:g} is complete.")
    report = make_retail_sample(folder, scale, progress=told)
    lines = sum(report.rows.values())
    return Sampled(True, f"Made a retail sample of scale {scale:g}: {lines:,} lines in {report.seconds:.1f} s.")


def _unneeded(lake: Lake) -> Iterable[Unneeded]:
    from tributary.assets.retail.ingest import replaced_versions

    return replaced_versions(lake)


SERVICES = Services(sample=_sample, unneeded=_unneeded)
