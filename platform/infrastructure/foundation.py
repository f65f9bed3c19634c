"""What must be there, and filled by hand, before the stage's stack: the images, and the OpenID provider's secret."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_secretsmanager as manager

from infrastructure.removal import removal
from infrastructure.stages import Stage

KEPT_IMAGES = 30


@dataclass(frozen=True)
class Foundation:
    """The repository of images, and the secret that goes with Tributary's name at the OpenID provider."""

    repository: ecr.Repository
    oidc_secret: manager.Secret


def make_foundation(stack: Stack, stage: Stage) -> Foundation:
    """Both; the secret is one that nobody can use until somebody puts the provider's in."""
    repository = ecr.Repository(
        stack,
        "Images",
        repository_name=stage.repository,
        image_scan_on_push=True,
        image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        encryption=ecr.RepositoryEncryption.KMS,
        removal_policy=removal(stage),
        lifecycle_rules=[
            ecr.LifecycleRule(
                rule_priority=1,
                description="What no tag names.",
                tag_status=ecr.TagStatus.UNTAGGED,
                max_image_age=Duration.days(7),
            ),
            ecr.LifecycleRule(rule_priority=2, description="The newest.", max_image_count=KEPT_IMAGES),
        ],
    )
    secret = manager.Secret(
        stack,
        "OidcSecret",
        secret_name=f"{stage.prefix}/oidc-client-secret",
        description="The OpenID provider's secret for Tributary: put it in by hand.",
        removal_policy=removal(stage),
    )
    return Foundation(repository, secret)
