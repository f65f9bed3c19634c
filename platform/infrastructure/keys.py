"""The key by which all data of a stage are encrypted, and the services that may use it."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infrastructure.removal import removal
from infrastructure.stages import Stage

FOR_SERVICES = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def make_key(stack: Stack, stage: Stage) -> kms.Key:
    """The key, which AWS renews each year."""
    key = kms.Key(
        stack,
        "Key",
        alias=f"alias/{stage.prefix}",
        description=f"Data of {stage.prefix}.",
        enable_key_rotation=True,
        pending_window=Duration.days(30),
        removal_policy=removal(stage),
    )
    logs = iam.ServicePrincipal(f"logs.{stage.region}.amazonaws.com")
    own = f"arn:aws:logs:{stage.region}:{stage.account}:log-group:/{stage.prefix}/"
    _let(key, logs, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"{own}*"}})
    for service in ("cloudwatch", "budgets"):
        # They put what they tell into the topic of alarms, which the key encrypts.
        _let(
            key,
            iam.ServicePrincipal(f"{service}.amazonaws.com"),
            {"StringEquals": {"aws:SourceAccount": stage.account}},
        )
    return key


def by_name(stack: Stack, key: kms.Key) -> kms.IKey:
    """The key for whose use constructs write nothing into its policy: they would write actions with wildcards."""
    return kms.Key.from_key_arn(stack, "KeyByName", key.key_arn)


def _let(key: kms.Key, who: iam.ServicePrincipal, when: dict[str, dict[str, str]]) -> None:
    # In a key's own policy "*" is that key.
    key.add_to_resource_policy(
        iam.PolicyStatement(actions=list(FOR_SERVICES), resources=["*"], principals=[who], conditions=when)
    )
