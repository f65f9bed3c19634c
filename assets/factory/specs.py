"""The Dagster spec that every table shares: key, group, owner, kinds, tags, schema and links, from one record."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from assets.factory.outcome import asset_key, table_schema
from resources.warehouse.table import Table

# The links are Dagster's own, but still marked as beta; the warning would stand once an asset at every start.
warnings.filterwarnings("ignore", message=".*CodeReference.*", category=dg.BetaWarning)


def table_spec(
    table: Table,
    *,
    domain: str,
    deps: Iterable[str],
    kinds: Iterable[str],
    source: Path,
    line: int = 1,
    code_version: str,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    partitions: dg.PartitionsDefinition[Any] | None = None,
) -> dg.AssetSpec:
    """The spec of a warehouse table; `deps` are tables as `schema.table`, `source` is the file that defines it."""
    return dg.AssetSpec(
        key=asset_key(table.key),
        deps=[asset_key(dep) for dep in deps],
        group_name=domain,
        description=f"{table.description}\n\n**Grain:** {table.grain}" if table.grain else table.description,
        owners=[owner(domain)],
        kinds={*kinds, table.kind},
        tags={"layer": table.schema, "domain": domain, **(tags or {})},
        code_version=code_version,
        automation_condition=dg.AutomationCondition.eager(),
        partitions_def=partitions,
        metadata={
            "dagster/column_schema": table_schema(table),
            "dagster/table_name": table.key,
            **source_link(source, line, table.key),
            **(metadata or {}),
        },
    )


def owner(domain: str) -> str:
    """The team that answers for a domain."""
    return f"team:{domain}"


def source_link(path: Path, line: int, label: str) -> dict[str, Any]:
    """Metadata that links an asset to the file and line that define it."""
    reference = dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=label)
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])}
