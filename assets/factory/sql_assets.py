"""Makes an asset of each SQL model: the SELECT of its file, replaced whole, or by window where it has one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import cache
from typing import Any, cast

import dagster as dg

from assets.factory.charts import chart_metadata
from assets.factory.lineage import Lineage, column_lineage
from assets.factory.model import Dialect, SqlModel
from assets.factory.outcome import Events, check_specs, events, origin_of
from assets.factory.specs import table_spec
from resources.warehouse.base import Select, Warehouse, WriteReport
from resources.warehouse.table import Table
from resources.warehouse.windows import Range

WAREHOUSE = "warehouse"


_PARTITIONS: dict[str, Callable[..., dg.TimeWindowPartitionsDefinition]] = {
    "hour": dg.HourlyPartitionsDefinition,
    "day": dg.DailyPartitionsDefinition,
    "month": dg.MonthlyPartitionsDefinition,
}


class ModelLineage:
    """The lineage of models, each derived when first asked for; `tables` are all tables by `schema.table`."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self.of = cache(self._derive)

    def _derive(self, model: SqlModel) -> Lineage:
        schema = {
            key: {column.name: column.type for column in self._tables[key].columns}
            for key in model.reads
            if key in self._tables
        }
        return column_lineage(model.select, schema)


def sql_asset(model: SqlModel, lineage: ModelLineage) -> dg.AssetsDefinition:
    """The asset that a model file defines."""
    table = model.table

    @dg.multi_asset(
        name=f"{table.schema}__{table.name}",
        specs=[
            table_spec(
                table,
                domain=model.domain,
                deps=dict.fromkeys((*model.reads, *model.references)),
                kinds=("sql",),
                source=model.path,
                code_version=model.digest,
                tags=model.tags,
                partitions=partitions_of(model),
            )
        ],
        # A range of partitions is one window, replaced at once by one run.
        backfill_policy=dg.BackfillPolicy.single_run() if model.window else None,
        check_specs=check_specs(table),
        required_resource_keys={WAREHOUSE},
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse = cast("Warehouse", getattr(context.resources, WAREHOUSE))
        dialect = cast("Dialect", warehouse.dialect)
        origin = origin_of(context, table)

        def write() -> WriteReport:
            window = window_of(model, context.partition_time_window) if model.window else None
            return warehouse.replace(table, Select(model.statement(dialect)), window=window, origin=origin)

        def picture(_: WriteReport) -> Mapping[str, Any]:
            return chart_metadata(warehouse, table, model.chart, origin) if model.chart else {}

        yield from events(table, write, lineage=lineage.of(model), metadata=picture)

    return run


def partitions_of(model: SqlModel) -> dg.TimeWindowPartitionsDefinition | None:
    """The partitions that a model's window asks for; None where it is written whole."""
    if model.window is None:
        return None
    start = datetime.combine(model.window.start, time(), tzinfo=UTC)
    return _PARTITIONS[model.window.every](start_date=start)


def window_of(model: SqlModel, partitions: dg.TimeWindow) -> Range:
    """The rows that a run's partitions own, as values of the window column's type."""
    column = model.table.column(model.window.column if model.window else "")
    start, end = (bound.astimezone(UTC).replace(tzinfo=None) for bound in (partitions.start, partitions.end))
    if column.type == "date":
        return Range(column.name, start.date(), end.date())
    return Range(column.name, start, end)
