"""The Dagster spec that every table shares: key, group, owner, kinds, tags, schema and links, from one record."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key, table_schema
from tributary.assets.factory.following import FOLLOW, PARTITIONED, REFRESH, follow
from tributary.resources.warehouse.table import Table

# The links are Dagster's own, but still marked as beta; the warning would stand once an asset at every start.
warnings.filterwarnings("ignore", message=".*CodeReference.*", category=dg.BetaWarning)


FORCE = "tributary/force"
"""The tag of runs that make anew even what was made from the very same inputs."""

REPLAY = "tributary/replay"
"""The tag of runs that read again the sources of which something was rejected."""

MISSING = "tributary/missing"
"""The tag of runs that pull only those partitions of a range which are not in the lake yet."""

REFUSED = "refused"
"""The tag of assets that are not made for now, as a model's file is wrong: nobody but a person asks for them."""


def table_spec(
    table: Table,
    *,
    source: str,
    deps: Iterable[str],
    kinds: Iterable[str],
    defined_in: Path,
    line: int = 1,
    code_version: str,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    partitions: dg.PartitionsDefinition[Any] | None = None,
    automation: dg.AutomationCondition[Any] | None = FOLLOW,
    refresh: str | None = None,
) -> dg.AssetSpec:
    """The spec of a warehouse table; `deps` are tables as `schema.table`, `defined_in` is the file that defines it.

    `automation` is None for what a sensor or schedule asks for. With `refresh` (`hourly`, `daily` or `weekly`) changes
    are taken up at that pace.
    """
    return dg.AssetSpec(
        key=asset_key(table.key),
        deps=[asset_key(dep) for dep in deps],
        group_name=source,
        description=f"{table.description}\n\n**Grain:** {table.grain}" if table.grain else table.description,
        owners=[owner(source)],
        kinds={table.schema, *kinds, table.kind},
        tags={**_tags(table.schema, source, partitions), **({REFRESH: refresh} if refresh else {}), **(tags or {})},
        code_version=code_version,
        automation_condition=follow(refresh) if refresh else automation,
        partitions_def=partitions,
        metadata={
            "dagster/column_schema": table_schema(table),
            "dagster/table_name": table.key,
            **({"grain": table.grain} if table.grain else {}),
            **source_link(defined_in, line, table.key),
            **(metadata or {}),
        },
    )


def object_spec(
    key: str,
    *,
    source: str,
    description: str,
    kinds: Iterable[str],
    defined_in: Path,
    code_version: str,
    deps: Iterable[str] = (),
    metadata: Mapping[str, Any] | None = None,
    partitions: dg.PartitionsDefinition[Any] | None = None,
) -> dg.AssetSpec:
    """The spec of objects in the lake; `key` is `layer.name`, `defined_in` is the file that defines it.

    A sensor or schedule asks for them: what changes outside the platform makes no event that they could follow.
    """
    return dg.AssetSpec(
        key=asset_key(key),
        deps=[asset_key(dep) for dep in deps],
        group_name=source,
        description=description,
        owners=[owner(source)],
        kinds={key.partition(".")[0], *kinds},
        tags=_tags(key.partition(".")[0], source, partitions),
        code_version=code_version,
        partitions_def=partitions,
        metadata={**source_link(defined_in, 1, key), **(metadata or {})},
    )


def _tags(layer: str, source: str, partitions: dg.PartitionsDefinition[Any] | None) -> dict[str, str]:
    return {"layer": layer, "source": source, **({PARTITIONED: "true"} if partitions is not None else {})}


def owner(source: str) -> str:
    """The team that answers for a source."""
    return f"team:{source}"


def source_link(path: Path, line: int, label: str) -> dict[str, Any]:
    """Metadata that links an asset to the file and line that define it."""
    reference = dg.LocalFileCodeReference(file_path=str(path), line_number=line, label=label)
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])}
