"""Least privilege: who may act as a role, no action by a wildcard, none on everything but where AWS knows no less."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("aws_cdk", reason="the extra `infrastructure` is not installed; `make synth` installs it")

from infrastructure.stages import read_stages
from tests.infrastructure.rules import of, own
from tests.infrastructure.templates import Resource, Synthesised

pytestmark = pytest.mark.xdist_group("infrastructure")

ON_EVERYTHING = {
    "ecr:GetAuthorizationToken": "logging in to ECR is of no repository",
    "ecs:DescribeTaskDefinition": "AWS knows no single definitions for it",
}
"""Actions that AWS lets be allowed on `*` alone, with why.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

NAMED_BY_OTHERS = {
    r"<Lake\w+\.Arn>/[a-z-]+(/[a-z-]+)*/\*": "objects, by how their keys begin",
    r"arn:aws:glue:[a-z0-9-]+:\d{12}:table/(staged|core|gold|quarantine|_parts)/\*": "tables of one database",
    r"arn:aws:ecs:[a-z0-9-]+:\d{12}:task/tributary-\w+/\*": "tasks of the stage's cluster, whose ids ECS gives",
    r"arn:aws:ecs:[a-z0-9-]+:\d{12}:task-definition/tributary-\w+-run:\*": "revisions of the run's definition",
    r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/.-]+-\?{6}": "a secret by its name, to which AWS adds six",
    r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:/tributary-\w+/run:log-stream:\*": "streams that ECS names after tasks",
    r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:RDSOSMetrics:log-stream:\*": "streams that RDS names itself",
}
"""Resources whose names nobody knows before, by what they are known by."""

TRUSTED = {
    "vpc-flow-logs.amazonaws.com", "firehose.amazonaws.com", "monitoring.rds.amazonaws.com", "ecs-tasks.amazonaws.com",
    "quicksight.amazonaws.com",
}  # fmt: skip


def statements(one: Resource) -> list[dict[str, Any]]:
    """What a policy of IAM says."""
    found: list[dict[str, Any]] = one.properties["PolicyDocument"]["Statement"]
    return found


def texts(value: object) -> list[str]:
    """A text, or a list of them, as a list."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def too_much(told: dict[str, Any]) -> Iterator[str]:
    """What a statement allows beyond need."""
    if told["Effect"] != "Allow":
        return
    for name in ("NotAction", "NotResource", "NotPrincipal"):
        if name in told:
            yield f"{name} allows all but something"
    actions = texts(told["Action"])
    yield from (f"the action {action}" for action in actions if "*" in action or "?" in action or ":" not in action)
    for resource in texts(told.get("Resource", [])):
        if resource == "*":
            yield from (f"{action} on everything" for action in actions if action not in ON_EVERYTHING)
        elif ("*" in resource or "?" in resource) and not any(re.fullmatch(one, resource) for one in NAMED_BY_OTHERS):
            yield f"{resource}, by a wildcard"


@of("AWS::IAM::Policy")
def policy(one: Resource) -> None:
    """Nothing by a wildcard."""
    assert [text for told in statements(one) for text in too_much(told)] == []
    assert len(one.properties["Roles"]) == 1


@of("AWS::IAM::Role")
def role(one: Resource) -> None:
    """One service of AWS acts as it, which no other account can make it do; all that it may is in policies here."""
    (trust,) = one.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"
    assert trust["Principal"].keys() == {"Service"}
    assert trust["Principal"]["Service"] in TRUSTED
    assert "ManagedPolicyArns" not in one.properties
    assert "Policies" not in one.properties
    if trust["Principal"]["Service"] in ("ecs-tasks.amazonaws.com", "quicksight.amazonaws.com"):
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": one.stage.account}}
        assert own(one.stage.prefix, one.properties["RoleName"])


@pytest.mark.parametrize(
    "told",
    [
        {"Action": "s3:*", "Resource": "<Lake1.Arn>"},
        {"Action": ["s3:GetObject*"], "Resource": "<Lake1.Arn>/lake/*"},
        {"Action": "*", "Resource": "<Lake1.Arn>"},
        {"Action": "s3:GetObject", "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": "<Lake1.Arn>/*"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::*/lake/*"},
        {"Action": "glue:GetTable", "Resource": "arn:aws:glue:eu-west-1:111111111111:table/*"},
        {"Action": ["ecs:DescribeTaskDefinition", "ecs:RunTask"], "Resource": "*"},
        {"NotAction": "iam:PassRole", "Action": "s3:GetObject", "Resource": "<Lake1.Arn>/lake/*"},
        {"Action": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/*"},
    ],
)
def test_what_allows_too_much_is_found(told: dict[str, Any]) -> None:
    assert list(too_much({"Effect": "Allow", **told})) != []


def test_secrets_that_a_stages_settings_name_are_read_and_no_others() -> None:
    from infrastructure.roles import secrets_of_settings

    arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:mail-AbCdEf"
    told = {
        "TRIBUTARY_MAIL_URL": f"secretsmanager:{arn}",
        "TRIBUTARY_EXAMPLE_TOKEN": "secretsmanager:tributary-dev/example#token",
        "TRIBUTARY_EXAMPLE_URL": "https://example.com",
    }
    found = secrets_of_settings(read_stages()["dev"].model_copy(update={"settings": told}))
    assert found == [arn, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:tributary-dev/example-??????"]
    assert list(too_much({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": found})) == []
    assert secrets_of_settings(read_stages()["dev"]) == []


def test_keys_and_topics_allow_the_account_and_named_actions(synthesised: Synthesised) -> None:
    """In a key's policy `*` is that key; the one wildcard of an action lets the account's own policies decide."""
    for one in synthesised.of("AWS::KMS::Key"):
        first, *others = one.properties["KeyPolicy"]["Statement"]
        assert first["Action"] == "kms:*"
        assert [action for told in others for action in texts(told["Action"]) if "*" in action] == []


def test_each_task_may_what_its_part_needs(synthesised: Synthesised) -> None:
    """Events alone are the collector's; runs write; only the daemon starts tasks, with the run's roles alone."""
    for stage in synthesised.stages.values():
        kinds = ("Gateway", "Collector", "Webserver", "CodeServer", "Daemon", "Dashboard", "Run")
        policies = {kind: statements(synthesised.one(stage, "AWS::IAM::Policy", f"{kind}Policy")) for kind in kinds}
        may = {kind: {action for told in found for action in texts(told["Action"])} for kind, found in policies.items()}
        log_in = {"secretsmanager:GetSecretValue", "kms:Decrypt", "kms:GenerateDataKey"}
        assert may["Dashboard"] == log_in
        assert may["Collector"] == log_in | {"kinesis:PutRecords"}
        writing = {kind for kind, actions in may.items() if {"glue:UpdateTable", "glue:CreateTable"} & actions}
        assert writing == {"Run"}
        assert {kind for kind, actions in may.items() if "ecs:RunTask" in actions} == {"Daemon"}
        passing = [told for told in policies["Daemon"] if "iam:PassRole" in texts(told["Action"])]
        assert [sorted(told["Resource"]) for told in passing] == [
            [f"arn:aws:iam::{stage.account}:role/{stage.prefix}-{one}" for one in ("execution", "run")]
        ]
        assert {kind for kind, actions in may.items() if "iam:PassRole" in actions} == {"Daemon"}
