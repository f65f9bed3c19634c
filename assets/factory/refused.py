"""Assets of models that are not made for now: they say why, on their page and when they are asked for."""

from pathlib import Path

import dagster as dg

from tributary.assets.factory.dagster_events import Events
from tributary.assets.factory.specs import REFUSED, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse


def with_banner(spec: dg.AssetSpec, reason: str) -> dg.AssetSpec:
    """The spec with the reason above its description; nothing asks for it by itself."""
    shown = "Shown is the last definition that was sound, and the rows that stand are of it or an older one."
    return _refused(spec, reason, f"{shown}\n\n{spec.description or ''}")


def _refused(spec: dg.AssetSpec, reason: str, more: str) -> dg.AssetSpec:
    own = {name: value for name, value in spec.tags.items() if not name.startswith("dagster/kind/")}
    return spec.replace_attributes(
        description=f"⚠️ **Not made for now.** {reason}\n\n{more}",
        automation_condition=None,
        tags={**own, REFUSED: "true"},
        # Graphs show kinds, three at most, where a node is as green as what was made last.
        kinds={spec.key.path[0], "sql", REFUSED},
    )


def refusal(reason: str) -> dg.Failure:
    """What a step ends with that was asked to make such a model."""
    return dg.Failure(description=reason, allow_retries=False)


def stub_asset(source: str, key: str, path: Path, reason: str) -> dg.AssetsDefinition:
    """The asset of a file of which no sound definition is known: nothing but its name and what is wrong with it."""
    layer, _, name = key.partition(".")
    table = Table(layer, name, (Column("unknown", "text", "The file is refused, so that nobody knows its columns."),))
    spec = table_spec(table, source=source, deps=(), kinds=("sql",), defined_in=path, code_version="", automation=None)

    @table_step(table, _refused(spec, reason, "Rows that stand are of an older definition."))
    def run(_context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Events:  # noqa: ARG001
        raise refusal(reason)
        yield

    return run
