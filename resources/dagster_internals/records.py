"""What the instance, its storages and its launcher are built from.

- `InstanceRef`: opening an instance with a part of its configuration replaced has no public way.
- Storages and run launchers are made to be written by others, but what they are handed, and what a launcher's look at
  a worker returns, has no public name.
- `DagsterUserCodeUnreachableError`: what a launcher raises so that a run is queued again, `DagsterLaunchFailedError`
  where the code server starts none; `LaunchRunContext` is what it is handed.
- `AssetCheckExecutionRecordStatus`: how Dagster words what became of a check, in its own table.
- `deserialize_value`: of all events since one, of whatever asset, the instance does not tell.
- `copy`: a run with another field than it was created with, which storages alone make, and a job's snapshot as of a
  larger job.
"""

from dagster._core.errors import DagsterLaunchFailedError, DagsterUserCodeUnreachableError
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster._serdes import ConfigurableClassData, deserialize_value
from dagster_shared.record import copy

__all__ = [
    "AssetCheckExecutionRecordStatus",
    "CheckRunHealthResult",
    "ComputeIOType",
    "ConfigurableClassData",
    "DagsterLaunchFailedError",
    "DagsterUserCodeUnreachableError",
    "InstanceRef",
    "LaunchRunContext",
    "WorkerStatus",
    "copy",
    "deserialize_value",
]
