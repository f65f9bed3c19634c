"""What pages, the API and the command line call: asking, cancelling, asking again, and reading what was made."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import dagster as dg
import pytest

from tests.report_runs.bench import BODY, HEADER, Bench, report_in
from tributary.assets.reporting.requests import NotNow, Question
from tributary.assets.reporting.tags import REQUEST_TAG, job_of
from tributary.dagster_client import DagsterAway, DagsterClient
from tributary.reports.sensor import report_sensor
from tributary.reports.service import NoSuchReport, Reports
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings


@dataclass
class Server:
    """Dagster's server, of which only what was asked is known."""

    away: bool = False
    launched: list[dict[str, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    loaded: str = ""
    reloads: int = 0

    def code_version(self, _asset: Any) -> str:
        if self.away:
            raise DagsterAway("Dagster's server does not answer.")
        return self.loaded

    def reload(self) -> None:
        self.reloads += 1

    def add_partition(self, *_: str) -> None:
        if self.away:
            raise DagsterAway("Dagster's server does not answer.")

    def launch(self, _job: str, _assets: Any, tags: Any) -> str:
        self.launched.append(dict(tags))
        return f"run-{len(self.launched)}"

    def terminate(self, run_id: str) -> None:
        if self.away:
            raise DagsterAway("Dagster's server does not answer.")
        self.ended.append(run_id)

    def close(self) -> None:
        pass


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def reports(bench: Bench, databases: Databases, tmp_path: Path, server: Server) -> Reports:
    found = Reports(Settings(_env_file=None, home=tmp_path / "home"), databases)
    found._requests, found._warehouse, found._extracts = bench.requests, bench.warehouse, bench.extracts
    found._dagster = Mock(spec=DagsterClient, wraps=server)
    found._declared = Mock(reports=lambda: {"bills": bench.report}, refused=lambda: {"broken": "Line 3 is wrong."})
    return found


def ask(reports: Reports, **raw: Any) -> Any:
    report = reports.report("bills")
    return reports.submit(report, reports.read(report, {"code": "b1", **raw}), "ada", "form")


def test_what_is_asked_is_launched_at_once(reports: Reports, server: Server, bench: Bench) -> None:
    found = ask(reports)
    assert (found.state, found.event, found.run_id, found.is_current_file) == ("queued", "launched", "run-1", True)
    assert server.launched[0][REQUEST_TAG] == found.id
    assert server.launched[0]["dagster/partition"] == found.key
    assert server.launched[0]["dagster/max_runtime"] == "180"
    assert bench.requests.list()[0].who == "ada"


def test_a_file_that_dagster_has_not_read_is_read_before_it_is_asked(reports: Reports, server: Server) -> None:
    server.loaded = "of before"
    assert ask(reports).event == "launched"
    assert (server.reloads, len(server.launched)) == (1, 1)
    ask(reports)
    assert server.reloads == 1


def test_a_file_that_dagster_knows_is_not_read_again(reports: Reports, server: Server, bench: Bench) -> None:
    server.loaded = bench.report.digest
    ask(reports)
    assert (server.reloads, len(server.launched)) == (0, 1)


def test_what_one_form_saves_twice_is_saved_once(reports: Reports) -> None:
    report = reports.report("bills")
    answers = reports.read(report, {"code": "b1"})

    def save(token: str) -> str:
        return reports.save(report, answers, "ada", "Weekly", "0 7 * * 1", token=token).id

    first = save("t1")
    assert (save("t1"), len(reports.saved("bills"))) == (first, 1)
    assert save("t2") != first
    assert len({save(""), save("")}) == 2
    reports.unsave(first, "ada")
    assert save("t1") != first


def test_where_dagster_is_away_it_is_recorded_and_waits(reports: Reports, server: Server) -> None:
    server.away = True
    assert (ask(reports).event, server.launched) == ("queued", [])


def test_the_matches_are_counted_before(reports: Reports) -> None:
    report = reports.report("bills")
    assert reports.count(report, reports.read(report, {"code": "b1", "weight_from": "2"})) == 8
    assert reports.count(report, reports.read(report, {"code": "' OR 1=1 --"})) == 0
    assert reports.count(report, reports.read(report, {"code": "b1"}), seconds=0.0) in (None, 10)


def test_a_report_that_is_refused_says_why(reports: Reports) -> None:
    with pytest.raises(NoSuchReport, match=r"can be asked: Line 3 is wrong\.$"):
        reports.report("broken")
    with pytest.raises(NoSuchReport):
        reports.report("x" * 1000)


def test_cancelling_ends_the_run_and_holds_without_dagster_too(reports: Reports, server: Server) -> None:
    first, second = ask(reports), ask(reports)
    done = reports.cancel(first.id, "eve")
    assert (done.state, done.sentence, server.ended) == ("cancelled", "Cancelled by eve.", ["run-1"])
    server.away = True
    assert reports.cancel(second.id, "eve").state == "cancelled"
    with pytest.raises(NotNow):
        reports.cancel(first.id, "eve")


def test_what_failed_is_made_again_under_its_own_address(reports: Reports, bench: Bench) -> None:
    asked = ask(reports)
    with pytest.raises(NotNow):
        reports.retry(asked.id, "ada")
    bench.requests.tell(asked.id, "failed")
    again = reports.retry(asked.id, "ada")
    assert (again.id, again.event, again.run_id) == (asked.id, "launched", "run-2")
    bench.make(again)
    with pytest.raises(NotNow):
        reports.retry(asked.id, "ada")


def test_what_failed_of_another_version_of_the_file_is_asked_anew(
    reports: Reports, bench: Bench, tmp_path: Path
) -> None:
    asked = ask(reports)
    bench.requests.tell(asked.id, "failed")
    bench.report = report_in(tmp_path / "other", HEADER.replace("Bills by code", "Bills") + BODY)
    assert not reports.request(asked.id).is_current_file
    again = reports.retry(asked.id, "ada")
    assert again.id != asked.id
    assert (again.report_digest, again.answers, again.is_current_file) == (bench.report.digest, asked.answers, True)


def test_rows_are_read_by_pages_in_any_order(reports: Reports, bench: Bench) -> None:
    asked = ask(reports)
    with pytest.raises(NotNow, match="is queued"):
        reports.page(asked.id)
    bench.make(asked)
    page = reports.page(asked.id, limit=4)
    assert (page.total, [name for name, _ in page.columns]) == (10, ["bill", "code", "weight_g", "pledged_on"])
    every = reports.page(asked.id).rows
    assert page.rows == every[:4]
    for place, name in enumerate(["bill", "code", "weight_g", "pledged_on"]):
        for descending in (False, True):
            found = [
                row for start in range(0, 12, 4) for row in reports.page(asked.id, name, descending, start, 4).rows
            ]
            assert found == sorted(every, key=lambda row: row[place], reverse=descending), (name, descending)
    assert reports.page(asked.id, offset=50).rows == []
    with pytest.raises(UsageError, match="did you mean code"):
        reports.page(asked.id, sort="cod")
    assert sum(point.y for point in reports.chart(asked.id)) == 10


def test_files_are_what_was_made_and_no_cell_is_a_formula(reports: Reports, bench: Bench) -> None:
    bench.fill("SELECT 1 AS bill, '=1+1' AS code, 0.5::numeric AS weight_g, DATE '1890-01-02' AS pledged_on")
    asked = ask(reports, code="=1+1")
    bench.make(asked)
    found = {form: reports.download(asked.id, form) for form in ("csv", "parquet", "xlsx")}  # type: ignore[arg-type]
    data = {form: b"".join(one.chunks) for form, one in found.items()}
    assert [one.name for one in found.values()] == [f"bills-{asked.id}.{form}" for form in found]
    assert (found["csv"].size, found["parquet"].size) == (len(data["csv"]), len(data["parquet"]))
    rows = list(csv.reader(io.StringIO(data["csv"].decode(), newline="")))
    assert rows[1] == ["1", "'=1+1", "0.50", "1890-01-02"]
    with zipfile.ZipFile(io.BytesIO(data["xlsx"])) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert re.findall(r"<row", sheet) == ["<row"] * 2
    assert "=1+1" in sheet
    assert "1890-01-02" in sheet, "Excel's days begin in 1900: an earlier one is text"
    with pytest.raises(UsageError):
        reports.download(asked.id, "exe")  # type: ignore[arg-type]


def test_the_sensor_asks_for_the_runs_of_what_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = bench.ask()
    gone = bench.requests.add(Question("ada", "gone", "d", {}, "k", "form"))
    edited = bench.requests.add(Question("ada", "bills", "of another file", {}, "k", "form"))
    monkeypatch.setattr("tributary.reports.waiting.PATIENCE", timedelta(0))
    job = dg.define_asset_job(job_of("bills"), dg.AssetSelection.assets(["reports", "bills"]))
    found = report_sensor({"bills": bench.report}, [job])
    resources = {"requests": bench.opened, "lake": bench.lake}
    context = dg.build_sensor_context(instance=bench.instance, resources=resources)
    result = found(context)
    assert isinstance(result, dg.SensorResult)
    (run,) = result.run_requests or ()
    assert (run.job_name, run.partition_key, run.tags[REQUEST_TAG]) == ("report_bills", waiting.key, waiting.id)
    (added,) = result.dynamic_partitions_requests or ()
    assert (added.partitions_def_name, list(added.partition_keys)) == ("reports/bills", [waiting.key])
    assert [bench.now(one).state for one in (gone, edited)] == ["queued", "queued"], "their files are being read"
    monkeypatch.setattr("tributary.reports.sensor._READ_WITHIN", timedelta(0))
    found(dg.build_sensor_context(instance=bench.instance, resources=resources))
    assert bench.now(gone).sentence == "Dagster had not read the report gone yet; to retry has it read."
