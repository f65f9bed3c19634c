"""What `tributary up` starts is held up: each part is started again when it dies, and the sensors go on ticking."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.ports import free_port
from tributary.code_server.serving import NAME
from tributary.instance.processes import PROCESS_TAG
from tributary.launcher.part import Awaited, Patience, Tended
from tributary.launcher.probes import heartbeats
from tributary.launcher.process import is_a_run
from tributary.launcher.server import PostgresByUrl
from tributary.launcher.services import DAGSTER_PATH
from tributary.launcher.state import parts_down
from tributary.resources.errors import TributaryError
from tributary.resources.postgres import postmaster
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings

UP = """
import sys
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.instance.opening import dagster_environment, open_instance
from tributary.launcher.server import PostgresPart
from tributary.launcher.services import SHARED, dagster_processes, ready_url
from tributary.launcher.supervisor import Supervisor
settings = Settings.model_validate({"home": sys.argv[1], "dagster_port": int(sys.argv[2]), "direct_ports": True})
with connect(settings) as databases:
    with open_instance(settings, databases):
        pass
    with Supervisor(settings.home / "logs", say=lambda line: print(line, flush=True), shared=SHARED) as supervisor:
        supervisor.stand_on(PostgresPart(databases.server))
        environment = dagster_environment(settings, databases)
        supervisor.start(*dagster_processes(settings, environment, "ticking_definitions"))
        supervisor.wait_ready(ready_url(settings), 240)
        print("ready", flush=True)
        supervisor.watch()
"""

DEFINITIONS = """
import time
import dagster as dg
from tributary.instance.executor import run_executor

@dg.asset
def endless() -> None:
    time.sleep(600)

@dg.asset
def quick() -> None:
    time.sleep(0.2)

RUNNING = dg.DefaultSensorStatus.RUNNING

@dg.sensor(name="ticking", asset_selection="*", minimum_interval_seconds=1, default_status=RUNNING)
def ticking(_context):
    return dg.SkipReason("a tick")

defs = dg.Definitions(
    assets=[endless, quick],
    sensors=[ticking],
    jobs=[dg.define_asset_job("a_job", ["endless"]), dg.define_asset_job("quick_job", ["quick"])],
    executor=run_executor,
)
"""

TICKS = """{ sensorOrError(sensorSelector: {
    repositoryName: "__repository__", repositoryLocationName: "tributary", sensorName: "ticking" })
  { ... on Sensor { sensorState { ticks(limit: 1) { timestamp status } } } ... on PythonError { message } } }"""
LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries {
  loadStatus locationOrLoadError { __typename } } } } }"""
JOBS = """{ workspaceOrError { ... on Workspace { locationEntries {
  locationOrLoadError { ... on RepositoryLocation { repositories { jobs { name } } } } } } } }"""
RELOAD = """mutation { reloadRepositoryLocation(repositoryLocationName: "tributary") {
  ... on WorkspaceLocationEntry { locationOrLoadError { ... on PythonError { message } } } } }"""
CANCEL = """mutation {{ terminateRun(runId: "{run}") {{ __typename ... on TerminateRunFailure {{ message }} }} }}"""
LAUNCH_QUICK = """mutation { launchRun(executionParams: { selector: {
  repositoryLocationName: "tributary", repositoryName: "__repository__", jobName: "quick_job" },
  runConfigData: {}, mode: "default" }) { __typename } }"""
LAUNCH = """mutation { launchRun(executionParams: { selector: {
  repositoryLocationName: "tributary", repositoryName: "__repository__", jobName: "a_job" },
  runConfigData: {}, mode: "default" }) { __typename ... on LaunchRunSuccess { run { runId } } } }"""


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)


class Running:
    """The three processes of Dagster and Postgres, on definitions whose sensor ticks all the time."""

    def __init__(self, home: Path, script_folder: Path) -> None:
        port = free_port()
        self.settings = Settings.model_validate({"home": home, "dagster_port": port})
        self.said, self.folder = home.with_suffix(".log"), script_folder
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", UP, str(home), str(port)],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(script_folder)},
            )
        wait_until(lambda: "ready" in self.said.read_text() or self.process.poll() is not None, 120, "the start")
        assert self.process.poll() is None, self.said.read_text()

    def ask(self, question: str) -> Any:
        request = urllib.request.Request(  # noqa: S310
            f"{self.settings.dagster_origin}{DAGSTER_PATH}/graphql",
            data=json.dumps({"query": question}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def last_tick(self) -> float:
        try:
            (tick,) = self.ask(TICKS)["sensorOrError"]["sensorState"]["ticks"]
        except (OSError, KeyError, TypeError, ValueError):
            return 0.0
        return float(tick["timestamp"]) if tick["status"] == "SKIPPED" else 0.0

    def is_loaded(self) -> bool:
        try:
            (entry,) = self.ask(LOCATION)["workspaceOrError"]["locationEntries"]
        except (OSError, KeyError, TypeError, ValueError):
            return False
        return bool(entry["locationOrLoadError"]["__typename"] == "RepositoryLocation")

    def family(self) -> list[psutil.Process]:
        found = psutil.Process(self.process.pid).children(recursive=True)
        for pid in postmaster.processes(self.settings.postgres_data):
            with suppress(psutil.NoSuchProcess):  # a connection's, which ended while it was looked at
                found.append(psutil.Process(pid))
        return found

    def one(self, name: str) -> psutil.Process:
        (found,) = [process for process in self.family() if process.name() == name]
        return found

    def goes_on(self, what: str) -> None:
        since = time.time()
        wait_until(lambda: self.last_tick() > since, 90, f"a tick after {what}: {self.said.read_text()}")
        wait_until(self.is_loaded, 60, f"the definitions in the UI after {what}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("supervision")
    (folder / "ticking_definitions.py").write_text(DEFINITIONS)
    started = Running(folder / "home", folder)
    family = started.family()
    yield started
    family += started.family()
    # Not Ctrl-C's, which is ignored by what a shell started in its background.
    started.process.send_signal(signal.SIGTERM)
    started.process.wait(60)
    wait_until(lambda: not any(map(_lives, family)), 30, "everything to end")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_after_a_sleep_of_everything_the_sensors_tick_again(running: Running) -> None:
    running.goes_on("the start")
    family = running.family()
    everything = [psutil.Process(running.process.pid), *family]
    for process in everything:
        process.suspend()
    time.sleep(8)
    for process in everything:
        process.resume()
    running.goes_on("a sleep")


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
@pytest.mark.parametrize(
    ("killed", "name"),
    [
        (NAME, "code-server"),
        ("code-server", "code-server"),
        ("code-forkserver", "code-server"),
        ("daemon", "daemon"),
        ("webserver", "webserver"),
    ],
)
def test_a_killed_process_is_started_again(running: Running, killed: str, name: str) -> None:
    before = running.said.read_text().count(f"{name} is up again")
    running.one(killed).kill()
    wait_until(lambda: running.said.read_text().count(f"{name} is up again") > before, 90, f"{name} to be up")
    running.goes_on(f"{name} was killed")
    assert running.process.poll() is None


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_what_is_queued_waits_for_a_code_server_that_is_away(running: Running) -> None:
    for _ in range(6):
        assert running.ask(LAUNCH_QUICK)["launchRun"]["__typename"] == "LaunchRunSuccess"
    running.one(NAME).kill()
    question = '{ runsOrError(filter: { pipelineName: "quick_job" }) { ... on Runs { results { status } } } }'

    def states() -> list[str]:
        return [one["status"] for one in running.ask(question)["runsOrError"]["results"]]

    wait_until(lambda: set(states()) <= {"SUCCESS", "FAILURE", "CANCELED"}, 120, "the queue to be empty")
    assert states() == ["SUCCESS"] * 6
    running.goes_on("the queue was worked off")


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_a_run_outlives_the_code_server_that_started_it_and_can_be_cancelled(running: Running) -> None:
    launched = running.ask(LAUNCH)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess"
    question = '{ runsOrError(filter: { pipelineName: "a_job" }) { ... on Runs { results { status tags { key } } } } }'

    def run() -> Any:
        (found,) = running.ask(question)["runsOrError"]["results"]
        return found

    wait_until(lambda: {"key": PROCESS_TAG} in run()["tags"], 90, "the run")
    (worker,) = [one for one in running.family() if is_a_run(one)]
    running.one(NAME).kill()
    before = running.said.read_text().count("code-server is up again")
    wait_until(lambda: running.said.read_text().count("code-server is up again") > before, 90, "the code server")
    assert _lives(worker)
    wait_until(running.is_loaded, 60, "the definitions in the UI")
    cancelled = running.ask(CANCEL.format(run=launched["run"]["runId"]))["terminateRun"]
    assert cancelled["__typename"] == "TerminateRunSuccess", cancelled
    wait_until(lambda: run()["status"] == "CANCELED", 30, "the run to be cancelled")
    wait_until(lambda: not _lives(worker), 30, "its process to end")


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_definitions_are_loaded_anew_by_another_server_while_runs_go_on(running: Running) -> None:
    def jobs() -> set[str]:
        (entry,) = running.ask(JOBS)["workspaceOrError"]["locationEntries"]
        found = entry["locationOrLoadError"].get("repositories", ())
        return {job["name"] for one in found for job in one["jobs"]}

    launched = running.ask(LAUNCH)["launchRun"]["run"]["runId"]
    status = f'{{ runOrError(runId: "{launched}") {{ ... on Run {{ status }} }} }}'
    wait_until(lambda: running.ask(status)["runOrError"]["status"] == "STARTED", 90, "the run")
    file = running.folder / "ticking_definitions.py"
    before, server = file.read_text(), running.one(NAME)
    try:
        for text, found in (
            (before.replace('"a_job"', '"another_job"'), {"another_job"}),
            (before + "\nraise ValueError('not yet')\n", None),
            (before, {"a_job"}),
        ):
            file.write_text(text)
            told = running.ask(RELOAD)["reloadRepositoryLocation"]["locationOrLoadError"]
            if found is None:
                assert "loading of Dagster definitions" in told["message"]
            else:
                # The web server looks once more when it sees that another server answers.
                wait_until(lambda found=found: found <= jobs(), 20, f"{found} to be known")  # type: ignore[misc]
    finally:
        file.write_text(before)
    assert running.ask(status)["runOrError"]["status"] == "STARTED"
    assert server.is_running(), "the server whose run goes on"
    assert running.ask(CANCEL.format(run=launched))["terminateRun"]["__typename"] == "TerminateRunSuccess"
    wait_until(lambda: not _lives(server), 60, "the server of before to end")
    running.goes_on("the definitions were loaded anew")
    assert running.process.poll() is None


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_a_killed_postgres_is_started_again_and_everything_finds_it(running: Running) -> None:
    pid = postmaster.claimed_pid(running.settings.postgres_data)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: "Postgres" in parts_down(running.settings.home), 30, "the outage to be noted")
    wait_until(lambda: "Postgres is up again" in running.said.read_text(), 60, "Postgres")
    running.goes_on("Postgres was killed")
    wait_until(lambda: parts_down(running.settings.home) == [], 30, "all to be noted as up")


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("supervision")
def test_a_postgres_that_hangs_is_told_and_goes_on(running: Running) -> None:
    before = running.said.read_text()
    pid = postmaster.claimed_pid(running.settings.postgres_data)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: "Postgres no longer answers" in running.said.read_text()[len(before) :], 60, "it to be told")
    wait_until(lambda: "Postgres is up again" in running.said.read_text()[len(before) :], 60, "Postgres")
    running.goes_on("Postgres hung")


class APart:
    """A part whose state a test sets."""

    name = "a part"
    is_starting = False

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.starts = 0
        self.mends = True

    def look(self) -> str | None:
        return self.trouble

    def restart(self) -> None:
        self.starts += 1
        if not self.mends:
            raise TributaryError("it will not start.")
        self.trouble = None

    def last_words(self) -> str:
        return "its log is empty."


class Clock:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_patience_grows_and_ends_in_a_sentence() -> None:
    part, clock, said = APart(), Clock(), list[str]()
    tended = Tended(part, Patience(first=1, most=4, tries=4, healthy=10), said.append, clock)
    part.trouble, part.mends = "ended (exit code 3)", False
    starts: list[float] = []
    gave_up = None
    while gave_up is None and clock.now < 100:
        gave_up = tended.tend()
        if part.starts > len(starts):
            starts.append(clock.now)
        clock.now += 0.5
    assert [later - earlier for earlier, later in itertools.pairwise(starts)] == [2.5, 4.5, 4.5]
    assert gave_up == "a part ended (exit code 3), 5 times in a row, so all were stopped; its log is empty."
    assert "a part ended (exit code 3); it is started again in 4 s." in said
    assert tended.is_down


def test_a_part_that_was_well_for_a_while_begins_anew() -> None:
    part, clock, said = APart(), Clock(), list[str]()
    tended = Tended(part, Patience(first=1, most=4, tries=2, healthy=10), said.append, clock)
    for _ in range(20):
        part.trouble = "ended"
        for _ in range(30):
            assert tended.tend() is None
            clock.now += 1
    assert part.starts == 20
    assert set(said) == {"a part ended; it is started again in 1 s.", "a part is up again."}


def test_nothing_is_given_up_while_what_it_stands_on_is_down() -> None:
    part, clock, said = APart(), Clock(), list[str]()
    tended = Tended(part, Patience(first=1, most=4, tries=2, healthy=10), said.append, clock)
    part.trouble, part.mends = "ended", False
    for _ in range(100):
        assert tended.tend(patiently=True) is None
        clock.now += 1
    assert part.starts > 10
    part.mends = True
    while part.trouble is not None:
        assert tended.tend(patiently=True) is None
        clock.now += 1
    assert tended.tend() is None
    assert said[-1] == "a part is up again."


def test_what_is_not_ours_is_waited_for_without_end() -> None:
    part, said = APart(), list[str]()
    awaited = Awaited(part, said.append)
    awaited.tend()
    part.trouble = "cannot be reached (refused)"
    for _ in range(100):
        awaited.tend()
        assert awaited.is_down
    part.trouble = None
    awaited.tend()
    assert not awaited.is_down
    assert said == ["a part cannot be reached (refused); it is waited for.", "a part is up again."]


def test_a_server_by_url_that_is_away_is_told_with_the_reason(databases: Databases) -> None:
    trouble = PostgresByUrl(f"postgresql://user:secret@127.0.0.1:{free_port()}/postgres").look()
    assert trouble is not None
    assert "Connection refused" in trouble
    assert "secret" not in trouble
    assert PostgresByUrl(databases.server_url).look() is None


def test_a_daemon_that_writes_no_sign_of_life_is_late(
    pg: psycopg.Connection[Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.launcher.probes._HEARTBEAT_LOOK_SECONDS", 0.0)
    pg.execute("CREATE TABLE daemon_heartbeats (timestamp timestamp)")
    clock = Clock()
    clock.now = 1000.0
    monkeypatch.setattr("tributary.launcher.probes.time.monotonic", clock)
    ask = heartbeats(database_url, quiet=100)
    answers = []
    for beats in (True, True, False, False, False, True):
        if beats:
            pg.execute("INSERT INTO daemon_heartbeats SELECT now() + make_interval(secs => %s)", [clock.now])
        answers.append(ask())
        clock.now += 40
    assert answers == ["yes", "yes", "yes", "yes", "late", "yes"]
    clock.now += 1000
    assert ask() == "yes", "whoever asks was asleep, and so was the daemon"
    assert heartbeats("postgresql://127.0.0.1:1/none")() == "yes", "nothing is known of it"
