"""A task of Fargate that runs the image: not root, its disk closed but for two folders, its output in logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets

from infrastructure.environment import HOME
from infrastructure.logs import log_group
from infrastructure.stages import Stage

USER = "10001"
_WRITABLE = {"home": HOME, "temporary": "/tmp"}  # noqa: S108 - the container's own
_STOP_SECONDS = 60
_DISK_GB = 50


@dataclass(frozen=True)
class Common:
    """What all tasks have: image, roles, settings, secrets and the key of their logs."""

    repository: ecr.IRepository
    execution: iam.IRole
    roles: Mapping[str, iam.IRole]
    environment: Mapping[str, str]
    secrets: Mapping[str, secrets.ISecret]
    key: kms.Key


def make_task(
    stack: Stack,
    stage: Stage,
    common: Common,
    kind: str,
    *,
    container: str,
    family: str | None = None,
    command: Sequence[str] = (),
    port: int | None = None,
    probe: Sequence[str] = (),
) -> ecs.FargateTaskDefinition:
    """The definition of a kind of task.

    Args:
        stack: where it belongs.
        stage: says its size.
        common: what it shares with the others.
        kind: whose role and logs it has.
        container: the name of its one container.
        family: its name, where others must know it.
        command: what it runs; none where who starts it says so.
        port: on which it listens.
        probe: a command whose exit code tells whether it is well.
    """
    own = "".join(part.capitalize() for part in kind.split("-"))
    size = stage.tasks[kind]
    definition = ecs.FargateTaskDefinition(
        stack,
        f"{own}Task",
        family=family,
        cpu=size.cpu,
        memory_limit_mib=size.memory,
        ephemeral_storage_gib=_DISK_GB if kind == "run" else None,
        execution_role=common.execution,
        task_role=common.roles[kind],
        volumes=[ecs.Volume(name=name) for name in _WRITABLE],
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
        ),
    )
    told = definition.add_container(
        container,
        container_name=container,
        image=ecs.ContainerImage.from_ecr_repository(common.repository, stage.image_tag),
        command=list(command) or None,
        environment=dict(common.environment),
        secrets={name: ecs.Secret.from_secrets_manager(one) for name, one in common.secrets.items()},
        user=USER,
        readonly_root_filesystem=True,
        stop_timeout=Duration.seconds(_STOP_SECONDS),
        # The first process of a container takes care of no orphans, and runs leave some.
        linux_parameters=ecs.LinuxParameters(stack, f"{own}Linux", init_process_enabled=True),
        logging=ecs.LogDriver.aws_logs(
            log_group=log_group(stack, stage, common.key, kind),
            stream_prefix=kind,
            mode=ecs.AwsLogDriverMode.NON_BLOCKING,
        ),
        port_mappings=[ecs.PortMapping(container_port=port)] if port else None,
        health_check=_health(probe) if probe else None,
    )
    for name, path in _WRITABLE.items():
        told.add_mount_points(ecs.MountPoint(container_path=path, source_volume=name, read_only=False))
    return definition


def _health(probe: Sequence[str]) -> ecs.HealthCheck:
    return ecs.HealthCheck(
        command=["CMD", "python", "-m", "tributary.containers.probe", *probe],
        interval=Duration.seconds(30),
        timeout=Duration.seconds(20),
        retries=3,
        start_period=Duration.seconds(180),
    )
