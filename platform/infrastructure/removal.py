"""What becomes of data when their stack goes: kept where the stage says so."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

from infrastructure.stages import Stage


def removal(stage: Stage) -> RemovalPolicy:
    """Whether what holds data outlives the stack."""
    return RemovalPolicy.RETAIN if stage.keep else RemovalPolicy.DESTROY
