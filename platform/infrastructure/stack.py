"""A stage put together: its foundation, and the stack of all that stands on it."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, Environment, Stack, Tags

from infrastructure.alarms import make_alarms
from infrastructure.athena import make_workgroups
from infrastructure.balancer import make_balancer
from infrastructure.catalogue import make_databases
from infrastructure.database import make_database
from infrastructure.environment import environment_of
from infrastructure.foundation import Foundation, make_foundation
from infrastructure.keys import by_name, make_key
from infrastructure.lake import make_buckets
from infrastructure.launcher import make_run_task
from infrastructure.network import make_network
from infrastructure.quicksight import make_quicksight
from infrastructure.roles import Held, make_execution_role, make_task_roles
from infrastructure.secrets import make_secrets
from infrastructure.services import make_cluster, make_services
from infrastructure.stages import Stage
from infrastructure.stream import make_stream
from infrastructure.suppressions import acknowledge, of_foundation, of_stage
from infrastructure.tasks import Common


def make_stage(app: App, stage: Stage) -> tuple[Stack, Stack]:
    """The stage's two stacks: what is filled by hand first, and the rest."""
    where = Environment(account=stage.account, region=stage.region)
    below = Stack(
        app,
        f"{stage.prefix}-foundation",
        env=where,
        description=f"Images and secrets of {stage.prefix}.",
        termination_protection=stage.keep,
    )
    foundation = make_foundation(below, stage)
    stack = Stack(
        app, stage.prefix, env=where, description=f"Tributary, {stage.name}.", termination_protection=stage.keep
    )
    _fill(stack, stage, foundation)
    for one in (below, stack):
        Tags.of(one).add("project", "tributary")
        Tags.of(one).add("stage", stage.name)
    acknowledge(below, of_foundation(stage))
    acknowledge(stack, of_stage(stage))
    return below, stack


def _fill(stack: Stack, stage: Stage, foundation: Foundation) -> None:
    key = make_key(stack, stage)
    network = make_network(stack, stage, key)
    buckets = make_buckets(stack, stage, key)
    stream = make_stream(stack, stage, buckets, key)
    make_databases(stack, stage)
    make_workgroups(stack, stage, key)
    named = by_name(stack, key)
    server = make_database(stack, stage, network, named)
    common = Common(
        repository=foundation.repository,
        execution=make_execution_role(stack, stage),
        roles=make_task_roles(stack, stage, Held(buckets.data, stream, server.secret, key)),
        environment=environment_of(stage, network, server.secret),
        secrets={**make_secrets(stack, stage, named), "TRIBUTARY_OIDC_CLIENT_SECRET": foundation.oidc_secret},
        key=key,
    )
    cluster = make_cluster(stack, stage, network)
    make_run_task(stack, stage, common)
    services = make_services(stack, stage, cluster, network, common)
    balancer, targets = make_balancer(stack, stage, network, buckets, services, foundation.oidc_secret)
    make_alarms(stack, stage, key, server, balancer, targets)
    make_quicksight(stack, stage, buckets, key)
    CfnOutput(stack, "Address", value=f"https://{stage.domain}")
    CfnOutput(stack, "WriteKeySecret", value=common.secrets["TRIBUTARY_COLLECTOR_WRITE_KEY"].secret_name)
