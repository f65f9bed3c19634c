"""Every resource of every stage is asserted: by the rules of its type, and none is without one."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("aws_cdk", reason="the extra `infrastructure` is not installed; `make synth` installs it")

from tests.infrastructure import rules_of_data, rules_of_network, rules_of_tasks, test_roles
from tests.infrastructure.rules import RULES
from tests.infrastructure.templates import Synthesised
from tributary.resources.settings import PROJECT_ROOT

pytestmark = pytest.mark.xdist_group("infrastructure")
REGISTERED = (rules_of_data, rules_of_network, rules_of_tasks, test_roles)


def test_no_resource_is_without_a_rule_and_none_breaks_one(synthesised: Synthesised) -> None:
    without = sorted({one.type for one in synthesised.resources} - RULES.keys())
    assert without == [], "write what resources of these types must be"
    unused = sorted(RULES.keys() - {one.type for one in synthesised.resources})
    assert unused == [], "there are no resources of these types"
    broken = []
    for one in synthesised.resources:
        for rule in RULES[one.type]:
            try:
                rule(one)
            except (AssertionError, KeyError, ValueError, TypeError) as error:
                broken.append(f"{one.stage.name} {one.name} ({rule.__name__}): {type(error).__name__} {error}")
    assert broken == []


def test_all_that_a_stage_is_made_of_is_there(synthesised: Synthesised) -> None:
    """Rules hold for what there is; this is what there must be."""
    for stage in synthesised.stages.values():
        found = Counter(one.type for one in synthesised.resources if one.stage == stage)
        zones = len(stage.zones)
        assert found["AWS::EC2::Subnet"] == 3 * zones
        assert found["AWS::EC2::NatGateway"] == stage.nat_gateways
        assert found["AWS::EC2::SecurityGroupIngress"] == len(rules_of_network.REACHED)
        assert (found["AWS::ECS::Service"], found["AWS::ECS::TaskDefinition"]) == (6, 7)
        assert found["AWS::CloudWatch::Alarm"] == len(rules_of_tasks.ALARMS)
        assert found["AWS::Logs::MetricFilter"] == 3
        assert (found["AWS::Glue::Database"], found["AWS::Athena::WorkGroup"]) == (5, 2)
        assert found["AWS::ElasticLoadBalancingV2::ListenerRule"] == 2
        for one in ("Kinesis::Stream", "KinesisFirehose::DeliveryStream", "RDS::DBInstance", "ECR::Repository",
                    "Budgets::Budget", "QuickSight::DataSource", "QuickSight::Analysis", "KMS::Key"):  # fmt: skip
            assert found[f"AWS::{one}"] == 1, one
        assert found["AWS::QuickSight::DataSet"] >= 5


def test_the_page_tells_how_many_are_asserted(synthesised: Synthesised) -> None:
    page = " ".join((PROJECT_ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").split())
    types = {one.type for one in synthesised.resources}
    assert f"asserts every resource of them ({len(synthesised.resources)} of {len(types)} types;" in page


def test_production_has_what_production_needs(synthesised: Synthesised) -> None:
    stage = synthesised.stages["prod"]
    assert (stage.keep, stage.database.standby, len(stage.zones), stage.nat_gateways) == (True, True, 3, 3)
    assert stage.database.backup_days >= 30
    assert stage.tasks["collector"].least >= 2
    assert stage.tasks["gateway"].least >= 2
