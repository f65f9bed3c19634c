"""Turns a write into Dagster's events: check results and a materialisation with everything worth knowing about it.

The same for every table, however its rows were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from tributary.assets.factory.markdown import lineage_table, preview_table
from tributary.assets.factory.migrated import migration_metadata
from tributary.assets.factory.partition_rows import row_counts
from tributary.assets.source import Lineage
from tributary.resources.dagster_internals.assets import tell_partitions
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse import spending
from tributary.resources.warehouse.base import Origin, WriteReport
from tributary.resources.warehouse.checks import Check, CheckResult
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Table
from tributary.resources.wording import count, duration, size

REJECTED = "rejected"
"""The metadata that tells how many records of what was read went to quarantine."""

REFUSED = "refused"
"""The metadata in which an asset's page says why a write was refused, and that the old rows stand."""

TOLD_BY = "told in full by run"
"""The metadata of rows that were left as they were: the run whose materialisation tells all of them."""

MADE_FROM = "tributary/made-from"
"""The tag that tells one state of a table's inputs and code from another: of no use to people, who see no tags."""

IN_SHORT = "in short"
"""The metadata that tells in a line what a write did."""

_KEEPS = "keeps its old rows"
_LINEAGE = "lineage"
_LONG = (dg.MarkdownMetadataValue, dg.TableColumnLineage)

Events = Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.AssetObservation | dg.MaterializeResult[Any]]


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
    context: dg.AssetExecutionContext,
    table: Table,
    write: Callable[[], WriteReport],
    *,
    lineage: Lineage | Callable[[], Lineage],
    metadata: Callable[[WriteReport], Mapping[str, Any]] | None = None,
    picture: Callable[[WriteReport], Mapping[str, Any]] | None = None,
    more_checks: Callable[[WriteReport], Sequence[dg.AssetCheckResult]] | None = None,
    data_version: str | Callable[[WriteReport], str] | None = None,
    partition_rows: Callable[[], Mapping[str, int]] | None = None,
    statement: str = "",
) -> Events:
    """Write, and yield the materialisation and then the results of the checks, which are of what it published.

    Nothing long is told twice: of rows that are left as they were, the run is named that told of them when they were
    made. `picture` is asked for only where the rows are new. `statement` is told in place of what the engine was given.
    `partition_rows` counts the rows of each of the run's partitions by its key. Of a range, what is long to tell is
    told of the last partition alone, since Dagster would keep it once for each.

    Raises:
        dagster.Failure: the write was refused; its message is one sentence, and the old rows stay.
    """
    try:
        report = write()
    except ChecksFailed as failed:
        yield from (refused_result(table, result) for result in failed.results)
        yield refusal(table, failed)
        raise failure(failed) from failed
    except TributaryError as error:
        yield refusal(table, error)
        raise kept_rows(context, table, error) from error
    more = more_checks(report) if more_checks is not None else ()
    last = last_told(context, table)
    told = {
        **report_metadata(report),
        **migration_metadata(context, report),
        **(metadata(report) if metadata else {}),
    }
    by = last.in_full(report)
    if by is not None:
        told[TOLD_BY] = dg.MetadataValue.dagster_run(by)
    else:
        told |= {
            **long_metadata(report, statement),
            **_lineage_metadata(lineage, last),
            **(picture(report) if picture else {}),
        }
    partitioned = context.assets_def.partitions_def is not None
    version = data_version(report) if callable(data_version) else data_version
    yield dg.MaterializeResult(
        asset_key=asset_key(table.key),
        metadata=_told_once(context, table, told, partition_rows) if partitioned else told,
        data_version=None if version is None else dg.DataVersion(version),
        tags={MADE_FROM: _short(report.fingerprint)} if report.fingerprint else None,
    )
    yield from (check_result(table, result) for result in report.checks)
    yield from more


@dataclass(frozen=True)
class Told:
    """What the same code told of a table at its last materialisation, in which run."""

    metadata: Mapping[str, dg.MetadataValue[Any]]
    run_id: str
    made_from: str = ""

    def in_full(self, report: WriteReport) -> str | None:
        """The run that told in full of these very rows, where they were left as they were."""
        if not report.unchanged or not self.made_from or self.made_from != _short(report.fingerprint):
            return None
        named = self.metadata.get(TOLD_BY)
        return str(named.value) if named is not None else self.run_id


def last_told(context: dg.AssetExecutionContext, table: Table) -> Told:
    """What was told last; nothing where that was by other code."""
    event = context.instance.get_latest_materialization_event(asset_key(table.key))
    last = event.asset_materialization if event is not None else None
    own = context.assets_def.code_versions_by_key.get(asset_key(table.key))
    if event is None or last is None or (last.tags or {}).get("dagster/code_version") != own:
        return Told({}, "")
    return Told(last.metadata, event.run_id, (last.tags or {}).get(MADE_FROM, ""))


def _short(fingerprint: str) -> str:
    """A fingerprint as a tag can hold it."""
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:32]


def _lineage_metadata(lineage: Lineage | Callable[[], Lineage], last: Told) -> Mapping[str, Any]:
    """The lineage, derived and told to machines where the code is new; else as it was told to people last."""
    if _LINEAGE in last.metadata:
        return {_LINEAGE: last.metadata[_LINEAGE]}
    found = lineage() if callable(lineage) else lineage
    if not found:
        return {}
    deps = {
        column: [dg.TableColumnDep(asset_key(source.table), source.column) for source in sources]
        for column, sources in found.items()
    }
    return {
        "dagster/column_lineage": dg.TableColumnLineage(deps_by_column=deps),
        _LINEAGE: dg.MetadataValue.md(lineage_table(found)),
    }


def _told_once(
    context: dg.AssetExecutionContext,
    table: Table,
    told: Mapping[str, Any],
    rows: Callable[[], Mapping[str, int]] | None,
) -> Mapping[str, Any]:
    """What is told of each partition; each tells its own rows, and of a range, all that is long goes to the last.

    So does what statements took, which is of the range as a whole: each partition's would be added up.
    """
    names = context.partition_keys
    counts = row_counts(names, rows()) if rows is not None else {}
    if len(names) == 1:
        return {**told, **counts.get(names[0], {})}
    long = {key: value for key, value in told.items() if isinstance(value, _LONG) or key in spending.LABELS}
    last = {**counts.get(names[-1], {}), **long}
    tell_partitions(context, asset_key(table.key), {**counts, names[-1]: last})
    return {key: value for key, value in told.items() if key not in long}


def kept_rows(context: dg.AssetExecutionContext, table: Table, error: TributaryError) -> dg.Failure:
    """The failure of a write, which also says that the table's rows of before stand, where it has any."""
    told = str(error)
    if _KEEPS not in told and context.instance.get_latest_materialization_event(asset_key(table.key)) is not None:
        told = f"{told} {table.key} {_KEEPS}."
    return dg.Failure(description=told, allow_retries=False)


def failure(error: TributaryError) -> dg.Failure:
    """A failure whose message is the error's sentence; running it again without a change would not help."""
    return dg.Failure(description=str(error), allow_retries=False)


def refusal(table: Table, error: TributaryError) -> dg.AssetObservation:
    """What the asset's own page tells of a write that was refused: why, and which rows stand."""
    stand = f"{table.key} keeps the rows of its latest materialisation, whole, until a write is accepted."
    return dg.AssetObservation(
        asset_key(table.key), description=str(error), metadata={REFUSED: str(error), "rows that stand": stand}
    )


def refused_result(table: Table, result: CheckResult) -> dg.AssetCheckEvaluation:
    """A check's outcome on rows that were not published: no materialisation is its target."""
    return dg.AssetCheckEvaluation(
        asset_key=asset_key(table.key),
        check_name=result.check.name,
        passed=result.passed,
        metadata=_found(result),
        severity=severity(result.check),
        blocking=result.check.severity == "error",
        description="Of rows that were refused: the rows that stand are the older ones, which this does not speak of.",
    )


def check_result(table: Table, result: CheckResult) -> dg.AssetCheckResult:
    """A check's outcome, with a few offending rows where it failed, or the counts that it compared."""
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=asset_key(table.key),
        check_name=result.check.name,
        severity=severity(result.check),
        metadata=_found(result),
    )


def _found(result: CheckResult) -> dict[str, Any]:
    found: dict[str, Any] = {"failures": result.failures, **result.counts}
    if result.proven:
        found["proven"] = "holds of all rows that the SELECT can give; they were not looked at"
    if result.sample:
        found["offending rows"] = dg.MetadataValue.md(preview_table(result.sample))
    return found


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


def report_metadata(report: WriteReport) -> dict[str, Any]:
    """What was done in a line, and its figures one by one, which Dagster draws over time."""
    metadata: dict[str, Any] = {
        IN_SHORT: in_short(report),
        "dagster/row_count": report.rows if report.table_rows is None else report.table_rows,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        **{f"seconds: {phase}": round(seconds, 3) for phase, seconds in report.phases.items()},
    }
    if report.unchanged:
        metadata["unchanged"] = True
    if report.keys is not None:
        metadata["keys replaced"] = report.keys
        metadata["rows of these keys"] = report.rows
    elif report.table_rows is not None:
        metadata["rows written"] = report.rows
    if report.lines:
        metadata["read"] = report.lines
        metadata[REJECTED] = report.rejected
    if report.duplicates or report.displaced:
        metadata["duplicates dropped"] = report.duplicates
        metadata["rows displaced elsewhere"] = report.displaced
    if report.spent is not None:
        metadata |= spending.told(report.spent)
    return metadata


def in_short(report: WriteReport) -> str:
    """What a write did, as people say it: `1,204 rows of 3 keys, 88,012 rows in all, 12.3 MB, in 0.42 s`."""
    whole = report.rows if report.table_rows is None else report.table_rows
    parts = []
    if report.unchanged:
        parts.append(f"unchanged: {count(whole, 'row')} as before")
    else:
        parts.append(
            count(report.rows, "row") + (f" of {count(report.keys, 'key')}" if report.keys is not None else "")
        )
        parts += [f"{count(whole, 'row')} in all"] if report.table_rows is not None else []
    parts += [f"{count(report.rejected, 'record')} rejected"] if report.rejected else []
    return ", ".join((*parts, size(report.bytes), f"in {duration(report.seconds)}"))


def long_metadata(report: WriteReport, statement: str = "") -> dict[str, Any]:
    """A few rows, and the statement that made them, as its author wrote it where that is known."""
    return {
        "preview": dg.MetadataValue.md(preview_table(report.preview)),
        "statement": dg.MetadataValue.md(f"```sql\n{statement or report.statement}\n```"),
    }
