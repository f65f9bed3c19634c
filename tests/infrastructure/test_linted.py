"""cfn-lint and cdk-nag have nothing to say that was not answered, and do say something where they should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("aws_cdk", reason="the extra `infrastructure` is not installed; `make synth` installs it")

from infrastructure.stages import read_stages
from infrastructure.suppressions import of_foundation, of_stage

pytestmark = pytest.mark.xdist_group("infrastructure")

MEANT = {"W3010": "zones are the stage's, so that a template does not change with what AWS answers on a day"}
"""Rules of cfn-lint that are left out, with why."""


def linted(*files: Path) -> list[str]:
    """What cfn-lint says of templates."""
    from cfnlint.api import ManualArgs, lint_file

    ignored = ManualArgs(ignore_checks=list(MEANT))
    return [f"{file.name}: {one.rule.id} {one.message}" for file in files for one in lint_file(file, config=ignored)]


def test_cfn_lint_finds_nothing(out: Path) -> None:
    # The stages differ in values, and the largest has all that there is; `make synth` lints all.
    assert linted(*(out / f"tributary-{name}.template.json" for name in ("prod-foundation", "prod"))) == []


def test_cfn_lint_finds_what_is_wrong(out: Path, tmp_path: Path) -> None:
    template = json.loads((out / "tributary-dev-foundation.template.json").read_text())
    (name,) = (key for key, one in template["Resources"].items() if one["Type"] == "AWS::ECR::Repository")
    template["Resources"][name]["Properties"]["ImageTagMutability"] = "SOMETIMES"
    (tmp_path / "broken.template.json").write_text(json.dumps(template))
    assert any("SOMETIMES" in found for found in linted(tmp_path / "broken.template.json"))


def test_cdk_nag_looked_and_found_nothing_unanswered(out: Path) -> None:
    reports = json.loads((out / "validation-report.json").read_text())["pluginReports"]
    found = {one["pluginName"]: one["violations"] for one in reports}
    assert found.get("AwsSolutions", []) == []
    assert [one for violations in found.values() for one in violations] == []


def test_every_suppression_says_why() -> None:
    for stage in read_stages().values():
        for one in (*of_foundation(stage), *of_stage(stage)):
            assert len(one.reason.split()) >= 6, one.rule
    # Production has no excuse for a server that stands alone, or that can be deleted.
    assert {one.rule for one in of_stage(read_stages()["prod"])}.isdisjoint({"RDS3", "RDS10"})
