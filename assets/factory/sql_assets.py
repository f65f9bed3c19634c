"""Makes an asset of each SQL model: the SELECT of its file, replaced whole, or by window where it has one.

What is replaced whole is left as it is where file and inputs are those that the published rows were made from.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import dagster as dg

from tributary.assets.factory.charts import chart_metadata, is_drawn, prepare
from tributary.assets.factory.dagster_events import Events, events, origin_of
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.in_dialect import chart_in
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.partition_rows import rows_in_range
from tributary.assets.factory.recipes import recipe_of
from tributary.assets.factory.refused import refusal, with_banner
from tributary.assets.factory.specs import FORCE, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.resources.warehouse.base import Origin, Proof, Select, Standing, WriteReport
from tributary.resources.warehouse.errors import InputsMovedError
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Keys, Range

_PARTITIONS: dict[str, Callable[..., dg.TimeWindowPartitionsDefinition]] = {
    "hour": dg.HourlyPartitionsDefinition,
    "day": dg.DailyPartitionsDefinition,
    "month": dg.MonthlyPartitionsDefinition,
}


ATTEMPTS = 3
"""How often changes are asked for again where inputs are published meanwhile, before the whole is made."""


def sql_asset(model: SqlModel, lineage: ModelLineage, refused: str = "") -> dg.AssetsDefinition:
    """The asset that a model file defines; `refused` says why it is not made, where it is not."""
    table = model.table
    spec = table_spec(
        table,
        source=model.source,
        deps=dict.fromkeys((*model.reads, *model.references)),
        kinds=("sql",),
        defined_in=model.path,
        code_version=model.digest,
        tags=model.tags,
        refresh=model.refresh,
        partitions=partitions_of(model),
    )

    @table_step(table, with_banner(spec, refused) if refused else spec)
    def run(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Events:
        if refused:
            raise refusal(refused)
        origin = origin_of(context, table)
        forced = context.run.tags.get(FORCE) == "true"
        window = window_of(model, context.partition_time_window) if model.window else None

        def write() -> WriteReport:
            return write_model(warehouse, model, window, origin, forced=forced)[0]

        def rows() -> Mapping[str, int]:
            return {} if window is None else rows_in_range(warehouse, table, window, *_units(model), origin)

        yield from events(
            context,
            table,
            write,
            lineage=lambda: lineage.of(model),
            picture=lambda report: picture(warehouse, model, report, origin),
            partition_rows=rows,
            statement=model.body.strip(),
        )

    return run


def write_model(
    warehouse: Warehouse,
    model: SqlModel,
    window: Range | None,
    origin: Origin,
    *,
    forced: bool = False,
) -> tuple[WriteReport, str | None]:
    """Replace the model's rows, or tell of them where they are what it would make again; and what they were made from.

    That is None for a window, and where an input is not known to be the same: such rows are always made. On Postgres,
    of a model with keys only the rows of those are made of which the inputs have changed, where that is known. Checks
    that hold by construction are not made.

    Raises:
        TributaryError: the write was refused; the old rows stay.
    """
    dialect = warehouse.dialect
    statement, table = model.statement(dialect), model.table_in(dialect)
    if window is not None:
        return warehouse.replace(table, Select(statement), window=window, origin=origin), None
    keyed = model.by_keys if dialect == "postgres" else None
    recipe = recipe_of(model, dialect, keyed.plan if keyed else None)
    for _ in range(ATTEMPTS):
        standing = warehouse.standing(table, recipe, origin=origin)
        if standing.report is not None and not forced:
            report = standing.report
            return replace(report, statement=f"{report.statement}\n{statement}"), standing.fingerprint
        if keyed is None or standing.keys is None or forced:
            break
        only = Select(keyed.statement, keyed.plan)
        keys = Keys(model.keys, sorted(standing.keys))
        with suppress(InputsMovedError):  # what else has changed is to be asked for
            return _replace(warehouse, table, only, standing, origin, keys), standing.fingerprint
    if model.chart is not None:
        prepare()
    proof = Proof(model.proven or frozenset(), standing.versions)
    return _replace(warehouse, table, Select(statement, proof=proof), standing, origin), standing.fingerprint


def _replace(
    warehouse: Warehouse, table: Table, select: Select, standing: Standing, origin: Origin, window: Keys | None = None
) -> WriteReport:
    return warehouse.replace(
        table, select, window=window, origin=origin, fingerprint=standing.fingerprint, follows=standing.follows
    )


def picture(warehouse: Warehouse, model: SqlModel, report: WriteReport, origin: Origin) -> Mapping[str, Any]:
    """The model's chart as metadata, where it has one and the write was worth it."""
    if model.chart is None or not is_drawn(report):
        return {}
    return chart_metadata(warehouse, model.table, chart_in(model.chart, warehouse.dialect), origin)


def partitions_of(model: SqlModel) -> dg.TimeWindowPartitionsDefinition | None:
    """The partitions that a model's window asks for; None where it is written whole."""
    if model.window is None:
        return None
    start = datetime.combine(model.window.start, time(), tzinfo=UTC)
    return _PARTITIONS[model.window.every](start_date=start)


def _units(model: SqlModel) -> tuple[str, str]:
    """The unit of the model's partitions, and how their keys are written."""
    partitions = partitions_of(model)
    return (model.window.every, partitions.fmt) if model.window and partitions else ("", "")


def window_of(model: SqlModel, partitions: dg.TimeWindow) -> Range:
    """The rows that a run's partitions own, as values of the window column's type."""
    column = model.table.column(model.window.column if model.window else "")
    start, end = (bound.astimezone(UTC).replace(tzinfo=None) for bound in (partitions.start, partitions.end))
    if column.type == "date":
        return Range(column.name, start.date(), end.date())
    return Range(column.name, start, end)
