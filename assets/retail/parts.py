"""What of the source `retail` needs Dagster."""

from __future__ import annotations

from tributary.assets.parts import Parts
from tributary.assets.retail.files import ALL_FILES
from tributary.assets.retail.raw_assets import RETAIL_FOLDER, raw_asset
from tributary.assets.retail.recommendations import recommendations_asset
from tributary.assets.retail.sensor import retail_files
from tributary.assets.retail.settings import retail_folder
from tributary.assets.retail.staged_assets import STAGED

PARTS = Parts(
    assets=(
        *(raw_asset(file) for file in ALL_FILES),
        *(one.asset() for one in STAGED),
        recommendations_asset(),
    ),
    sensors=(retail_files,),
    resources=lambda settings: {RETAIL_FOLDER: retail_folder(settings)},
)
