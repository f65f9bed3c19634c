"""The asset of a report's extracts: a run of one of its partitions makes the extract of one request."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key, check_result, check_specs, failure, refused_result
from tributary.assets.factory.in_dialect import chart_in
from tributary.assets.factory.refused import refusal, with_banner
from tributary.assets.factory.specs import object_spec
from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.extract import Extracts, Manifest, Written
from tributary.assets.reporting.requests import NotNow, OpenRequests, Question, RecordError, Request
from tributary.assets.reporting.tags import POOL, REQUEST_TAG, asset_of, partitions_name
from tributary.resources.errors import TributaryError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.answers import Extracted
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.checks import CheckResult, Sql
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from tributary.assets.reporting.record import Requests

PROGRESS_SECONDS = 2.0
"""How often a running request tells how many rows it has."""

MOST_POINTS = 400
"""Points of a chart, at most."""

Points = tuple[tuple[str, float], ...]
_MARK = 8


class ReportChanged(TributaryError):
    """A request was asked of another version of a report's file than the one that is loaded."""


class RowsRefused(TributaryError):
    """The rows break a check of the report that blocks; there is no extract."""


class _Superseded(Exception):
    """Nobody waits for this run's extract any more: the request was cancelled, or another run makes it."""


def extract_asset(report: Report, refused: str = "") -> dg.AssetsDefinition:
    """The asset `reports/<name>`, with a partition for each question; `refused` says why it is not made for now."""
    table = report.rows
    spec = object_spec(
        asset_of(report.name),
        source=report.source,
        description=f"{report.title}: the extracts of all requests, a partition a question. {report.description}",
        kinds=("sql", "csv", "parquet"),
        defined_in=report.model.path,
        deps=dict.fromkeys((*report.model.reads, *report.model.references)),
        code_version=report.digest,
        partitions=dg.DynamicPartitionsDefinition(name=partitions_name(report.name)),
    )

    @dg.multi_asset(
        name=f"reports__{report.name}",
        specs=[(with_banner(spec, refused) if refused else spec).replace_attributes(skippable=True)],
        check_specs=check_specs(table),
        # What is not told, as of a request that was cancelled, is then no failure.
        can_subset=True,
        pool=POOL,
    )
    def run(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        lake: dg.ResourceParam[Lake],
        requests: dg.ResourceParam[OpenRequests],
    ) -> Any:
        if not context.selected_asset_keys:
            context.log.warning(
                "The checks of a report tell of the rows of one request: they are made with them alone."
            )
            return
        record, named = requests(), context.run.tags.get(REQUEST_TAG, "")
        if refused:
            if named:
                record.tell(named, "failed", run_id=context.run.run_id, sentence=refused)
            raise refusal(refused)
        origin = Origin(run_id=context.run.run_id, asset=asset_of(report.name))
        making = Making(report, warehouse, Extracts(lake), record, context.run.run_id, origin)
        try:
            request = requested(record, report, named, context.partition_key)
            manifest, checks = making.make(request)
        except _Superseded as told:
            context.log.info("%s", told)
            return
        except ChecksFailed as failed:
            yield from (refused_result(table, result) for result in failed.results)
            raise failure(_rows_refused(failed)) from failed
        except TributaryError as error:
            raise failure(error) from error
        yield dg.MaterializeResult(
            asset_key=asset_key(asset_of(report.name)),
            metadata=_metadata(making.extracts, manifest),
            data_version=dg.DataVersion(manifest.request),
        )
        yield from (check_result(table, result) for result in checks)

    return run


def requested(requests: "Requests", report: Report, id_: str, key: str) -> Request:
    """The request that a run is to make: the one that it names, or, where it names none that is to be made, a new one.

    So a partition that is materialised in Dagster's UI asks its question again.

    Raises:
        NotNow: nobody ever asked the question of this key.
    """
    found = requests.find(id_) if id_ else None
    if found is not None and found.is_open and (found.report, found.key) == (report.name, key):
        return found
    if found is not None and found.state == "cancelled":
        raise _Superseded(f"The request {found.id} was cancelled: {found.sentence}")
    last = requests.newest_of_key(report.name, key)
    if last is None:
        raise NotNow(
            f"Nobody asked {report.name} the question {key}: ask it in the form, or by `tributary report run`."
        )
    answers = read_answers(report, last.answers)
    return requests.add(Question("dagster", report.name, report.digest, answers.json, key, "dagster"))


class Making:
    """Makes the extract of a request, and tells the record how that goes."""

    def __init__(
        self,
        report: Report,
        warehouse: Warehouse,
        extracts: Extracts,
        requests: "Requests",
        run_id: str,
        origin: Origin,
    ) -> None:
        self.extracts = extracts
        self._report, self._warehouse, self._requests = report, warehouse, requests
        self._run_id, self._origin = run_id, origin

    def make(self, request: Request) -> tuple[Manifest, list[CheckResult]]:
        """Make it, from its first event to its last.

        Raises:
            _Superseded: it is not this run's to make.
            TributaryError: it failed, which is recorded.
        """
        if not self._requests.tell(request.id, "started", run_id=self._run_id):
            raise _Superseded(f"The request {request.id} is not waiting for this run.")
        try:
            written, chart, checks = self._write(request)
            return self._publish(request, written, chart), checks
        except ChecksFailed as failed:
            self._failed(request, str(_rows_refused(failed)))
            raise
        except TributaryError as error:
            self._failed(request, str(error))
            raise

    def _write(self, request: Request) -> tuple[Written, Points, list[CheckResult]]:
        from tributary.assets.reporting.binding import bind
        from tributary.resources.warehouse.arrow import arrow_schema

        report = self._report
        if request.report_digest != report.digest:
            raise ReportChanged(
                f"The file of {report.name} was changed after this was asked, or just before: ask again, which has "
                "Dagster read it."
            )
        bound = bind(report, read_answers(report, request.answers), self._warehouse.dialect)
        folder = Extracts.folder(report.name, request.key, request.id)
        query, seconds = Sql(bound.sql, bound.values), report.limits.seconds
        with self._warehouse.extract(report.rows, query, origin=self._origin, seconds=seconds) as found:
            schema, told = arrow_schema(report.rows), self._teller(request)
            chart = self._chart(found)
            mark, most = self._run_id[:_MARK], report.limits.rows
            return self.extracts.write(folder, mark, schema, found.batches, most, told), chart, list(found.checks)

    def _chart(self, found: Extracted) -> Points:
        if self._report.chart is None:
            return ()
        chart = chart_in(self._report.chart, self._warehouse.dialect)
        rows = found.summary(f"{chart.x} AS x, {chart.y} AS y", f"GROUP BY 1 ORDER BY 1 LIMIT {MOST_POINTS}")
        return tuple((str(row["x"]), float(row["y"])) for row in rows if row["x"] is not None and row["y"] is not None)

    def _publish(self, request: Request, written: Written, chart: Points) -> Manifest:
        """Put the manifest while nobody can cancel the request, or ask for it again."""
        manifest = Manifest(
            report=self._report.name,
            key=request.key,
            request=request.id,
            digest=self._report.digest,
            asked_at=request.asked_at.isoformat(),
            made_at=datetime.now(tz=UTC).isoformat(),
            rows=written.rows,
            columns=tuple((column.name, column.type) for column in self._report.columns),
            parameters=dict(request.answers),
            csv=written.csv,
            parquet=written.parquet,
            chart=chart,
        )
        with self._requests.turn(request.id) as turn:
            if not turn.allows("finished", self._run_id):
                raise _Superseded(f"The request {request.id} is {turn.request.state}: its rows are not taken any more.")
            self.extracts.publish(manifest)
            turn.tell("finished", run_id=self._run_id, rows=written.rows)
        return manifest

    def _teller(self, request: Request) -> Callable[[int], None]:
        last = time.monotonic()

        def told(rows: int) -> None:
            nonlocal last
            if time.monotonic() - last < PROGRESS_SECONDS:
                return
            if not self._requests.tell(request.id, "progress", run_id=self._run_id, rows=rows):
                raise _Superseded(f"The request {request.id} was ended.")
            last = time.monotonic()

        return told

    def _failed(self, request: Request, sentence: str) -> None:
        # Where the record does not answer, the sensor tells it later, by how the run ended.
        with suppress(RecordError):
            self._requests.tell(request.id, "failed", run_id=self._run_id, sentence=sentence)


def _rows_refused(failed: ChecksFailed) -> RowsRefused:
    broken = "; ".join(result.sentence for result in failed.results if result.blocks)
    return RowsRefused(f"The rows break a check of the report, so that there is no extract: {broken}.")


def _metadata(extracts: Extracts, manifest: Manifest) -> dict[str, Any]:
    folder = Extracts.folder(manifest.report, manifest.key, manifest.request)
    return {
        "dagster/partition_row_count": manifest.rows,
        "request": manifest.request,
        "parameters": dg.MetadataValue.json(manifest.parameters),
        "csv": extracts.lake.url(f"{folder}{manifest.csv.name}"),
        "parquet": extracts.lake.url(f"{folder}{manifest.parquet.name}"),
        "bytes": manifest.csv.bytes + manifest.parquet.bytes,
    }
