"""Athena's workgroups: that of the platform, and that of people's tools; each with a limit that nobody can lift."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms

from infrastructure.lake import ANSWERS
from infrastructure.stages import Stage

ENGINE = "Athena engine version 3"
_GB = 1_000_000_000
_PEOPLE = 10
"""By how much less a statement of people may scan than one of the platform."""


def platform_workgroup(stage: Stage) -> str:
    """The name of the platform's workgroup."""
    return stage.prefix


def people_workgroup(stage: Stage) -> str:
    """The name of the workgroup of QuickSight and of people."""
    return f"{stage.prefix}-people"


def make_workgroups(stack: Stack, stage: Stage, key: kms.Key) -> None:
    """Both workgroups: settings of clients count for nothing in them."""
    limit = stage.athena.scan_limit_gb * _GB
    _make(stack, stage, key, "Workgroup", platform_workgroup(stage), "The platform's statements.", limit)
    _make(stack, stage, key, "PeopleWorkgroup", people_workgroup(stage), "QuickSight, and people.", limit // _PEOPLE)


def _make(stack: Stack, stage: Stage, key: kms.Key, id_: str, name: str, description: str, limit: int) -> None:
    own = athena.CfnWorkGroup
    own(
        stack,
        id_,
        name=name,
        description=description,
        recursive_delete_option=not stage.keep,
        work_group_configuration=own.WorkGroupConfigurationProperty(
            engine_version=own.EngineVersionProperty(selected_engine_version=ENGINE),
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=limit,
            result_configuration=own.ResultConfigurationProperty(
                output_location=f"s3://{stage.bucket}/{ANSWERS}/{name}/",
                encryption_configuration=own.EncryptionConfigurationProperty(
                    encryption_option="SSE_KMS", kms_key=key.key_arn
                ),
            ),
        ),
    )
