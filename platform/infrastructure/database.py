"""Postgres on RDS: what people type, Dagster's records, and the copies that pages read; its password renews itself."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secrets

from infrastructure.network import POSTGRES, Network
from infrastructure.removal import removal
from infrastructure.stages import Stage

ROTATION_DAYS = 30
_USER = "tributary"


@dataclass(frozen=True)
class Server:
    """The server, and the secret that says where it is, with user and password."""

    instance: rds.DatabaseInstance
    secret: secrets.ISecret


def make_database(stack: Stack, stage: Stage, network: Network, key: kms.IKey) -> Server:
    """The server, closed to all but the platform's tasks."""
    parameters = rds.ParameterGroup(
        stack,
        "PostgresParameters",
        description="Postgres 17 for Tributary.",
        engine=_engine(),
        parameters={
            "rds.force_ssl": "1",
            # Of the databases here only `app` cannot be made again; all are worth what it costs.
            "synchronous_commit": "on",
            "log_min_duration_statement": "10000",
            "log_statement": "none",
            "idle_in_transaction_session_timeout": "3600000",
        },
    )
    monitor = iam.Role(stack, "MonitoringRole", assumed_by=iam.ServicePrincipal("monitoring.rds.amazonaws.com"))
    iam.Policy(
        stack,
        "MonitoringPolicy",
        roles=[monitor],
        statements=[
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                resources=[
                    f"arn:aws:logs:{stage.region}:{stage.account}:log-group:RDSOSMetrics:log-stream:*",
                    f"arn:aws:logs:{stage.region}:{stage.account}:log-group:RDSOSMetrics",
                ],
            )
        ],
    )
    instance = rds.DatabaseInstance(
        stack,
        "Postgres",
        instance_identifier=stage.prefix,
        engine=_engine(),
        instance_type=ec2.InstanceType(stage.database.size),
        vpc=network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        security_groups=[network.group("database")],
        port=POSTGRES,
        credentials=rds.Credentials.from_generated_secret(
            _USER, secret_name=f"{stage.prefix}/postgres", encryption_key=key
        ),
        parameter_group=parameters,
        allocated_storage=stage.database.storage_gb,
        max_allocated_storage=stage.database.most_storage_gb,
        storage_type=rds.StorageType.GP3,
        storage_encrypted=True,
        storage_encryption_key=key,
        multi_az=stage.database.standby,
        backup_retention=Duration.days(stage.database.backup_days),
        preferred_backup_window="01:00-02:00",
        preferred_maintenance_window="sun:02:30-sun:03:30",
        delete_automated_backups=not stage.keep,
        copy_tags_to_snapshot=True,
        auto_minor_version_upgrade=True,
        deletion_protection=stage.keep,
        removal_policy=removal(stage),
        iam_authentication=False,
        publicly_accessible=False,
        enable_performance_insights=True,
        performance_insight_encryption_key=key,
        monitoring_interval=Duration.seconds(60),
        monitoring_role=monitor,
        cloudwatch_logs_exports=["postgresql"],
    )
    secret = instance.secret
    secret.add_rotation_schedule(
        "Rotation",
        automatically_after=Duration.days(ROTATION_DAYS),
        hosted_rotation=secrets.HostedRotation.postgre_sql_single_user(
            function_name=f"{stage.prefix}-rotation",
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[network.group("rotation")],
        ),
    )
    return Server(instance, secret)


def _engine() -> rds.IInstanceEngine:
    return rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_9)
