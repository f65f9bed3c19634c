"""The text of `dagster.yaml`, and writing it. Secrets are not in it: the storages know where their database is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tributary.assets.automation.tags import STEADY_TAG
from tributary.resources.dagster_internals import LOCAL_ARTIFACTS, LOCAL_COMPUTE_LOGS

if TYPE_CHECKING:
    from tributary.resources.settings import Settings

URL_VARIABLE = "DAGSTER_POSTGRES_URL"
"""The variable that tells the launcher's processes their database's URL (settings own the `TRIBUTARY_` names)."""

_HEADER = "# Written by Tributary from its settings: edits are lost.\n"

_STORAGES = {
    "run_storage": "PooledRunStorage",
    "event_log_storage": "PooledEventLogStorage",
    "schedule_storage": "PooledScheduleStorage",
}
_UPLOAD_SECONDS = 30
"""How often what a run under way has printed is put into S3."""

_TICKS_KEPT_DAYS = {"skipped": 1, "failure": 7, "success": 7}


def write_configuration(settings: Settings) -> Path:
    """Put `dagster.yaml` into Dagster's home in one step, unless it is there already; returns its path."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    path, text = home / "dagster.yaml", render(settings)
    if not path.exists() or path.read_text() != text:
        descriptor, name = tempfile.mkstemp(prefix=".dagster.yaml.", dir=home)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(name).replace(path)
    return path


def render(settings: Settings) -> str:
    """The configuration of the instance, as YAML."""
    import yaml

    text: str = yaml.safe_dump(_configuration(settings), sort_keys=False)
    return _HEADER + text


def _configuration(settings: Settings) -> dict[str, Any]:
    storages = {
        kind: {"module": "tributary.instance.pooled_storage", "class": name} for kind, name in _STORAGES.items()
    }
    ticks = {"purge_after_days": dict(_TICKS_KEPT_DAYS)}
    return {
        **storages,
        "run_launcher": _run_launcher(settings),
        "compute_logs": _compute_logs(settings),
        "local_artifact_storage": {
            **LOCAL_ARTIFACTS,
            "config": {"base_dir": str(settings.dagster_home)},
        },
        # A pool is a source that must be asked by one step at a time, whichever run it is of.
        "concurrency": {
            "runs": {
                "max_concurrent_runs": settings.max_concurrent_runs,
                # What people and files ask for finds a place beside the runs of a source that never rests.
                "tag_concurrency_limits": [
                    {"key": STEADY_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1},
                ],
            },
            "pools": {"default_limit": 1},
        },
        "run_queue": {
            # The stock five seconds are most of the time that a person waits for a small run.
            "dequeue_interval_seconds": 1,
            # A code server that is being started again would else fail all that is queued, one run after the other.
            "max_user_code_failure_retries": 60,
            "user_code_failure_retry_delay": 5,
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 180,
            "cancel_timeout_seconds": 60,
            "poll_interval_seconds": 30,
            "free_slots_after_run_end_seconds": 60,
        },
        # A run that failed is looked at, then repeated: every write can be. Retrying by itself would hide the cause.
        "run_retries": {"enabled": False},
        "retention": {"schedule": ticks, "sensor": dict(ticks), "auto_materialize": dict(ticks)},
        "sensors": {"use_threads": True, "num_workers": 4},
        "schedules": {"use_threads": True, "num_workers": 4},
        "freshness": {"enabled": True},
        # What runs print is what a person reads beside the event log, so it is not the event log once more.
        "python_logs": {
            "python_log_level": "INFO",
            "dagster_handler_config": {
                "handlers": {"progress": {"class": "tributary.instance.run_log.ProgressHandler", "level": "DEBUG"}}
            },
        },
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def _compute_logs(settings: Settings) -> dict[str, Any]:
    location = settings.compute_logs_location
    if not location.startswith("s3://"):
        return {**LOCAL_COMPUTE_LOGS, "config": {"base_dir": location}}
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    config = {
        "bucket": bucket,
        "prefix": prefix,
        "local_dir": str(settings.dagster_home / "compute_logs"),
        "upload_interval": _UPLOAD_SECONDS,
        "region": settings.aws_region,
    }
    if settings.aws_endpoint_url is not None:
        config["endpoint_url"] = settings.aws_endpoint_url
    return {"module": "tributary.instance.compute_logs", "class": "ComputeLogs", "config": config}


def _run_launcher(settings: Settings) -> dict[str, Any]:
    """Runs as processes of this machine, or each as a task of ECS, of the size that its tags ask for."""
    if settings.ecs_task_definition is None:
        return {"module": "tributary.instance.run_launcher", "class": "RunLauncher"}
    config: dict[str, Any] = {
        "task_definition": settings.ecs_task_definition,
        "container_name": settings.ecs_container,
        # What a run needs of secrets its own settings name; none is looked for by a tag.
        "secrets_tag": None,
        "use_current_ecs_task_config": settings.ecs_cluster is None,
    }
    size = {"cpu": settings.run_cpu, "memory": settings.run_memory}
    if any(size.values()):
        config["run_resources"] = {name: str(units) for name, units in size.items() if units}
    if settings.ecs_cluster is not None:
        network = {"subnets": _names(settings.ecs_subnets), "assignPublicIp": "DISABLED"}
        if groups := _names(settings.ecs_security_groups):
            network["securityGroups"] = groups
        config["run_task_kwargs"] = {
            "cluster": settings.ecs_cluster,
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": network},
        }
    return {"module": "dagster_aws.ecs", "class": "EcsRunLauncher", "config": config}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
