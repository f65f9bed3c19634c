"""Makes an asset of a table that Python code fills: the code gives the rows, the factory does everything else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import Events, events, kept_rows, origin_of, refusal
from tributary.assets.factory.recipes import recipe_of_code
from tributary.assets.factory.specs import FORCE, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.source import Lineage
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.base import Origin, Source, Standing, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse

_UNKNOWN = Standing(None)


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
    source: str,
    deps: Iterable[str],
    defined_in: str,
    code_version: str,
    lineage: Lineage | None = None,
    extra_checks: Sequence[dg.AssetCheckSpec] = (),
    follows_from_deps: bool = False,
    refresh: str | None = None,
) -> dg.AssetsDefinition:
    """The asset whose rows `make` gives, replaced whole; `defined_in` is the `__file__` of the defining module.

    With `follows_from_deps` the rows are a function of the tables of `deps` and of the code that `code_version` stands
    for, and of nothing else; where both are those of the published rows, these are left as they are, unless forced.
    `refresh` is the pace at which it takes up changes, where it does not follow at once: `hourly`, `daily` or `weekly`.
    """
    read = tuple(deps)
    recipe = recipe_of_code(table, code_version, read)

    @table_step(
        table,
        table_spec(
            table,
            source=source,
            deps=read,
            kinds=("python",),
            defined_in=Path(defined_in),
            code_version=code_version,
            refresh=refresh,
        ),
        checks=extra_checks,
    )
    def run(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Events:
        origin = origin_of(context, table)
        forced = context.run.tags.get(FORCE) == "true"
        try:
            standing = warehouse.standing(table, recipe, origin=origin) if follows_from_deps else _UNKNOWN
            stands = None if forced else standing.report
            made = None if stands is not None else make(warehouse, origin)
        except TributaryError as error:
            yield refusal(table, error)
            raise kept_rows(context, table, error) from error

        def write() -> WriteReport:
            if made is None:
                assert stands is not None  # noqa: S101 - nothing was made because of it
                return stands
            return warehouse.replace(table, made.source, origin=origin, fingerprint=standing.fingerprint)

        yield from events(
            context,
            table,
            write,
            lineage=lineage or {},
            metadata=lambda _: made.metadata if made else {},
            more_checks=lambda _: made.checks if made else (),
        )

    return run
