"""Turns a write into Dagster's events: check results and a materialisation with everything worth knowing about it.

The same for every table, however its rows were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from assets.factory.lineage import Lineage
from assets.factory.markdown import lineage_table, preview_table
from assets.factory.partition_rows import row_counts, tell_partitions
from resources.errors import TributaryError
from resources.warehouse.base import Origin, WriteReport
from resources.warehouse.checks import Check, CheckResult
from resources.warehouse.errors import ChecksFailed
from resources.warehouse.table import Table

REJECTED = "rejected"
"""The metadata that tells how many records of what was read went to quarantine."""

_LONG = (dg.MarkdownMetadataValue, dg.TableSchema, dg.TableColumnLineage)

Events = Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]


def asset_key(table: str) -> dg.AssetKey:
    """The asset key of `schema.table`."""
    return dg.AssetKey(table.split("."))


def origin_of(context: dg.AssetExecutionContext, table: Table) -> Origin:
    """Who writes, for the database's own records."""
    return Origin(run_id=context.run.run_id, asset=table.key)


def check_specs(table: Table) -> list[dg.AssetCheckSpec]:
    """The table's checks as Dagster shows them; those that block do so inside the asset's own step."""
    return [
        dg.AssetCheckSpec(
            check.name,
            asset=asset_key(table.key),
            description=check.description,
            blocking=check.severity == "error",
        )
        for check in table.checks
    ]


def events(
    table: Table,
    write: Callable[[], WriteReport],
    *,
    lineage: Lineage,
    metadata: Callable[[WriteReport], Mapping[str, Any]] | None = None,
    more_checks: Callable[[WriteReport], Sequence[dg.AssetCheckResult]] | None = None,
    data_version: str | None = None,
    partitions: dg.AssetExecutionContext | None = None,
    partition_rows: Callable[[], Mapping[str, int]] | None = None,
) -> Events:
    """Write, and yield the results of the checks and the materialisation.

    `partitions` is the step's context where the asset is partitioned, and `partition_rows` counts the rows of each of
    the run's partitions by its key. Of a range, what is long to tell is told of the last partition alone, since Dagster
    would keep it once for each.

    Raises:
        dagster.Failure: the write was refused; its message is one sentence, and the old rows stay.
    """
    try:
        report = write()
    except ChecksFailed as failed:
        yield from (check_result(table, result) for result in failed.results)
        raise failure(failed) from failed
    except TributaryError as error:
        raise failure(error) from error
    yield from (check_result(table, result) for result in report.checks)
    if more_checks is not None:
        yield from more_checks(report)
    told = {**report_metadata(report, lineage), **(metadata(report) if metadata else {})}
    yield dg.MaterializeResult(
        asset_key=asset_key(table.key),
        metadata=told if partitions is None else _told_once(partitions, table, told, partition_rows),
        data_version=None if data_version is None else dg.DataVersion(data_version),
    )


def _told_once(
    context: dg.AssetExecutionContext,
    table: Table,
    told: Mapping[str, Any],
    rows: Callable[[], Mapping[str, int]] | None,
) -> Mapping[str, Any]:
    """What is told of each partition; each tells its own rows, and of a range, all that is long goes to the last."""
    names = context.partition_keys
    counts = row_counts(names, rows()) if rows is not None else {}
    if len(names) == 1:
        return {**told, **counts.get(names[0], {})}
    long = {key: value for key, value in told.items() if isinstance(value, _LONG)}
    last = {**counts.get(names[-1], {}), **long}
    tell_partitions(context, asset_key(table.key), {**counts, names[-1]: last})
    return {key: value for key, value in told.items() if key not in long}


def failure(error: TributaryError) -> dg.Failure:
    """A failure whose message is the error's sentence; running it again without a change would not help."""
    return dg.Failure(description=str(error), allow_retries=False)


def check_result(table: Table, result: CheckResult) -> dg.AssetCheckResult:
    """A check's outcome, with a few offending rows where it failed, or the counts that it compared."""
    metadata: dict[str, Any] = {"failures": result.failures, **result.counts}
    if result.sample:
        metadata["offending rows"] = dg.MetadataValue.md(preview_table(result.sample))
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=asset_key(table.key),
        check_name=result.check.name,
        severity=severity(result.check),
        metadata=metadata,
    )


def severity(check: Check) -> dg.AssetCheckSeverity:
    """The check's severity in Dagster's terms."""
    return dg.AssetCheckSeverity.ERROR if check.severity == "error" else dg.AssetCheckSeverity.WARN


def table_schema(table: Table) -> dg.TableSchema:
    """The declared columns, with their meaning and tags."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                description=column.description,
                tags=dict.fromkeys(column.tags, ""),
            )
            for column in table.columns
        ]
    )


def report_metadata(report: WriteReport, lineage: Lineage) -> dict[str, Any]:
    """Rows of the whole table, bytes, seconds, preview, schema, lineage and the statement that ran."""
    metadata: dict[str, Any] = {
        "dagster/row_count": report.rows if report.table_rows is None else report.table_rows,
        "dagster/column_schema": table_schema(report.table),
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "preview": dg.MetadataValue.md(preview_table(report.preview)),
        "statement": dg.MetadataValue.md(f"```sql\n{report.statement}\n```"),
        **{f"seconds: {phase}": round(seconds, 3) for phase, seconds in report.phases.items()},
    }
    if report.unchanged:
        metadata["unchanged"] = True
    if report.table_rows is not None:
        metadata["rows written"] = report.rows
    if lineage:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            deps_by_column={
                column: [dg.TableColumnDep(asset_key(source.table), source.column) for source in sources]
                for column, sources in lineage.items()
            }
        )
        metadata["lineage"] = dg.MetadataValue.md(lineage_table(lineage))
    if report.lines:
        metadata["read"] = report.lines
        metadata[REJECTED] = report.rejected
    if report.duplicates or report.displaced:
        metadata["duplicates dropped"] = report.duplicates
        metadata["rows displaced elsewhere"] = report.displaced
    return metadata
