"""The sensor that notices new and changed retail files. What counts as changed: `automation.changed_files`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from tributary.assets.automation.changed_files import Stat, ask_for_changed
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.retail.files import ALL_FILES, path_of
from tributary.assets.retail.ingest import known_manifest
from tributary.assets.retail.source_files import RetailFileError, look_at
from tributary.resources.lake.model import Lake
from tributary.resources.settings import get_settings

GROUP = "retail"
_RAW = {file.file: asset_key(file.raw_key) for file in ALL_FILES}


@dg.sensor(
    name="retail_files",
    job_name=GROUP,
    minimum_interval_seconds=10 if get_settings().profile == "local" else 30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Notices new and changed retail files, ingests them, and makes what hangs on them in the same run.",
)
def retail_files(
    context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], retail_folder: dg.ResourceParam[Path]
) -> dg.SensorResult | dg.SkipReason:
    """One look at the folder: a run for the changed files, if any."""
    found, problems = _stats(retail_folder)
    return ask_for_changed(context, GROUP, _RAW, found, _ingested(lake), place=retail_folder, problems=problems)


def _stats(folder: Path) -> tuple[Mapping[str, Stat], list[str]]:
    """The files that can be read, and what is wrong with each of the others."""
    found, problems = {}, []
    for file in ALL_FILES:
        try:
            stat = look_at(path_of(file, folder))
        except RetailFileError as error:
            problems.append(str(error))
        else:
            found[file.file] = Stat(stat.st_size, stat.st_mtime_ns)
    return found, problems


def _ingested(lake: Lake) -> Mapping[str, Stat]:
    manifests = {file.file: known_manifest(lake, file.file) for file in ALL_FILES}
    return {name: Stat(found.size, found.modified_ns) for name, found in manifests.items() if found is not None}
