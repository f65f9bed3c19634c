"""Synthesises the stages into CloudFormation: `python -m infrastructure.app [--out FOLDER] [STAGE …]`.

cdk-nag looks at all of it meanwhile; a finding that is not in `suppressions` ends it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from infrastructure.stack import make_stage
from infrastructure.stages import Stage, StageError, read_stages

FLAGS = {
    # Access logs by the bucket's policy, since lists of access are off.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # Statements of one meaning become one.
    "@aws-cdk/aws-iam:minimizePolicies": True,
    # ECS's own role of a service's balancer is not needed any more.
    "@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker": True,
    "@aws-cdk/aws-ecs:arnFormatIncludesClusterName": True,
    # A key's users are named in their own policies, and its policy lets the account decide.
    "@aws-cdk/aws-kms:reduceCrossAccountRegionPolicyScope": True,
}
"""How CDK behaves where it has learned to do better since its second version came out."""


def synthesise(stages: Sequence[Stage], out: Path | None = None) -> CloudAssembly:
    """The templates of the stages, in a folder; cdk's own where none is named."""
    app = App(outdir=None if out is None else str(out), analytics_reporting=False, stack_traces=False, context=FLAGS)
    for stage in stages:
        make_stage(app, stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app.synth()


def main(arguments: Sequence[str] | None = None) -> int:
    """Synthesise the named stages, or all."""
    parser = argparse.ArgumentParser(prog="infrastructure.app", description=main.__doc__)
    parser.add_argument("stages", nargs="*")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    try:
        stages = read_stages()
        if unknown := [name for name in given.stages if name not in stages]:
            raise StageError(f"There is no stage {unknown[0]}; there are {', '.join(stages)}.")
    except StageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    synthesise([stages[name] for name in given.stages or stages], given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
