"""Runs of commands that are killed, that wait for each other, and that are asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from dagster import DagsterInstance, DagsterRunStatus

from tests.instances import instance_of
from tributary.instance.processes import is_dead, own_mark
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

COMMAND = """
import sys, time
import dagster as dg
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.cli import main as command_line
from tributary.cli.progress import show, tell_cut_off
from tributary.execution import Run
from tributary.instance.executor import run_executor
from tributary.instance.opening import open_instance
from tributary.instance.orphans import fail_dead_runs

home, seconds, sweep, many = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "sweep", sys.argv[4] == "many"

@dg.asset(pool="one_at_a_time", key=["raw", "pulled"])
def pulled():
    print("pulling", flush=True)
    time.sleep(seconds)

@dg.asset(deps=[pulled], key=["staged", "after"])
def after():
    return None

@dg.asset(key=["raw", "aside"])
def aside():
    return None

def command():
    assets = [pulled, after, *([aside] if many else [])]
    defs = dg.Definitions(assets=assets, executor=run_executor)
    settings = Settings(_env_file=None, home=home)
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        if sweep:
            tell_cut_off(fail_dead_runs(instance))
        return show(Run(defs, instance, [one.key for one in assets]))

sys.modules["tributary.cli.status"] = sys.modules[__name__]
status = command
sys.argv = ["tributary", "status"]
command_line.main()
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, home=tmp_path_factory.mktemp("executor"))


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as databases:
        yield databases


@pytest.fixture(scope="module")
def instance(settings: Settings, databases: Databases) -> Iterator[DagsterInstance]:
    with instance_of(settings, databases) as instance:
        yield instance


@pytest.fixture(params=["one", "many"])
def together(request: pytest.FixtureRequest) -> str:
    """Whether the run has steps that go on at the same time."""
    return str(request.param)


@pytest.fixture
def command(tmp_path: Path, settings: Settings, together: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    started: list[subprocess.Popen[str]] = []

    def start(seconds: float, sweep: str = "sweep") -> subprocess.Popen[str]:
        words = [sys.executable, str(script), str(settings.home), str(seconds), sweep, together]
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "TRIBUTARY_STEPS_AT_ONCE": "2"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for_line(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} was never said, only: {seen}")


def newest(instance: DagsterInstance) -> DagsterRunStatus:
    return instance.get_runs(limit=1)[0].status


@pytest.mark.parametrize("sweep", ["sweep", "no sweep"])
def test_what_a_killed_run_held_is_free_for_the_next(
    instance: DagsterInstance, command: Callable[..., subprocess.Popen[str]], sweep: str, together: str
) -> None:
    killed = command(600)
    wait_for_line(killed, "pulling")
    dead = instance.get_runs(limit=1)[0].run_id
    killed.kill()
    killed.wait()
    begin = time.monotonic()
    said, _ = command(0, sweep).communicate(timeout=60)
    assert time.monotonic() - begin < 30
    assert f"{2 if together == 'one' else 3} materialised" in said
    assert (f"a crash had cut off are marked as failed: {dead[:8]}" in said) == (sweep == "sweep")
    run = instance.get_run_by_id(dead)
    assert run is not None
    assert run.status is DagsterRunStatus.FAILURE


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_waits_says_for_whom_idles_and_ends_when_asked(
    instance: DagsterInstance, command: Callable[..., subprocess.Popen[str]], number: signal.Signals, code: int
) -> None:
    holder = command(600)
    wait_for_line(holder, "pulling")
    held_by = instance.get_runs(limit=1)[0]
    waiting = command(0)
    assert f"waits for the pool one_at_a_time, held by run {held_by.run_id[:8]}" in wait_for_line(waiting, "waits for")
    busy = psutil.Process(waiting.pid)
    before = busy.cpu_times().user
    time.sleep(2)
    assert busy.cpu_times().user - before < 1
    begin = time.monotonic()
    os.killpg(waiting.pid, number)
    said, _ = waiting.communicate(timeout=60)
    assert time.monotonic() - begin < 10
    assert waiting.returncode == code
    assert "interrupted" in said
    assert "Traceback" not in said
    assert newest(instance) is DagsterRunStatus.CANCELED
    assert holder.poll() is None
    os.killpg(holder.pid, signal.SIGINT)
    said, _ = holder.communicate(timeout=60)
    assert holder.returncode == 130
    assert "■ raw.pulled" in said
    assert "failed" not in said
    held = instance.get_run_by_id(held_by.run_id)
    assert held is not None
    assert held.status is DagsterRunStatus.CANCELED


def test_ctrl_c_twice_is_as_calm_as_once(
    instance: DagsterInstance, command: Callable[..., subprocess.Popen[str]]
) -> None:
    process = command(600)
    wait_for_line(process, "pulling")
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert newest(instance) is DagsterRunStatus.CANCELED


def test_a_mark_tells_a_process_from_a_later_one_of_its_id() -> None:
    machine, pid, start = own_mark().split(":")
    assert is_dead(own_mark()) is False
    assert is_dead(f"{machine}:{pid}:{int(start) - 1}") is True
    assert is_dead(f"elsewhere:{pid}:{start}") is None
    assert is_dead("") is None
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert is_dead(f"{machine}:{gone.pid}:{start}") is True
