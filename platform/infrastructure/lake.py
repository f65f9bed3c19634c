"""The buckets: one of lake and warehouse, encrypted, private and versioned, and one of the access logs."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infrastructure.removal import removal
from infrastructure.stages import Stage

LAKE, WAREHOUSE, ANSWERS, COMPUTE_LOGS, ERRORS = "lake", "warehouse", "athena-answers", "compute-logs", "errors"
"""What keys begin with: objects, Iceberg's tables, Athena's answers, what runs print, what Firehose cannot deliver."""

ANSWER_DAYS = 7
_UPLOAD_DAYS = 7
_RARE_DAYS = 90


@dataclass(frozen=True)
class Buckets:
    """The bucket of data, and that of access logs."""

    data: s3.Bucket
    logs: s3.Bucket


def make_buckets(stack: Stack, stage: Stage, key: kms.Key) -> Buckets:
    """The buckets. Balancer and S3 write access logs with S3's own encryption alone, so these have a bucket apart."""
    logs = s3.Bucket(
        stack,
        "AccessLogs",
        bucket_name=f"{stage.bucket}-logs",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        versioned=True,
        removal_policy=removal(stage),
        lifecycle_rules=[
            s3.LifecycleRule(
                id="old",
                expiration=Duration.days(stage.log_days),
                noncurrent_version_expiration=Duration.days(1),
                abort_incomplete_multipart_upload_after=Duration.days(_UPLOAD_DAYS),
            )
        ],
    )
    data = s3.Bucket(
        stack,
        "Lake",
        bucket_name=stage.bucket,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        # Of each object a key of its own would cost a call of KMS.
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        removal_policy=removal(stage),
        server_access_logs_bucket=logs,
        server_access_logs_prefix="s3/",
        lifecycle_rules=_rules(stage),
    )
    return Buckets(data, logs)


def _rules(stage: Stage) -> list[s3.LifecycleRule]:
    rare = s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(_RARE_DAYS))
    return [
        s3.LifecycleRule(id="incomplete-uploads", abort_incomplete_multipart_upload_after=Duration.days(_UPLOAD_DAYS)),
        s3.LifecycleRule(
            id="old-versions",
            noncurrent_version_expiration=Duration.days(stage.old_versions_days),
            expired_object_delete_marker=True,
        ),
        s3.LifecycleRule(id="answers", prefix=f"{ANSWERS}/", expiration=Duration.days(ANSWER_DAYS)),
        s3.LifecycleRule(id="compute-logs", prefix=f"{COMPUTE_LOGS}/", expiration=Duration.days(stage.log_days)),
        s3.LifecycleRule(id="seldom-read", prefix=f"{LAKE}/", transitions=[rare]),
    ]
