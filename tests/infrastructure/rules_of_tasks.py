"""Tasks and services, alarms, and QuickSight. What tasks are told is in `test_environment`."""

from __future__ import annotations

import json

from infrastructure.quicksight import catalogue, columns_of, drawn_charts
from infrastructure.services import PARTS
from infrastructure.stages import ALONE
from tests.infrastructure.rules import of, own
from tests.infrastructure.rules_of_data import KEY
from tests.infrastructure.rules_of_network import kind
from tests.infrastructure.templates import Resource
from tributary.containers.signs import UNITS, line

ALARMS = {
    "FailedRuns", "StoppedHeartbeats", "StaleTables", "FirehoseFailures", "FirehoseLate", "IteratorAge",
    "StreamRefuses", "PostgresBusy", "PostgresDisk", "PostgresMemory", "PostgresAway", "GatewayDown", "CollectorDown",
    "Failures",
}  # fmt: skip
SILENCE_IS_BAD = {"StoppedHeartbeats", "PostgresAway", "GatewayDown", "CollectorDown"}


@of("AWS::ECS::Cluster")
def cluster(one: Resource) -> None:
    """The stage's, which tells of itself."""
    assert one.properties["ClusterName"] == one.stage.prefix
    assert one.properties["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]


@of("AWS::ECS::ClusterCapacityProviderAssociations")
def providers(one: Resource) -> None:
    """Fargate."""
    assert one.properties["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


@of("AWS::ECS::TaskDefinition")
def task(one: Resource) -> None:
    """Fargate, of the stage's size; one container, not root, whose disk is closed but for two folders."""
    found = one.properties
    name = kind(one.name.partition("Task")[0] + "Group")
    size = one.stage.tasks[name]
    assert (found["Cpu"], found["Memory"]) == (str(size.cpu), str(size.memory))
    assert found["NetworkMode"] == "awsvpc"
    assert found["RequiresCompatibilities"] == ["FARGATE"]
    assert found["TaskRoleArn"].startswith(f"<{one.name.partition('Task')[0]}Role")
    assert found["ExecutionRoleArn"].startswith("<ExecutionRole")
    (container,) = found["ContainerDefinitions"]
    assert container["User"] == "10001"
    assert container["ReadonlyRootFilesystem"] is True
    assert {told["ContainerPath"] for told in container["MountPoints"]} == {"/var/lib/tributary", "/tmp"}
    assert container["LinuxParameters"]["InitProcessEnabled"] is True
    assert container["Image"].endswith(f":{one.stage.image_tag}")
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert container.get("Privileged", False) is False
    if name == "run":
        assert (found["Family"], container["Name"]) == (f"{one.stage.prefix}-run", "run")
        assert found["EphemeralStorage"]["SizeInGiB"] >= 21
        assert "Command" not in container
        return
    part = PARTS[name]
    assert container["Command"] == ["tributary", "serve", part.part]
    assert container["Name"] == name
    assert [told["ContainerPort"] for told in container.get("PortMappings", [])] == ([part.port] if part.port else [])
    assert ("HealthCheck" in container) == (name != "daemon")
    if part.probe:
        assert container["HealthCheck"]["Command"][-2:] == ["tributary.containers.probe", part.probe]


@of("AWS::ECS::Service")
def service(one: Resource) -> None:
    """In private subnets; of what must be there once there are never two, and a deployment that fails is taken back."""
    found = one.properties
    name = found["ServiceName"]
    network = found["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert all("Private" in text for text in network["Subnets"])
    assert [kind(text) for text in network["SecurityGroups"]] == [name]
    assert found["DesiredCount"] == one.stage.tasks[name].least
    deployment = found["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    bounds = (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"])
    assert bounds == ((0, 100) if name in ALONE else (100, 200))
    assert found.get("EnableExecuteCommand", False) is False
    assert ("LoadBalancers" in found) == (name in ("gateway", "collector"))
    assert ("ServiceRegistries" in found) == (name in ("webserver", "code-server", "dashboard"))


@of("AWS::ApplicationAutoScaling::ScalableTarget")
def scalable(one: Resource) -> None:
    """Between the stage's bounds."""
    name = "gateway" if one.name.startswith("Gateway") else "collector"
    size = one.stage.tasks[name]
    assert (one.properties["MinCapacity"], one.properties["MaxCapacity"]) == (size.least, size.most)


@of("AWS::ApplicationAutoScaling::ScalingPolicy")
def scaling(one: Resource) -> None:
    """By how busy the tasks are."""
    told = one.properties["TargetTrackingScalingPolicyConfiguration"]
    assert told["PredefinedMetricSpecification"] == {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    assert told["TargetValue"] == 60


@of("AWS::Logs::LogGroup")
def logs(one: Resource) -> None:
    """Encrypted, and kept for the stage's days."""
    assert own(one.stage.prefix, one.properties["LogGroupName"])
    assert one.properties["RetentionInDays"] == one.stage.log_days
    assert KEY.fullmatch(one.properties["KmsKeyId"])


@of("AWS::Logs::LogStream")
def log_stream(one: Resource) -> None:
    """That which Firehose's role may write."""
    assert one.properties["LogStreamName"] == "delivery"


@of("AWS::Logs::MetricFilter")
def metric_filter(one: Resource) -> None:
    """Finds the daemon's line as the platform writes it, and takes its number, which alarms look at."""
    assert one.properties["LogGroupName"].startswith("<DaemonLogs")
    (told,) = one.properties["MetricTransformations"]
    name = told["MetricName"]
    assert (told["MetricNamespace"], told["Unit"]) == ("Tributary", UNITS[name])
    assert one.properties["FilterPattern"] == f"{{ $.{name} >= 0 }}"
    assert told["MetricValue"] == f"$.{name}"
    assert json.loads(line(dict.fromkeys(UNITS, 1.5)))[name] == 1.5


@of("AWS::CloudWatch::Alarm")
def alarm(one: Resource) -> None:
    """One of those that are meant; it tells the topic when it is raised and when it is over."""
    found = one.properties
    name = found["AlarmName"].removeprefix(f"{one.stage.prefix}-")
    assert name in ALARMS
    assert len(found["AlarmDescription"]) > 10
    assert [text.startswith("<Alarms") for text in (*found["AlarmActions"], *found["OKActions"])] == [True, True]
    assert found["TreatMissingData"] == ("breaching" if name in SILENCE_IS_BAD else "notBreaching")
    assert found["EvaluationPeriods"] * found["Period"] <= 1800


@of("AWS::SNS::Topic")
def topic(one: Resource) -> None:
    """Encrypted by the stage's key."""
    assert one.properties["TopicName"] == f"{one.stage.prefix}-alarms"
    assert KEY.fullmatch(one.properties["KmsMasterKeyId"])


@of("AWS::SNS::TopicPolicy")
def topic_policy(one: Resource) -> None:
    """CloudWatch and Budgets of this account may tell it; nothing without TLS."""
    statements = one.properties["PolicyDocument"]["Statement"]
    allowed = [told for told in statements if told["Effect"] == "Allow"]
    assert all(told["Condition"] == {"StringEquals": {"aws:SourceAccount": one.stage.account}} for told in allowed)
    assert {told["Action"] for told in allowed} == {"sns:Publish"}
    assert any(told["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for told in statements)


@of("AWS::SNS::Subscription")
def subscription(one: Resource) -> None:
    """Whom the stage names."""
    assert (one.properties["Protocol"], one.properties["Endpoint"]) == ("email", one.stage.alarms_to)


@of("AWS::Budgets::Budget")
def budget(one: Resource) -> None:
    """The stage's, which tells at four fifths, at all of it, and when it will be more."""
    told = one.properties["Budget"]
    assert (told["BudgetType"], told["TimeUnit"]) == ("COST", "MONTHLY")
    assert told["BudgetLimit"] == {"Amount": one.stage.budget_usd, "Unit": "USD"}
    notices = [notice["Notification"] for notice in one.properties["NotificationsWithSubscribers"]]
    kinds = [(notice["NotificationType"], notice["Threshold"]) for notice in notices]
    assert kinds == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]


@of("AWS::QuickSight::DataSource")
def data_source(one: Resource) -> None:
    """Athena by people's workgroup, as a role of its own."""
    told = one.properties["DataSourceParameters"]["AthenaParameters"]
    assert one.properties["Type"] == "ATHENA"
    assert told["WorkGroup"] == f"{one.stage.prefix}-people"
    assert told["RoleArn"].startswith("<QuickSightRole")
    assert one.properties["SslProperties"] == {"DisableSsl": False}


@of("AWS::QuickSight::DataSet")
def data_set(one: Resource) -> None:
    """A gold table as the catalogue has it, without personal data, asked when somebody looks."""
    assert one.properties["ImportMode"] == "DIRECT_QUERY"
    (told,) = one.properties["PhysicalTableMap"].values()
    relation = told["RelationalTable"]
    assert relation["Schema"] == "gold"
    table = catalogue().by_key[f"gold.{relation['Name']}"]
    assert [column["Name"] for column in relation["InputColumns"]] == [column.name for column in columns_of(table)]
    hidden = {column.name for column in table.columns if "pii" in column.tags}
    assert hidden.isdisjoint(column["Name"] for column in relation["InputColumns"])
    (permission,) = one.properties["Permissions"]
    group = f"arn:aws:quicksight:{one.stage.region}:{one.stage.account}:group/default/{one.stage.quicksight.group}"
    assert permission["Principal"] == group


@of("AWS::QuickSight::Analysis")
def analysis(one: Resource) -> None:
    """A visual for each chart, each of columns that its data set has."""
    told = one.properties["Definition"]
    sets = {entry["Identifier"] for entry in told["DataSetIdentifierDeclarations"]}
    charts = drawn_charts()
    assert sets == {chart.table.key for chart in charts}
    visuals = [visual for sheet in told["Sheets"] for visual in sheet["Visuals"]]
    assert len(visuals) == len(charts) >= 10
    used = [pair for visual in visuals for pair in _columns(visual)]
    assert len(used) == 2 * len(visuals)
    for table, column in used:
        assert column in {entry.name for entry in columns_of(catalogue().by_key[table])}


def _columns(value: object) -> list[tuple[str, str]]:
    if isinstance(value, list):
        return [pair for one in value for pair in _columns(one)]
    if not isinstance(value, dict):
        return []
    if "ColumnName" in value:
        return [(value["DataSetIdentifier"], value["ColumnName"])]
    return [pair for one in value.values() for pair in _columns(one)]
