"""The table `staged.report_<name>`: of each question the rows of its newest extract, loaded from the lake.

A load takes only the questions whose newest extract is another than the one that was loaded, and lets go of those that
have none any more. So whatever was killed, the next load makes the table what the record and the lake say.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.dagster_events import Events, asset_key, events, origin_of
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.refused import refusal, with_banner
from tributary.assets.factory.specs import FORCE, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.extract import Extracts, Manifest
from tributary.assets.reporting.pruning import Kept, prune
from tributary.assets.reporting.requests import OpenRequests
from tributary.assets.reporting.tags import PRUNE_TAG, REQUEST_TAG, asset_of, partitions_name
from tributary.resources.lake.model import Lake
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import NOBODY, Batches, Origin, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

if TYPE_CHECKING:
    import pyarrow as pa

    from tributary.assets.reporting.record import Requests

KEY, VERSION = "request_key", "request_id"
"""The columns that tell the question of a row, and the request whose extract it is from."""

_PARTITION = "dagster/partition"


def staged_asset(report: Report, lineage: ModelLineage, refused: str = "") -> dg.AssetsDefinition:
    """The asset that makes the table; `refused` says why it is not made for now, where it is not."""
    table = report.table
    spec = table_spec(
        table,
        source=report.source,
        deps=[asset_of(report.name)],
        kinds=("parquet",),
        defined_in=report.model.path,
        code_version=report.digest,
        tags=report.model.tags,
    )

    @table_step(table, with_banner(spec, refused) if refused else spec)
    def run(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        lake: dg.ResourceParam[Lake],
        requests: dg.ResourceParam[OpenRequests],
    ) -> Events:
        if refused:
            raise refusal(refused)
        record = requests()
        tags, origin, extracts = context.run.tags, origin_of(context, table), Extracts(lake)
        # A request's own run looks at its question alone: there may be a hundred thousand others.
        key = tags.get(_PARTITION, "") if REQUEST_TAG in tags else ""
        if tags.get(PRUNE_TAG) == "true":
            settings = get_settings()
            kept = Kept(settings.report_days, settings.report_versions)
            context.log.info("%s", prune(report.name, record, extracts, kept))

        def write() -> WriteReport:
            return load(report, warehouse, extracts, record, key, force=tags.get(FORCE) == "true", origin=origin)

        def version(report: WriteReport) -> str:
            return context.run.run_id if not report.unchanged else _last_version(context, table) or context.run.run_id

        yield from events(context, table, write, lineage=lambda: lineage.of(report.model), data_version=version)
        if tags.get(PRUNE_TAG) == "true":
            forget_keys(context.instance, report, record)

    return run


def load(
    report: Report,
    warehouse: Warehouse,
    extracts: Extracts,
    requests: "Requests",
    key: str = "",
    *,
    force: bool = False,
    origin: Origin = NOBODY,
) -> WriteReport:
    """Make the table's rows those of the newest extracts: of one question, or (`key` empty) of all.

    Raises:
        TributaryError: an extract is damaged, or the record, the lake or the warehouse refused; the old rows stay.
    """
    newest = requests.newest_finished(report.name, key)
    known = warehouse.published_sources(report.table, [key] if key else None)
    wanted = {name: one.id for name, one in newest.items() if force or known.get(name) != one.id}
    gone = [name for name in known if name not in newest]
    manifests = [extracts.manifest(report.name, name, id_) for name, id_ in wanted.items()]
    return warehouse.replace(
        report.table,
        Batches(_batches(report.table, extracts, manifests)),
        window=SourceObjects(KEY, (*gone, *wanted)),
        fingerprints=wanted,
        origin=origin,
    )


def forget_keys(instance: dg.DagsterInstance, report: Report, requests: "Requests") -> int:
    """Delete the partitions of questions that have no extract and no request under way; how many went."""
    name = partitions_name(report.name)
    held = requests.keys_in_use(report.name)
    gone = [key for key in instance.get_dynamic_partitions(name) if key not in held]
    for key in gone:
        instance.delete_dynamic_partition(name, key)
    # Who asked meanwhile has added the key before, or will not.
    if again := sorted(requests.keys_in_use(report.name) & set(gone)):
        instance.add_dynamic_partitions(name, again)
    return len(gone) - len(again)


def _last_version(context: dg.AssetExecutionContext, table: Table) -> str:
    """What tells the rows that stand from others, as it was told last."""
    event = context.instance.get_latest_materialization_event(asset_key(table.key))
    last = event.asset_materialization if event is not None else None
    tags = (last.tags if last is not None else None) or {}
    return str(tags.get("dagster/data_version", ""))


def _batches(table: Table, extracts: Extracts, manifests: Sequence[Manifest]) -> "Iterator[pa.RecordBatch]":
    """The rows of extracts as the table has them; a column that an older extract lacks, or has otherwise, is null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tributary.resources.warehouse.arrow import arrow_schema

    schema = arrow_schema(table)
    types = {column.name: column.type for column in table.columns}
    for manifest in manifests:
        own: Mapping[str, str] = dict(manifest.columns)
        with extracts.parquet(manifest) as path, pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                known = {KEY: manifest.key, VERSION: manifest.request}
                columns = [
                    pa.array([known[kind.name]] * len(batch), kind.type)
                    if kind.name in known
                    else batch.column(kind.name)
                    if own.get(kind.name) == types[kind.name]
                    else pa.nulls(len(batch), kind.type)
                    for kind in schema
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
