"""The balancer: TLS, the OpenID log-in before all that people see, and the way of events and of programs past it.

Whoever comes without a log-in at the provider reaches none of the platform's code but the collector's, which asks for
its write key. What carries an API key (`Authorization: Bearer …`) is let through to the gateway, which looks at it. The
gateway asks the same provider once more, by which roles and the audit log come; people do not notice.
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_secretsmanager as manager

from infrastructure.lake import Buckets
from infrastructure.network import WEB, Network
from infrastructure.stages import Stage

EVENTS = ("/v1/*", "//v1/*")
"""The paths of the collector, with the slash too many that some senders write."""

API_KEY = "Bearer *"
SESSION_HOURS = 12
_WEBSOCKET_SECONDS = 3600


def make_balancer(
    stack: Stack,
    stage: Stage,
    network: Network,
    buckets: Buckets,
    services: dict[str, ecs.FargateService],
    oidc_secret: manager.ISecret,
) -> tuple[elb.ApplicationLoadBalancer, dict[str, elb.ApplicationTargetGroup]]:
    """The balancer, with its certificate and its name, and what it hands requests to."""
    zone = route53.HostedZone.from_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id=stage.hosted_zone.id, zone_name=stage.hosted_zone.name
    )
    certificate = acm.Certificate(
        stack, "Certificate", domain_name=stage.domain, validation=acm.CertificateValidation.from_dns(zone)
    )
    balancer = elb.ApplicationLoadBalancer(
        stack,
        "Balancer",
        load_balancer_name=stage.prefix,
        vpc=network.vpc,
        internet_facing=True,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        security_group=network.group("balancer"),
        drop_invalid_header_fields=True,
        desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
        idle_timeout=Duration.seconds(_WEBSOCKET_SECONDS),
        deletion_protection=stage.keep,
    )
    balancer.log_access_logs(buckets.logs, "balancer")
    balancer.add_redirect(open=False)
    groups = {name: _group(stack, network, name, services[name]) for name in ("gateway", "collector")}
    listener = balancer.add_listener(
        "Https",
        port=443,
        certificates=[certificate],
        ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
        open=False,
        default_action=_log_in(stage, oidc_secret, groups["gateway"]),
    )
    listener.add_action(
        "Events",
        priority=10,
        conditions=[elb.ListenerCondition.path_patterns(list(EVENTS))],
        action=elb.ListenerAction.forward([groups["collector"]]),
    )
    listener.add_action(
        "ApiKeys",
        priority=20,
        conditions=[elb.ListenerCondition.http_header("Authorization", [API_KEY])],
        action=elb.ListenerAction.forward([groups["gateway"]]),
    )
    name = route53.ARecord(
        stack,
        "Name",
        zone=zone,
        record_name=f"{stage.domain}.",
        target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(balancer)),
    )
    name.apply_removal_policy(RemovalPolicy.DESTROY)
    return balancer, groups


def _log_in(stage: Stage, secret: manager.ISecret, gateway: elb.ApplicationTargetGroup) -> elb.ListenerAction:
    return elb.ListenerAction.authenticate_oidc(
        issuer=stage.oidc.issuer,
        authorization_endpoint=stage.oidc.authorization,
        token_endpoint=stage.oidc.token,
        user_info_endpoint=stage.oidc.user_info,
        client_id=stage.oidc.client_id,
        client_secret=secret.secret_value,
        scope="openid",
        session_timeout=Duration.hours(SESSION_HOURS),
        next=elb.ListenerAction.forward([gateway]),
    )


def _group(stack: Stack, network: Network, name: str, service: ecs.FargateService) -> elb.ApplicationTargetGroup:
    return elb.ApplicationTargetGroup(
        stack,
        f"{name.capitalize()}Targets",
        vpc=network.vpc,
        protocol=elb.ApplicationProtocol.HTTP,
        port=WEB,
        target_type=elb.TargetType.IP,
        targets=[service.load_balancer_target(container_name=name, container_port=WEB)],
        deregistration_delay=Duration.seconds(60),
        health_check=elb.HealthCheck(
            path="/v1/health", interval=Duration.seconds(15), timeout=Duration.seconds(5), healthy_threshold_count=2
        ),
    )
