"""Makes an asset of a table that Python code fills: the code gives the rows, the factory does everything else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import dagster as dg

from assets.factory.lineage import Lineage
from assets.factory.outcome import Events, events, failure, origin_of, refusal
from assets.factory.specs import table_spec
from assets.factory.table_step import WAREHOUSE, table_step
from resources.errors import TributaryError
from resources.warehouse.base import Origin, Source, Warehouse, WriteReport
from resources.warehouse.table import Table


@dataclass(frozen=True)
class Made:
    """Rows for a table, with metadata and results of checks that only their maker can tell."""

    source: Source
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[dg.AssetCheckResult] = ()


def table_asset(
    table: Table,
    make: Callable[[Warehouse, Origin], Made],
    *,
    domain: str,
    deps: Iterable[str],
    defined_in: str,
    code_version: str,
    lineage: Lineage | None = None,
    extra_checks: Sequence[dg.AssetCheckSpec] = (),
) -> dg.AssetsDefinition:
    """The asset whose rows `make` gives, replaced whole; `defined_in` is the `__file__` of the defining module."""

    @table_step(
        table,
        table_spec(
            table, domain=domain, deps=deps, kinds=("python",), source=Path(defined_in), code_version=code_version
        ),
        checks=extra_checks,
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse = cast("Warehouse", getattr(context.resources, WAREHOUSE))
        origin = origin_of(context, table)
        try:
            made = make(warehouse, origin)
        except TributaryError as error:
            yield refusal(table, error)
            raise failure(error) from error

        def write() -> WriteReport:
            return warehouse.replace(table, made.source, origin=origin)

        yield from events(
            context,
            table,
            write,
            lineage=lineage or {},
            metadata=lambda _: made.metadata,
            more_checks=lambda _: made.checks,
        )

    return run
