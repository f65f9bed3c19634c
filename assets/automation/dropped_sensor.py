"""Makes the sensor that notices new and changed files in a drop."""

from datetime import datetime

import dagster as dg

from tributary.assets.automation.changed_files import Stat, ask_for_changed
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.dropped_files import DroppedFiles
from tributary.assets.factory.loading import LAKE
from tributary.resources.errors import TributaryError
from tributary.resources.settings import get_settings


def dropped_sensor(name: str, key: str, files: DroppedFiles, drop: str, *, source: str) -> dg.SensorDefinition:
    """The sensor that asks for the asset `key`, made by `dropped_asset`, and for what of its source hangs on it."""

    @dg.sensor(
        name=name,
        job_name=source,
        minimum_interval_seconds=10 if get_settings().profile == "local" else 60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Notices new and changed files in the drop, takes them in, and makes what hangs on them.",
        required_resource_keys={LAKE, drop},
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            index = files.index(getattr(context.resources, LAKE))
            infos = list(files.found(getattr(context.resources, drop)))
        except TributaryError as error:
            return dg.SkipReason(str(error))
        taken = {name: _stat(one.size, one.modified) for name, one in index.items()}
        found = {info.key: _stat(info.size, info.modified) for info in infos}
        # What is as it was taken in need not be remembered, of thousands of files.
        changed = {name: stat for name, stat in found.items() if taken.get(name) != stat}
        makes = dict.fromkeys(changed, asset_key(key))
        return ask_for_changed(context, source, makes, changed, taken, place="the drop")

    return look


def _stat(size: int, modified: datetime) -> Stat:
    return Stat(size, round(modified.timestamp() * 1e6) * 1_000)
