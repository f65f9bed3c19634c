"""The definition by which Dagster's `EcsRunLauncher` starts a task for each run.

Its size is the stage's; a run's tags `ecs/cpu`, `ecs/memory` and `ecs/ephemeral_storage` win.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs

from infrastructure.environment import RUN_CONTAINER
from infrastructure.roles import run_family
from infrastructure.stages import Stage
from infrastructure.tasks import Common, make_task


def make_run_task(stack: Stack, stage: Stage, common: Common) -> ecs.FargateTaskDefinition:
    """The definition of runs, whose command the launcher gives."""
    return make_task(stack, stage, common, "run", container=RUN_CONTAINER, family=run_family(stage))
