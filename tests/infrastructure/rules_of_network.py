"""The network, who reaches whom in it, and the balancer before it."""

from __future__ import annotations

import re
from ipaddress import ip_network

from infrastructure.stages import SERVICES
from tests.infrastructure.rules import of
from tests.infrastructure.templates import Resource

REACHED = {
    ("balancer", "gateway", 8000), ("balancer", "collector", 8000),
    ("gateway", "webserver", 3000), ("collector", "webserver", 3000), ("run", "webserver", 3000),
    ("gateway", "dashboard", 8501), ("webserver", "code-server", 4000), ("daemon", "code-server", 4000),
    *((name, "database", 5432) for name in (*SERVICES, "run", "rotation")),
}  # fmt: skip
"""Who may reach whom, at which port: all that there is."""


def kind(text: str) -> str:
    """The kind of task that a security group is of, as in `<CodeServerGroupF07E217D.GroupId>`."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", text.strip("<>").partition("Group")[0])
    return name.lower()


@of("AWS::EC2::VPC")
def vpc(one: Resource) -> None:
    """The stage's own range, with names."""
    assert one.properties["CidrBlock"] == str(one.stage.network)
    assert one.properties["EnableDnsHostnames"] is True
    assert one.properties["EnableDnsSupport"] is True


@of("AWS::EC2::Subnet")
def subnet(one: Resource) -> None:
    """In one of the stage's zones; none gives its machines public addresses."""
    assert one.properties["AvailabilityZone"] in one.stage.zones
    assert ip_network(one.properties["CidrBlock"]).subnet_of(one.stage.network)
    assert one.properties["MapPublicIpOnLaunch"] is False


@of("AWS::EC2::Route")
def route(one: Resource) -> None:
    """Out by the gateway from public subnets, by NAT from private ones, and not at all from closed ones."""
    table = one.properties["RouteTableId"]
    assert "Closed" not in table
    assert one.properties["DestinationCidrBlock"] == "0.0.0.0/0"
    assert ("GatewayId" in one.properties) == ("Public" in table)
    assert ("NatGatewayId" in one.properties) == ("Private" in table)


@of("AWS::EC2::RouteTable", "AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::EIP")
def plumbing(one: Resource) -> None:
    """Of the one network."""
    assert one.properties.get("VpcId", "<Network").startswith("<Network")
    if one.type == "AWS::EC2::EIP":
        assert one.properties["Domain"] == "vpc"


@of("AWS::EC2::SubnetRouteTableAssociation")
def association(one: Resource) -> None:
    """A subnet has the table of its kind."""
    pattern = r"<Network(Public|Private|Closed)Subnet(\d)"
    subnets = re.match(pattern, one.properties["SubnetId"])
    tables = re.match(pattern, one.properties["RouteTableId"])
    assert subnets is not None
    assert tables is not None
    assert subnets.groups() == tables.groups()


@of("AWS::EC2::NatGateway")
def nat(one: Resource) -> None:
    """In a public subnet."""
    assert one.properties["SubnetId"].startswith("<NetworkPublic")


@of("AWS::EC2::VPCEndpoint")
def endpoint(one: Resource) -> None:
    """S3 by a way that costs nothing, from all subnets."""
    assert one.properties["ServiceName"].endswith(".s3")
    assert one.properties["VpcEndpointType"] == "Gateway"
    assert len(one.properties["RouteTableIds"]) == 3 * len(one.stage.zones)


@of("AWS::EC2::FlowLog")
def flows(one: Resource) -> None:
    """What was refused is noted."""
    assert one.properties["TrafficType"] == "REJECT"
    assert one.properties["ResourceType"] == "VPC"


@of("AWS::EC2::SecurityGroup")
def group(one: Resource) -> None:
    """The balancer alone is open to the world; out go TLS and mail, and from the database nothing."""
    name = kind(one.name)
    incoming = one.properties.get("SecurityGroupIngress", [])
    outgoing = one.properties["SecurityGroupEgress"]
    assert {told["FromPort"] for told in incoming} == ({80, 443} if name == "balancer" else set())
    if name == "database":
        assert [told["CidrIp"] for told in outgoing] == ["255.255.255.255/32"]
        return
    world = {told["FromPort"] for told in outgoing if told["CidrIp"] == "0.0.0.0/0"}
    assert world == {443, 465, 587}
    assert {told["IpProtocol"] for told in outgoing} == {"tcp"}


@of("AWS::EC2::SecurityGroupIngress")
def way_in(one: Resource) -> None:
    """One of the ways that are meant."""
    found = one.properties
    who, whom = kind(found["SourceSecurityGroupId"]), kind(found["GroupId"])
    assert (who, whom, found["FromPort"]) in REACHED
    assert (found["IpProtocol"], found["FromPort"]) == ("tcp", found["ToPort"])


@of("AWS::EC2::SecurityGroupEgress")
def way_out(one: Resource) -> None:
    """The other side of a way that is meant."""
    found = one.properties
    assert (kind(found["GroupId"]), kind(found["DestinationSecurityGroupId"]), found["FromPort"]) in REACHED


@of("AWS::ServiceDiscovery::PrivateDnsNamespace")
def namespace(one: Resource) -> None:
    """Names that the network alone knows."""
    assert one.properties["Name"] == "tributary.internal"
    assert one.properties["Vpc"].startswith("<Network")


@of("AWS::ServiceDiscovery::Service")
def discovered(one: Resource) -> None:
    """What others ask has a name, which follows its task quickly."""
    assert one.properties["Name"] in ("webserver", "code-server", "dashboard")
    assert one.properties["DnsConfig"]["DnsRecords"] == [{"TTL": 10, "Type": "A"}]


@of("AWS::ElasticLoadBalancingV2::LoadBalancer")
def balancer(one: Resource) -> None:
    """Before the public subnets; odd headers go, accesses are noted, websockets may be silent for an hour."""
    found = {told["Key"]: told["Value"] for told in one.properties["LoadBalancerAttributes"]}
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["routing.http.desync_mitigation_mode"] == "strictest"
    assert found["access_logs.s3.enabled"] == "true"
    assert found["deletion_protection.enabled"] == str(one.stage.keep).lower()
    assert found["idle_timeout.timeout_seconds"] == "3600"
    assert one.properties["Scheme"] == "internet-facing"
    assert all(name.startswith("<NetworkPublic") for name in one.properties["Subnets"])


@of("AWS::ElasticLoadBalancingV2::Listener")
def listener(one: Resource) -> None:
    """TLS 1.2 or later and a log-in before all; without TLS one is sent on."""
    actions = one.properties["DefaultActions"]
    if one.properties["Port"] == 80:
        ((redirect,),) = ([told["RedirectConfig"] for told in actions],)
        assert redirect == {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"}
        return
    assert (one.properties["Port"], one.properties["Protocol"]) == (443, "HTTPS")
    assert one.properties["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    assert one.properties["Certificates"][0]["CertificateArn"].startswith("<Certificate")
    ask, forward = sorted(actions, key=lambda told: told["Order"])
    assert ask["Type"] == "authenticate-oidc"
    config, oidc = ask["AuthenticateOidcConfig"], one.stage.oidc
    assert (config["Issuer"], config["ClientId"]) == (oidc.issuer, oidc.client_id)
    assert config["ClientSecret"].startswith("{{resolve:secretsmanager:")
    assert config.get("OnUnauthenticatedRequest", "authenticate") == "authenticate"
    assert forward["TargetGroupArn"].startswith("<GatewayTargets")


@of("AWS::ElasticLoadBalancingV2::ListenerRule")
def past_the_log_in(one: Resource) -> None:
    """Events go to the collector, and what carries an API key to the gateway; nothing else goes past the log-in."""
    (condition,), (action,) = one.properties["Conditions"], one.properties["Actions"]
    assert action["Type"] == "forward"
    if condition["Field"] == "path-pattern":
        assert condition["PathPatternConfig"]["Values"] == ["/v1/*", "//v1/*"]
        assert action["TargetGroupArn"].startswith("<CollectorTargets")
    else:
        told = condition["HttpHeaderConfig"]
        assert (told["HttpHeaderName"], told["Values"]) == ("Authorization", ["Bearer *"])
        assert action["TargetGroupArn"].startswith("<GatewayTargets")


@of("AWS::ElasticLoadBalancingV2::TargetGroup")
def targets(one: Resource) -> None:
    """Tasks by their address, which tell themselves whether they are well."""
    assert (one.properties["TargetType"], one.properties["Port"]) == ("ip", 8000)
    assert one.properties["HealthCheckPath"] == "/v1/health"


@of("AWS::CertificateManager::Certificate")
def certificate(one: Resource) -> None:
    """For the stage's name, proved in its zone."""
    assert one.properties["DomainName"] == one.stage.domain
    assert one.properties["ValidationMethod"] == "DNS"
    assert one.properties["DomainValidationOptions"][0]["HostedZoneId"] == one.stage.hosted_zone.id


@of("AWS::Route53::RecordSet")
def name(one: Resource) -> None:
    """The stage's name is the balancer's."""
    assert one.properties["Name"] == f"{one.stage.domain}."
    assert "<Balancer" in one.properties["AliasTarget"]["DNSName"]
