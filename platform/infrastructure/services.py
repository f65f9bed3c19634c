"""The services: which part of the platform each is, how many there are, and by which name the others find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as discovery

from infrastructure.network import CODE, DAGSTER, DASHBOARD, WEB, Network
from infrastructure.stages import ALONE, SERVICES, Stage
from infrastructure.tasks import Common, make_task

_BUSY_PERCENT = 60


@dataclass(frozen=True)
class Part:
    """A part of the platform (`tributary serve PART`): where it listens, and what shows that it is well."""

    part: str
    port: int | None = None
    probe: str = ""


PARTS: Mapping[str, Part] = {
    "gateway": Part("web", WEB, f"http://127.0.0.1:{WEB}/v1/health"),
    "collector": Part("web", WEB, f"http://127.0.0.1:{WEB}/v1/health"),
    "webserver": Part("webserver", DAGSTER, f"http://127.0.0.1:{DAGSTER}/dagster/server_info"),
    "code-server": Part("code-server", CODE, f"127.0.0.1:{CODE}"),
    # It listens nowhere: `containers.signs` ends it where it is silent.
    "daemon": Part("daemon"),
    "dashboard": Part("dashboard", DASHBOARD, f"http://127.0.0.1:{DASHBOARD}/dashboard/_stcore/health"),
}
"""The web process runs twice over: for people and programs, and for events, whose number grows by itself."""

_FOUND = ("webserver", "code-server", "dashboard")


def make_cluster(stack: Stack, stage: Stage, network: Network) -> ecs.Cluster:
    """The cluster of all tasks."""
    return ecs.Cluster(
        stack,
        "Cluster",
        cluster_name=stage.prefix,
        vpc=network.vpc,
        container_insights_v2=ecs.ContainerInsights.ENABLED,
        enable_fargate_capacity_providers=True,
    )


def make_services(
    stack: Stack, stage: Stage, cluster: ecs.Cluster, network: Network, common: Common
) -> dict[str, ecs.FargateService]:
    """The services by name."""
    return {name: _service(stack, stage, cluster, network, common, name) for name in SERVICES}


def _service(
    stack: Stack, stage: Stage, cluster: ecs.Cluster, network: Network, common: Common, name: str
) -> ecs.FargateService:
    part, size = PARTS[name], stage.tasks[name]
    own = "".join(word.capitalize() for word in name.split("-"))
    command = ("tributary", "serve", part.part)
    probe = (part.probe,) if part.probe else ()
    task = make_task(stack, stage, common, name, container=name, command=command, port=part.port, probe=probe)
    alone = name in ALONE
    service = ecs.FargateService(
        stack,
        f"{own}Service",
        service_name=name,
        cluster=cluster,
        task_definition=task,
        desired_count=size.least,
        # Of what must be there once, the old one ends before the new one begins.
        min_healthy_percent=0 if alone else 100,
        max_healthy_percent=100 if alone else 200,
        circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[network.group(name)],
        assign_public_ip=False,
        enable_execute_command=False,
        health_check_grace_period=Duration.seconds(180) if name in ("gateway", "collector") else None,
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
    )
    if name in _FOUND:
        service.enable_cloud_map(
            name=name,
            cloud_map_namespace=network.names,
            dns_record_type=discovery.DnsRecordType.A,
            dns_ttl=Duration.seconds(10),
        )
    if size.most > size.least:
        scaling = service.auto_scale_task_count(min_capacity=size.least, max_capacity=size.most)
        scaling.scale_on_cpu_utilization(f"{own}Busy", target_utilization_percent=_BUSY_PERCENT)
    return service
