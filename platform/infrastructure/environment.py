"""What tasks are told: the project's own settings, as docs/settings.md has them, by the stage."""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secrets

from infrastructure.athena import platform_workgroup
from infrastructure.lake import ANSWERS, COMPUTE_LOGS, LAKE, WAREHOUSE
from infrastructure.network import CODE, DAGSTER, DASHBOARD, NAMESPACE, WEB, Network
from infrastructure.roles import run_family
from infrastructure.stages import Stage

HOME = "/var/lib/tributary"
"""The folder of a task's local state, which goes with the task."""

RUN_CONTAINER = "run"
_GB = 1_000_000_000


def environment_of(stage: Stage, network: Network, database: secrets.ISecret) -> dict[str, str]:
    """The variables of every task."""
    vpc = network.vpc
    return {
        "TRIBUTARY_PROFILE": "aws",
        "TRIBUTARY_HOME": HOME,
        "TRIBUTARY_AWS_REGION": stage.region,
        # For what asks AWS without the settings.
        "AWS_DEFAULT_REGION": stage.region,
        # Looked up when the task starts; `serve` reads it again each minute, as the password renews itself.
        "TRIBUTARY_POSTGRES_URL": f"secretsmanager:{database.secret_arn}",
        "PGSSLMODE": "require",
        "TRIBUTARY_LAKE_URL": f"s3://{stage.bucket}/{LAKE}",
        "TRIBUTARY_COMPUTE_LOGS": f"s3://{stage.bucket}/{COMPUTE_LOGS}",
        "TRIBUTARY_STREAM": stage.stream_name,
        # A task's disk goes with the task: what Kinesis does not take is answered with 503, and sent again.
        "TRIBUTARY_STREAM_SPOOL_BYTES": "0",
        "TRIBUTARY_WAREHOUSE": "athena",
        "TRIBUTARY_ICEBERG_CATALOG": "glue",
        "TRIBUTARY_ICEBERG_WAREHOUSE": f"s3://{stage.bucket}/{WAREHOUSE}",
        "TRIBUTARY_ATHENA_WORKGROUP": platform_workgroup(stage),
        "TRIBUTARY_ATHENA_OUTPUT": f"s3://{stage.bucket}/{ANSWERS}/{platform_workgroup(stage)}",
        "TRIBUTARY_ATHENA_SCAN_LIMIT": str(stage.athena.scan_limit_gb * _GB),
        "TRIBUTARY_HOST": "0.0.0.0",  # noqa: S104 - of the task, whose security group says who reaches it
        "TRIBUTARY_WEB_PORT": str(WEB),
        "TRIBUTARY_DAGSTER_PORT": str(DAGSTER),
        "TRIBUTARY_DASHBOARD_PORT": str(DASHBOARD),
        "TRIBUTARY_CODE_SERVER": f"code-server.{NAMESPACE}:{CODE}",
        "TRIBUTARY_DAGSTER_URL": f"http://webserver.{NAMESPACE}:{DAGSTER}",
        "TRIBUTARY_DASHBOARD_URL": f"http://dashboard.{NAMESPACE}:{DASHBOARD}",
        "TRIBUTARY_PUBLIC_URL": f"https://{stage.domain}",
        "TRIBUTARY_TRUSTED_PROXIES": ",".join(one.ipv4_cidr_block for one in vpc.public_subnets),
        "TRIBUTARY_LOGIN": "oidc",
        "TRIBUTARY_OIDC_ISSUER": stage.oidc.issuer,
        "TRIBUTARY_OIDC_CLIENT_ID": stage.oidc.client_id,
        "TRIBUTARY_OIDC_ROLES": stage.oidc.roles,
        "TRIBUTARY_MAX_CONCURRENT_RUNS": str(stage.runs_at_once),
        "TRIBUTARY_ECS_TASK_DEFINITION": run_family(stage),
        "TRIBUTARY_ECS_CONTAINER": RUN_CONTAINER,
        "TRIBUTARY_ECS_CLUSTER": stage.prefix,
        "TRIBUTARY_ECS_SUBNETS": ",".join(one.subnet_id for one in vpc.private_subnets),
        "TRIBUTARY_ECS_SECURITY_GROUPS": network.group("run").security_group_id,
        **stage.settings,
    }
