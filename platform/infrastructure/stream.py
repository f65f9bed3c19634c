"""The event stream: Kinesis on demand, which Firehose reads and writes into the hours of the lake."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms

from infrastructure.lake import ERRORS, LAKE, Buckets
from infrastructure.logs import log_group
from infrastructure.roles import objects, use_key
from infrastructure.stages import Stage
from tributary.resources.stream.naming import EVENTS

PREFIX = f"{LAKE}/{EVENTS}!{{timestamp:yyyy/MM/dd/HH}}/"
"""What objects' keys begin with: the hour of arrival, in UTC, which Firehose writes in the notation of Java."""

ERROR_PREFIX = f"{ERRORS}/firehose/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd/HH}}/"
"""Beside the lake, so that what could not be delivered is never read as events."""


def make_stream(stack: Stack, stage: Stage, buckets: Buckets, key: kms.Key) -> kinesis.Stream:
    """The stream, and what delivers it."""
    stream = kinesis.Stream(
        stack,
        "Events",
        stream_name=stage.stream_name,
        stream_mode=kinesis.StreamMode.ON_DEMAND,
        retention_period=Duration.hours(stage.stream.hours),
        encryption=kinesis.StreamEncryption.KMS,
        encryption_key=key,
    )
    logs = log_group(stack, stage, key, "firehose")
    told = logs.add_stream("FirehoseLogStream", log_stream_name="delivery")
    who = iam.Role(
        stack,
        "FirehoseRole",
        assumed_by=iam.ServicePrincipal(
            "firehose.amazonaws.com", conditions={"StringEquals": {"sts:ExternalId": stage.account}}
        ),
    )
    bucket = buckets.data
    policy = iam.Policy(
        stack,
        "FirehosePolicy",
        roles=[who],
        statements=[
            iam.PolicyStatement(
                actions=[
                    "kinesis:DescribeStream",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                resources=[stream.stream_arn],
            ),
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[bucket.bucket_arn],
            ),
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[objects(bucket, f"{LAKE}/{EVENTS}".rstrip("/")), objects(bucket, ERRORS)],
            ),
            iam.PolicyStatement(
                actions=["logs:PutLogEvents"],
                resources=[
                    f"arn:aws:logs:{stage.region}:{stage.account}:log-group:/{stage.prefix}/firehose:log-stream:delivery"
                ],
            ),
            use_key(key),
        ],
    )
    delivery = firehose.CfnDeliveryStream(
        stack,
        "Delivery",
        delivery_stream_name=f"{stage.prefix}-events",
        delivery_stream_type="KinesisStreamAsSource",
        kinesis_stream_source_configuration={"kinesisStreamArn": stream.stream_arn, "roleArn": who.role_arn},
        extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=bucket.bucket_arn,
            role_arn=who.role_arn,
            prefix=PREFIX,
            error_output_prefix=ERROR_PREFIX,
            custom_time_zone="UTC",
            compression_format="GZIP",
            buffering_hints={"intervalInSeconds": stage.stream.buffer_seconds, "sizeInMBs": stage.stream.buffer_mb},
            encryption_configuration={"kmsEncryptionConfig": {"awskmsKeyArn": key.key_arn}},
            cloud_watch_logging_options={
                "enabled": True,
                "logGroupName": logs.log_group_name,
                "logStreamName": told.log_stream_name,
            },
            processing_configuration={
                "enabled": True,
                "processors": [
                    {
                        "type": "AppendDelimiterToRecord",
                        "parameters": [{"parameterName": "Delimiter", "parameterValue": "\\n"}],
                    }
                ],
            },
        ),
    )
    # It looks, when it is made, whether its role may.
    delivery.node.add_dependency(policy)
    return stream
