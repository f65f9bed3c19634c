"""The network: public subnets for the balancer, private ones for tasks, and closed ones for the database."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_servicediscovery as discovery

from infrastructure.logs import log_group
from infrastructure.stages import SERVICES, Stage

NAMESPACE = "tributary.internal"
"""Below this name tasks find one another."""

POSTGRES, WEB, DAGSTER, CODE, DASHBOARD = 5432, 8000, 3000, 4000, 8501

_OUT = {443: "AWS, the OpenID provider, sources that are pulled, webhooks", 465: "mail", 587: "mail"}
"""The ports by which what is outside may be asked."""

_WHO_ASKS_WHOM = (
    ("gateway", "webserver", DAGSTER),
    ("collector", "webserver", DAGSTER),
    ("gateway", "dashboard", DASHBOARD),
    ("run", "webserver", DAGSTER),
    ("webserver", "code-server", CODE),
    ("daemon", "code-server", CODE),
)


@dataclass(frozen=True)
class Network:
    """The network, a security group for each kind of task, for balancer and database, and the names of tasks."""

    vpc: ec2.Vpc
    groups: dict[str, ec2.SecurityGroup]
    names: discovery.PrivateDnsNamespace

    def group(self, name: str) -> ec2.SecurityGroup:
        """The security group of a kind of task, of the `balancer` or the `database`."""
        return self.groups[name]


def make_network(stack: Stack, stage: Stage, key: kms.Key) -> Network:
    """The network, in which each opens its ports to those alone who ask it."""
    kinds = {
        "Public": ec2.SubnetType.PUBLIC,
        "Private": ec2.SubnetType.PRIVATE_WITH_EGRESS,
        "Closed": ec2.SubnetType.PRIVATE_ISOLATED,
    }
    mask = stage.network.prefixlen + 4
    vpc = ec2.Vpc(
        stack,
        "Network",
        ip_addresses=ec2.IpAddresses.cidr(str(stage.network)),
        availability_zones=list(stage.zones),
        nat_gateways=stage.nat_gateways,
        subnet_configuration=[
            ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=mask, map_public_ip_on_launch=False)
            if kind is ec2.SubnetType.PUBLIC
            else ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=mask)
            for name, kind in kinds.items()
        ],
        # What lies in S3 is most of what tasks read, and needs no NAT gateway so.
        gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
    )
    _note_flows(stack, stage, vpc, key)
    names = (*SERVICES, "run", "balancer", "database", "rotation")
    groups = {name: _group(stack, vpc, name) for name in names}
    groups["balancer"].add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "people and senders of events")
    groups["balancer"].add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80), "who forgot the s, and is sent on")
    for service in ("gateway", "collector"):
        groups[service].add_ingress_rule(groups["balancer"], ec2.Port.tcp(WEB), "the balancer")
    for who, whom, port in _WHO_ASKS_WHOM:
        groups[whom].add_ingress_rule(groups[who], ec2.Port.tcp(port), who)
    for who in (*SERVICES, "run", "rotation"):
        groups["database"].add_ingress_rule(groups[who], ec2.Port.tcp(POSTGRES), who)
    found = discovery.PrivateDnsNamespace(stack, "Names", name=NAMESPACE, vpc=vpc)
    return Network(vpc, groups, found)


def _group(stack: Stack, vpc: ec2.Vpc, name: str) -> ec2.SecurityGroup:
    own = "".join(part.capitalize() for part in name.split("-"))
    group = ec2.SecurityGroup(stack, f"{own}Group", vpc=vpc, description=f"Tributary: {name}", allow_all_outbound=False)
    if name == "database":
        return group  # it asks nobody
    group.add_egress_rule(ec2.Peer.ipv4(vpc.vpc_cidr_block), ec2.Port.all_tcp(), "one another, and the database")
    for port, whom in _OUT.items():
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), whom)
    return group


def _note_flows(stack: Stack, stage: Stage, vpc: ec2.Vpc, key: kms.Key) -> None:
    group = log_group(stack, stage, key, "flows")
    who = iam.Role(stack, "FlowsRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
    vpc.add_flow_log(
        "Flows",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, who),
        traffic_type=ec2.FlowLogTrafficType.REJECT,
    )
