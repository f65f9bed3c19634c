"""Findings of cdk-nag that stand as they are, each with its reason, and where it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Stack, Validations

from infrastructure.athena import people_workgroup
from infrastructure.catalogue import DATABASES
from infrastructure.lake import ANSWERS, COMPUTE_LOGS, ERRORS, LAKE, WAREHOUSE
from infrastructure.roles import run_family
from infrastructure.stages import SERVICES, Stage
from tributary.resources.stream.naming import EVENTS

_BUCKET = "<Lake5F1B88EA.Arn>"
_OBJECTS = "Objects have no names that are known before; what they are found by is this beginning of them."
_TABLES = "The tables of a database are made by the platform, and come and go with its models."
_TASKS = "A run's task has an id that ECS gives; the cluster is this stage's alone."


@dataclass(frozen=True)
class Standing:
    """A finding that stands: cdk-nag's name of it, why, and in which constructs; everywhere where none is named."""

    rule: str
    reason: str
    where: tuple[str, ...] = ()


def of_foundation(_stage: Stage) -> Iterator[Standing]:
    """Those of the stack of images and secrets."""
    yield Standing(
        "SMG4", "The OpenID provider gives this secret: it is renewed there, and put in by hand.", ("OidcSecret",)
    )


def of_stage(stage: Stage) -> Iterator[Standing]:
    """Those of the stage's own stack."""
    yield Standing(
        "SMG4",
        "Keys that sign, and one that senders of events hold: a new one ends all sessions, or all sending, so it is "
        "renewed by hand when there is a reason.",
        ("WebSecret", "PrincipalKey", "WriteKey"),
    )
    yield Standing(
        "EC23",
        "People and senders of events come from anywhere; TLS, log-in and write key guard it.",
        ("BalancerGroup",),
    )
    yield Standing(
        "KDS3",
        "Events are encrypted by the stage's own key, so that who may read them is said in one place.",
        ("Events",),
    )
    yield Standing(
        "KDF1",
        "Firehose reads a Kinesis stream, which is encrypted; AWS takes no encryption of its own beside it.",
        ("Delivery",),
    )
    yield Standing(
        "RDS11",
        "A port that is not the usual one hides nothing: only the tasks' security groups reach it.",
        ("Postgres",),
    )
    if not stage.database.standby:
        yield Standing("RDS3", "This stage may be away for as long as its server takes to come back.", ("Postgres",))
    if not stage.keep:
        yield Standing("RDS10", "This stage's data may go with its stack.", ("Postgres",))
    tasks = tuple(f"{''.join(word.capitalize() for word in name.split('-'))}Task" for name in (*SERVICES, "run"))
    yield Standing(
        "ECS2", "What is in variables are settings that anybody may see; secrets are in Secrets Manager.", tasks
    )
    yield from _wildcards(stage)


def _wildcards(stage: Stage) -> Iterator[Standing]:
    own = f"{stage.region}:{stage.account}"
    for prefix in (
        LAKE, f"{LAKE}/{EVENTS}".rstrip("/"), ERRORS, COMPUTE_LOGS, WAREHOUSE, ANSWERS,
        f"{WAREHOUSE}/gold", f"{ANSWERS}/{people_workgroup(stage)}",
    ):  # fmt: skip
        yield Standing(f"IAM5[Resource::{_BUCKET}/{prefix}/*]", _OBJECTS)
    for database in DATABASES:
        yield Standing(f"IAM5[Resource::arn:aws:glue:{own}:table/{database}/*]", _TABLES)
    yield Standing(
        f"IAM5[Resource::arn:aws:ecs:{own}:task/{stage.prefix}/*]", _TASKS, ("WebserverPolicy", "DaemonPolicy")
    )
    yield Standing(
        f"IAM5[Resource::arn:aws:ecs:{own}:task-definition/{run_family(stage)}:*]",
        "Each deployment makes a revision of the run's definition, and runs take the newest.",
        ("DaemonPolicy",),
    )
    yield Standing(
        f"IAM5[Resource::arn:aws:logs:{own}:log-group:RDSOSMetrics:log-stream:*]",
        "RDS names the streams of its monitoring itself.",
        ("MonitoringPolicy",),
    )
    yield Standing(
        f"IAM5[Resource::arn:aws:logs:{own}:log-group:/{stage.prefix}/run:log-stream:*]",
        "Each task of a run has a stream of logs that ECS names after the task's id.",
        ("DaemonPolicy",),
    )
    yield Standing(
        "IAM5[Resource::*]",
        "Logging in to ECR is of no repository: ecr:GetAuthorizationToken is allowed on * or not at all.",
        ("ExecutionRole",),
    )
    yield Standing(
        "IAM5[Resource::*]",
        "AWS knows no single definitions for ecs:DescribeTaskDefinition, which is allowed on * or not at all.",
        ("WebserverPolicy", "DaemonPolicy"),
    )


def acknowledge(stack: Stack, standing: Iterator[Standing]) -> None:
    """Tell cdk-nag which findings are meant, and why."""
    for one in standing:
        told = Acknowledgment(id=f"AwsSolutions-{one.rule}", reason=one.reason)
        for scope in [stack.node.find_child(name) for name in one.where] or [stack]:
            Validations.of(scope).acknowledge(told)
