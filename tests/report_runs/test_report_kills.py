"""Whatever is killed, and wherever: a request comes to a clear state, can be asked again, and is then whole."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from tests.report_runs.bench import Bench
from tributary.assets.reporting import staged_asset as staging
from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.record import Requests, Turn
from tributary.assets.reporting.requests import Request
from tributary.assets.reporting.tags import REQUEST_TAG, partitions_name
from tributary.dagster_client import DagsterAway
from tributary.reports import sensor
from tributary.reports.launching import launch
from tributary.reports.waiting import PATIENCE, KnownRun, Verdict, decide


class Killed(BaseException):
    """The process ends here."""


def dies(*_: object, **__: object) -> None:
    raise Killed


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever was launching have had their time."""
    real = decide
    now = datetime.now(tz=UTC) + PATIENCE
    monkeypatch.setattr(sensor, "decide", lambda *arguments: real(*arguments, now=now))


def settled(bench: Bench) -> list[Verdict]:
    return sensor.settle(bench.instance, bench.requests, bench.extracts)


def _before_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Requests, "tell", dies)


def _after_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Extracts, "write", dies)


def _after_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Extracts, "publish", dies)


def _after_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Turn.tell
    monkeypatch.setattr(Turn, "tell", lambda *a, **o: dies() if a[1] == "finished" else real(*a, **o))


def _after_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "load", dies)


@pytest.mark.parametrize(
    ("kill", "state"),
    [
        (_before_start, "failed"),
        (_after_start, "failed"),
        (_after_parts, "failed"),
        (_after_manifest, "finished"),
        (_after_finish, "finished"),
    ],
)
def test_a_run_killed_anywhere_leaves_a_clear_state(bench: Bench, kill: Any, state: str) -> None:
    asked = bench.ask()
    with pytest.MonkeyPatch.context() as patched:
        kill(patched)
        with suppress(Killed):
            bench.make(asked)
    _end_runs(bench)
    settled(bench)
    found = bench.now(asked)
    assert found.state == state
    if state == "failed":
        assert "ask for it again" in found.sentence
        assert bench.extracts.find("bills", asked.key, asked.id) is None
        with bench.requests.turn(asked.id) as turn:
            turn.tell("queued")
        assert bench.make(asked).success
    else:
        assert found.rows == 10
        assert bench.csv(asked).count("\r\n") == 11
        assert bench.stage().success
    assert bench.now(asked).state == "finished"
    assert len(bench.staged()) == 10
    assert settled(bench) == []


class Server:
    """Dagster's server as a client sees it, on the bench's instance; it ends before, or after, what it is told to."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.fails: dict[str, str] = {}

    def add_partition(self, definition: str, key: str) -> None:
        self._step("partition", lambda: self.bench.instance.add_dynamic_partitions(definition, [key]))

    def launch(self, job: str, assets: Any, tags: Any) -> str:
        made: list[dg.DagsterRun] = []
        self._step("launch", lambda: made.append(self.bench.instance.create_run_for_job(_job(), tags=dict(tags))))
        assert (job, next(iter(assets))) == ("report_bills", ("reports", "bills"))
        return made[0].run_id

    def _step(self, name: str, does: Any) -> None:
        when = self.fails.get(name)
        if when == "before":
            raise DagsterAway("gone")
        does()
        if when == "after":
            raise DagsterAway("gone")


@pytest.mark.parametrize(
    ("step", "when", "verdict"),
    [
        ("", "", None),
        ("partition", "before", "launch"),
        ("partition", "after", "launch"),
        ("launch", "before", "launch"),
        ("launch", "after", "launched"),
    ],
)
def test_whatever_breaks_off_the_launching_the_sensor_picks_it_up_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str, when: str, verdict: str | None
) -> None:
    server = Server(bench)
    server.fails[step] = when
    asked = bench.ask()
    assert launch(server, bench.requests, bench.report, asked) is (step == "")  # type: ignore[arg-type]
    assert bench.now(asked).event == ("launched" if step == "" else "queued")
    if verdict == "launch":
        assert settled(bench) == [], "whoever asked has some seconds for it"
    later(monkeypatch)
    found = settled(bench)
    assert [one.does for one in found] == ([verdict] if verdict else [])
    if verdict == "launched":
        assert settled(bench) == []
        assert bench.now(asked).event == "launched"
    if verdict == "launch":
        server.fails.clear()
        assert launch(server, bench.requests, bench.report, asked)  # type: ignore[arg-type]
        assert bench.instance.get_dynamic_partitions(partitions_name("bills")) == [asked.key]
        assert settled(bench) == []


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(minutes=5), NOW - timedelta(seconds=2)


def request(event: Any, at: datetime, run_id: str = "") -> Request:
    return Request("x", OLD, "ada", "bills", "k", {}, "queued", "", None, run_id, None, "d", "form", "", "", at, event)


@pytest.mark.parametrize(
    ("event", "at", "run_id", "runs", "has_extract", "does"),
    [
        ("queued", YOUNG, "", [], False, None),
        ("queued", OLD, "", [], False, "launch"),
        ("queued", OLD, "", [("r1", NOW, "living")], False, "launched"),
        ("queued", YOUNG, "", [("r1", OLD, "failed")], False, None),  # of the time before it was asked for again
        ("queued", OLD, "", [("r1", OLD - timedelta(1), "failed")], False, "launch"),
        ("queued", OLD, "", [("r1", NOW, "failed")], False, "failed"),  # before it began, else it had told
        ("launched", OLD, "r1", [("r1", OLD, "living")], False, None),
        ("launched", OLD, "r1", [], False, "launch"),  # a crash of Dagster's database lost the run
        ("launched", OLD, "r1", [("r2", OLD, "living")], False, "launched"),
        ("launched", OLD, "r1", [("r1", OLD, "cancelled")], False, "cancelled"),
        ("launched", OLD, "r1", [("r1", OLD, "failed")], False, "failed"),
        ("started", OLD, "r1", [("r1", OLD, "living")], False, None),
        ("started", OLD, "r1", [("r1", OLD, "living")], True, None),
        ("progress", OLD, "r1", [("r1", OLD, "failed")], False, "failed"),
        ("progress", OLD, "r1", [("r1", OLD, "failed")], True, "finished"),
        ("started", OLD, "r1", [("r1", OLD, "cancelled")], False, "cancelled"),
        ("started", OLD, "r1", [], False, "failed"),
    ],
)
def test_what_is_done_about_a_request(
    event: Any, at: datetime, run_id: str, runs: list[Any], has_extract: bool, does: str | None
) -> None:
    one = request(event, at, run_id)
    found = decide([one], {"x": [KnownRun(*run) for run in runs]}, lambda _: has_extract, NOW)
    assert [verdict.does for verdict in found] == ([does] if does else [])


@dg.asset(key=["reports", "bills"])
def _bills() -> None:
    pass


def _job() -> dg.JobDefinition:
    return dg.Definitions(assets=[_bills]).resolve_implicit_global_asset_job_def()


def _end_runs(bench: Bench) -> None:
    """What looks after runs notices that a process is gone."""
    for run in bench.instance.get_runs():
        assert REQUEST_TAG in run.tags
        if not run.is_finished:
            bench.instance.report_run_failed(run)
