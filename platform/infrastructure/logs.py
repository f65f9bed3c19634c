"""Where what runs says goes: one encrypted group a service, kept for the stage's days."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

from infrastructure.removal import removal
from infrastructure.stages import Stage


def log_group(stack: Stack, stage: Stage, key: kms.Key, name: str) -> logs.LogGroup:
    """The group `/tributary-<stage>/<name>`."""
    own = "".join(part.capitalize() for part in name.split("-"))
    group = logs.LogGroup(
        stack,
        f"{own}Logs",
        log_group_name=f"/{stage.prefix}/{name}",
        encryption_key=key,
        removal_policy=removal(stage),
    )
    group.node.default_child.retention_in_days = stage.log_days
    return group
