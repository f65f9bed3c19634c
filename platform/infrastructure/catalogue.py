"""The databases of Glue, one a layer: what Athena calls schemas."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_glue as glue

from infrastructure.lake import WAREHOUSE
from infrastructure.stages import Stage

DATABASES = {
    "staged": "Typed, named, deduplicated rows.",
    "core": "Dimensions, facts and bridges.",
    "gold": "What people ask.",
    "quarantine": "Records that no table could take, with their reasons.",
    "_parts": "What the platform notes of its tables, and builds aside.",
}
"""The layers that are tables, and the two that belong to the platform."""


def make_databases(stack: Stack, stage: Stage) -> None:
    """The databases; their tables are the platform's to make."""
    for name, description in DATABASES.items():
        glue.CfnDatabase(
            stack,
            f"{name.strip('_').capitalize()}Database",
            catalog_id=stage.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=name, description=description, location_uri=f"s3://{stage.bucket}/{WAREHOUSE}/{name}"
            ),
        )
