"""What wakes somebody: alarms on what the platform tells of itself and on AWS's own figures, and on the bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from infrastructure.database import Server
from infrastructure.stages import Stage
from tributary.containers.signs import NAMESPACE, UNITS

_GB = 1024**3
_MINUTE = 60
LOWER, HIGHER = "LessThanThreshold", "GreaterThanThreshold"
_MISSING = cloudwatch.TreatMissingData


@dataclass(frozen=True)
class Watch:
    """When an alarm is raised.

    Attributes:
        metric: namespace and name.
        what: what it means, and where to look.
        limit: beyond which it is raised.
        seconds: of which one figure is made.
        times: figures in a row beyond the limit.
        statistic: how figures are made.
        way: `HIGHER` or `LOWER`.
        silence: whether no figure at all is as bad as a bad one.
    """

    metric: tuple[str, str]
    what: str
    limit: float
    seconds: int = 300
    times: int = 1
    statistic: str = "Maximum"
    way: str = HIGHER
    silence: bool = False
    dimensions: Mapping[str, str] | None = None


def make_alarms(
    stack: Stack,
    stage: Stage,
    key: kms.Key,
    server: Server,
    balancer: elb.ApplicationLoadBalancer,
    targets: Mapping[str, elb.ApplicationTargetGroup],
) -> sns.Topic:
    """The alarms, the topic that they go to, and the budget."""
    topic = sns.Topic(stack, "Alarms", topic_name=f"{stage.prefix}-alarms", master_key=key, enforce_ssl=True)
    topic.add_subscription(subscriptions.EmailSubscription(stage.alarms_to))
    for service in ("cloudwatch", "budgets"):
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
            )
        )
    _read_signs(stack)
    for name, watch in _watched(stage, server, balancer, targets).items():
        _alarm(stack, stage, topic, name, watch)
    _budget(stack, stage, topic)
    return topic


def _read_signs(stack: Stack) -> None:
    """Make metrics of what the daemon's container tells of itself in its log."""
    group = stack.node.find_child("DaemonLogs")
    for name, unit in UNITS.items():
        logs.MetricFilter(
            stack,
            f"{name}Filter",
            log_group=group,
            filter_pattern=logs.FilterPattern.number_value(f"$.{name}", ">=", 0),
            metric_namespace=NAMESPACE,
            metric_name=name,
            metric_value=f"$.{name}",
            unit=cloudwatch.Unit[unit.upper()],
        )


def _watched(
    stage: Stage,
    server: Server,
    balancer: elb.ApplicationLoadBalancer,
    targets: Mapping[str, elb.ApplicationTargetGroup],
) -> dict[str, Watch]:
    firehose = {"DeliveryStreamName": f"{stage.prefix}-events"}
    stream = {"StreamName": stage.stream_name}
    postgres = {"DBInstanceIdentifier": server.instance.instance_identifier}
    front = {"LoadBalancer": balancer.load_balancer_full_name}
    late = stage.stream.buffer_seconds + 15 * _MINUTE
    own = {
        "FailedRuns": Watch(
            (NAMESPACE, "FailedRuns"), "A run failed: the front page says which, and why.", 0, statistic="Sum"
        ),
        "StoppedHeartbeats": Watch(
            (NAMESPACE, "HeartbeatAge"),
            "A daemon is silent, or the container of all: nothing follows by itself.",
            300,
            _MINUTE,
            5,
            silence=True,
        ),
        "StaleTables": Watch(
            (NAMESPACE, "StaleTables"),
            "Tables are older than their source says: the front page says which.",
            0,
            times=6,
        ),
    }
    events = {
        "FirehoseFailures": Watch(
            ("AWS/Firehose", "DeliveryToS3.Success"),
            "Firehose cannot write the lake: /errors in the bucket, its log.",
            1,
            statistic="Minimum",
            way=LOWER,
            dimensions=firehose,
        ),
        "FirehoseLate": Watch(
            ("AWS/Firehose", "DeliveryToS3.DataFreshness"),
            "Events wait longer than they should to reach the lake.",
            late,
            dimensions=firehose,
        ),
        "IteratorAge": Watch(
            ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"),
            "What reads the stream is behind; records go when the stream's hours are over.",
            late * 1000,
            dimensions=stream,
        ),
        "StreamRefuses": Watch(
            ("AWS/Kinesis", "WriteProvisionedThroughputExceeded"),
            "The stream takes less than is sent.",
            100,
            times=3,
            statistic="Sum",
            dimensions=stream,
        ),
    }
    rds = {
        "PostgresBusy": Watch(
            ("AWS/RDS", "CPUUtilization"), "Postgres is busy.", 85, times=3, statistic="Average", dimensions=postgres
        ),
        "PostgresDisk": Watch(
            ("AWS/RDS", "FreeStorageSpace"),
            "Postgres's disk fills.",
            stage.database.storage_gb * _GB // 10,
            statistic="Minimum",
            way=LOWER,
            dimensions=postgres,
        ),
        "PostgresMemory": Watch(
            ("AWS/RDS", "FreeableMemory"),
            "Postgres has little memory.",
            _GB // 4,
            times=3,
            statistic="Minimum",
            way=LOWER,
            dimensions=postgres,
        ),
        "PostgresAway": Watch(
            ("AWS/RDS", "DatabaseConnections"),
            "Nobody is connected to Postgres, or it tells nothing.",
            1,
            times=3,
            way=LOWER,
            silence=True,
            dimensions=postgres,
        ),
    }
    web = {
        f"{name.capitalize()}Down": Watch(
            ("AWS/ApplicationELB", "HealthyHostCount"),
            f"No task of the {name} is well.",
            1,
            _MINUTE,
            3,
            "Minimum",
            LOWER,
            silence=True,
            dimensions={**front, "TargetGroup": group.target_group_full_name},
        )
        for name, group in targets.items()
    }
    failures = Watch(
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"), "Requests fail.", 50, statistic="Sum", dimensions=front
    )
    return {**own, **events, **rds, **web, "Failures": failures}


def _alarm(stack: Stack, stage: Stage, topic: sns.Topic, name: str, watch: Watch) -> None:
    namespace, metric = watch.metric
    alarm = cloudwatch.Alarm(
        stack,
        f"{name}Alarm",
        alarm_name=f"{stage.prefix}-{name}",
        alarm_description=watch.what,
        metric=cloudwatch.Metric(
            namespace=namespace,
            metric_name=metric,
            statistic=watch.statistic,
            period=Duration.seconds(watch.seconds),
            dimensions_map=dict(watch.dimensions) if watch.dimensions else None,
        ),
        threshold=watch.limit,
        evaluation_periods=watch.times,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
        if watch.way == HIGHER
        else cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=_MISSING.BREACHING if watch.silence else _MISSING.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    alarm.add_ok_action(actions.SnsAction(topic))


def _budget(stack: Stack, stage: Stage, topic: sns.Topic) -> None:
    own = budgets.CfnBudget
    told = [own.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)]

    def notice(kind: str, percent: int) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
        return own.NotificationWithSubscribersProperty(
            subscribers=told,
            notification=own.NotificationProperty(
                comparison_operator="GREATER_THAN",
                notification_type=kind,
                threshold=percent,
                threshold_type="PERCENTAGE",
            ),
        )

    own(
        stack,
        "Budget",
        budget=own.BudgetDataProperty(
            budget_name=stage.prefix,
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=own.SpendProperty(amount=stage.budget_usd, unit="USD"),
        ),
        notifications_with_subscribers=[notice("ACTUAL", 80), notice("ACTUAL", 100), notice("FORECASTED", 100)],
    )
