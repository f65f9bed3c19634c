"""What runs print, and the tasks of ECS that they can be."""

from __future__ import annotations

from pydantic import Field

from tributary.resources.settings.lake import LakeSettings
from tributary.resources.settings.reading import PROJECT_ROOT


class TaskSettings(LakeSettings):
    """Compute logs, and runs as tasks of ECS."""

    compute_logs: str | None = Field(
        None,
        description="Where what runs print is kept: s3://bucket/prefix, or a folder; default below the lake with aws.",
    )
    ecs_task_definition: str | None = Field(
        None, description="Task definition of ECS that runs are started by; default: runs are on this machine."
    )
    ecs_container: str = Field("run", min_length=1, description="Its container that executes the run.")
    ecs_cluster: str | None = Field(
        None, description="Cluster of the tasks; default: cluster and network of the task that starts them."
    )
    ecs_subnets: str = Field("", description="Subnets of the tasks in that cluster, with commas between.")
    ecs_security_groups: str = Field("", description="Security groups of the tasks, with commas between.")
    run_cpu: int | None = Field(
        None, ge=256, description="CPU units of a run's task; default: the definition's. A run's tag ecs/cpu wins."
    )
    run_memory: int | None = Field(
        None, ge=512, description="MiB of a run's task; default: the definition's. A run's tag ecs/memory wins."
    )

    @property
    def compute_logs_location(self) -> str:
        """Where what runs print is kept: an `s3://` URL or an absolute folder."""
        if self.compute_logs is not None:
            own = self.compute_logs
            return own.rstrip("/") if own.startswith("s3://") else str(PROJECT_ROOT / own)
        below = self.profile == "aws" and self.lake_location.startswith("s3://")
        return f"{self.lake_location.rstrip('/')}/compute-logs" if below else str(self.dagster_home / "compute_logs")
