"""What each task may do on AWS, and nothing beyond: actions are named one by one, and so is what they are done to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets

from infrastructure.athena import platform_workgroup
from infrastructure.catalogue import DATABASES
from infrastructure.lake import ANSWERS, COMPUTE_LOGS, LAKE, WAREHOUSE
from infrastructure.stages import SERVICES, Stage
from tributary.resources.secret_references import SCHEME, is_reference

Statements = list[iam.PolicyStatement]

_READ_CATALOGUE = (
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetTableVersion",
    "glue:GetTableVersions",
    "glue:GetPartitions",
)
_WRITE_CATALOGUE = (
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:DeleteTableVersion",
    "glue:BatchDeleteTableVersion",
)
_ASK = (
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:StopQueryExecution",
    "athena:GetQueryRuntimeStatistics",
)


@dataclass(frozen=True)
class Held:
    """What the tasks work on."""

    bucket: s3.Bucket
    stream: kinesis.Stream
    database: secrets.ISecret
    key: kms.Key


def objects(bucket: s3.IBucket, prefix: str) -> str:
    """The objects whose keys begin with a prefix, which have no names that are known before."""
    return f"{bucket.bucket_arn}/{prefix}/*"


def use_key(key: kms.IKey) -> iam.PolicyStatement:
    """Reading and writing what the stage's key encrypts."""
    return iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])


def secrets_of_settings(stage: Stage) -> list[str]:
    """The secrets that the stage's settings name (`secretsmanager:NAME`), to whose ARNs AWS adds six characters."""
    names = {text.removeprefix(SCHEME).partition("#")[0] for text in stage.settings.values() if is_reference(text)}
    own = f"arn:aws:secretsmanager:{stage.region}:{stage.account}:secret:"
    return sorted(name if name.startswith("arn:") else f"{own}{name}-??????" for name in names)


def read_settings(stage: Stage, held: Held) -> Statements:
    """Reading the secrets that all settings name, the server's among them, now and after it was renewed."""
    return [
        iam.PolicyStatement(
            actions=["secretsmanager:GetSecretValue"], resources=[held.database.secret_arn, *secrets_of_settings(stage)]
        ),
        use_key(held.key),
    ]


def put_events(_stage: Stage, held: Held) -> Statements:
    """Putting events into the stream."""
    return [iam.PolicyStatement(actions=["kinesis:PutRecords"], resources=[held.stream.stream_arn])]


def read_lake(_stage: Stage, held: Held) -> Statements:
    """Listing and reading the lake, and what runs print."""
    return [
        _list(held.bucket, LAKE, COMPUTE_LOGS),
        iam.PolicyStatement(
            actions=["s3:GetObject"], resources=[objects(held.bucket, one) for one in (LAKE, COMPUTE_LOGS)]
        ),
    ]


def write_lake(_stage: Stage, held: Held) -> Statements:
    """Writing the lake, and what runs print."""
    return [
        iam.PolicyStatement(
            actions=["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            resources=[objects(held.bucket, one) for one in (LAKE, COMPUTE_LOGS)],
        )
    ]


def ask_athena(stage: Stage, held: Held) -> Statements:
    """Asking the warehouse: its tables, their files, and where answers are put."""
    arn = f"arn:aws:athena:{stage.region}:{stage.account}:workgroup/{platform_workgroup(stage)}"
    return [
        iam.PolicyStatement(actions=list(_ASK), resources=[arn]),
        iam.PolicyStatement(actions=list(_READ_CATALOGUE), resources=_tables(stage)),
        # Athena looks at it whatever is asked.
        iam.PolicyStatement(
            actions=["glue:GetDatabase"], resources=[f"arn:aws:glue:{stage.region}:{stage.account}:database/default"]
        ),
        iam.PolicyStatement(
            actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], resources=[held.bucket.bucket_arn]
        ),
        _list(held.bucket, WAREHOUSE, ANSWERS),
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects(held.bucket, WAREHOUSE)]),
        iam.PolicyStatement(
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            resources=[objects(held.bucket, ANSWERS)],
        ),
    ]


def write_warehouse(stage: Stage, held: Held) -> Statements:
    """Writing tables and their files."""
    return [
        iam.PolicyStatement(actions=list(_WRITE_CATALOGUE), resources=_tables(stage)),
        iam.PolicyStatement(
            actions=["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            resources=[objects(held.bucket, WAREHOUSE)],
        ),
    ]


def watch_runs(stage: Stage, _held: Held) -> Statements:
    """Looking at the tasks of runs, and stopping them."""
    return [
        # AWS knows no single definitions for this action.
        iam.PolicyStatement(actions=["ecs:DescribeTaskDefinition"], resources=["*"]),
        iam.PolicyStatement(actions=["ecs:DescribeTasks", "ecs:StopTask"], resources=[_run_tasks(stage)]),
    ]


def launch_runs(stage: Stage, _held: Held) -> Statements:
    """Starting a task for each run, in this stage's cluster, with the run's roles alone, and telling why one failed."""
    cluster = f"arn:aws:ecs:{stage.region}:{stage.account}:cluster/{stage.prefix}"
    return [
        iam.PolicyStatement(
            actions=["ecs:RunTask"],
            resources=[f"arn:aws:ecs:{stage.region}:{stage.account}:task-definition/{run_family(stage)}:*"],
            conditions={"ArnEquals": {"ecs:cluster": cluster}},
        ),
        iam.PolicyStatement(
            actions=["ecs:TagResource"],
            resources=[_run_tasks(stage)],
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
        ),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[f"arn:aws:iam::{stage.account}:role/{role_name(stage, one)}" for one in ("run", "execution")],
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        iam.PolicyStatement(
            actions=["logs:GetLogEvents"],
            resources=[f"arn:aws:logs:{stage.region}:{stage.account}:log-group:/{stage.prefix}/run:log-stream:*"],
        ),
    ]


Grant = Callable[[Stage, Held], Statements]

MAY: Mapping[str, Sequence[Grant]] = {
    "gateway": (read_settings, put_events, read_lake, ask_athena),
    "collector": (read_settings, put_events),
    "webserver": (read_settings, read_lake, watch_runs),
    "code-server": (read_settings, read_lake, ask_athena),
    "daemon": (read_settings, read_lake, watch_runs, launch_runs),
    "dashboard": (read_settings,),
    "run": (read_settings, read_lake, write_lake, ask_athena, write_warehouse),
}
"""What the tasks of each kind may do."""


def run_family(stage: Stage) -> str:
    """The name of the task definition by which runs are started."""
    return f"{stage.prefix}-run"


def role_name(stage: Stage, kind: str) -> str:
    """The name of a kind of task's role; `execution` is that by which ECS starts all."""
    return f"{stage.prefix}-{kind}"


def make_task_roles(stack: Stack, stage: Stage, held: Held) -> dict[str, iam.Role]:
    """A role for each kind of task."""
    return {kind: _role(stack, stage, held, kind) for kind in (*SERVICES, "run")}


def make_execution_role(stack: Stack, stage: Stage) -> iam.Role:
    """The role by which ECS pulls the image, reads secrets for a task's start, and keeps what it prints."""
    return iam.Role(stack, "ExecutionRole", role_name=role_name(stage, "execution"), assumed_by=_tasks(stage))


def _role(stack: Stack, stage: Stage, held: Held, kind: str) -> iam.Role:
    own = "".join(part.capitalize() for part in kind.split("-"))
    role = iam.Role(stack, f"{own}Role", role_name=role_name(stage, kind), assumed_by=_tasks(stage))
    statements = [statement for grant in MAY[kind] for statement in grant(stage, held)]
    iam.Policy(stack, f"{own}Policy", roles=[role], statements=statements)
    return role


def _tasks(stage: Stage) -> iam.ServicePrincipal:
    # No other account's tasks can be made to act for ours.
    own = {"StringEquals": {"aws:SourceAccount": stage.account}}
    return iam.ServicePrincipal("ecs-tasks.amazonaws.com", conditions=own)


def _list(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    within = [text for one in prefixes for text in (one, f"{one}/*")]
    return iam.PolicyStatement(
        actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions={"StringLike": {"s3:prefix": within}}
    )


def _tables(stage: Stage) -> list[str]:
    base = f"arn:aws:glue:{stage.region}:{stage.account}"
    own = [text for name in DATABASES for text in (f"{base}:database/{name}", f"{base}:table/{name}/*")]
    return [f"{base}:catalog", *own]


def _run_tasks(stage: Stage) -> str:
    return f"arn:aws:ecs:{stage.region}:{stage.account}:task/{stage.prefix}/*"
