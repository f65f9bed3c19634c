"""The secrets that are made here: keys that sign, and the collector's write key."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as manager

from infrastructure.removal import removal
from infrastructure.stages import Stage

MADE = {
    "TRIBUTARY_WEB_SECRET": ("web-secret", "Signs sessions and forms."),
    "TRIBUTARY_PRINCIPAL_KEY": ("principal-key", "Signs who asks, from one task to another."),
    "TRIBUTARY_COLLECTOR_WRITE_KEY": ("write-key", "Senders of events send it."),
}
"""By the setting that it becomes, a secret's name and what it is for."""


def make_secrets(stack: Stack, stage: Stage, key: kms.IKey) -> dict[str, manager.ISecret]:
    """The secrets, by the setting that each becomes."""
    return {variable: _make(stack, stage, key, *told) for variable, told in MADE.items()}


def _make(stack: Stack, stage: Stage, key: kms.IKey, name: str, description: str) -> manager.Secret:
    return manager.Secret(
        stack,
        "".join(part.capitalize() for part in name.split("-")),
        secret_name=f"{stage.prefix}/{name}",
        description=description,
        encryption_key=key,
        generate_secret_string=manager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
        removal_policy=removal(stage),
    )
