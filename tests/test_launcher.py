"""The launcher's processes: started together, watched, and gone whatever way the launcher ends."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from tributary.code_server.serving import NAME as CODE_SERVER
from tributary.instance.configuration import URL_VARIABLE
from tributary.launcher.errors import LauncherError
from tributary.launcher.part import Patience
from tributary.launcher.ports import require_free_port
from tributary.launcher.probes import Answer
from tributary.launcher.process import ChildProcess, Looks, ProcessSpec, is_a_run
from tributary.launcher.services import DAGSTER_PATH, dagster_processes
from tributary.launcher.single import LOCK, end_holder, only_launcher
from tributary.launcher.supervisor import Supervisor
from tributary.resources.settings import Settings

GRANDCHILD = "import time; time.sleep(600)"
CHILD = f"""
import os, signal, subprocess, sys, time
what, pids = sys.argv[1], sys.argv[2]
if "stubborn" in what:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in what:
    # As a code server's runs do, this one does not end with its parent.
    grandchild = subprocess.Popen([sys.executable, "-c", "{GRANDCHILD}"])
    print(grandchild.pid, file=open(pids, "a"), flush=True)
print(os.getpid(), file=open(pids, "a"), flush=True)
if "failing" in what and not ("once" in what and len(open(pids).read().split()) > 1):
    sys.exit("the disk is full")
time.sleep(600)
"""

LAUNCHER = """
import signal
import sys
import tempfile
from pathlib import Path
from tributary.launcher.process import ProcessSpec
from tributary.launcher.supervisor import Supervisor
# A shell without job control has its background commands ignore SIGINT; the command line takes it back, as here.
signal.signal(signal.SIGINT, signal.default_int_handler)
home = Path(sys.argv[1])
with Supervisor(home / "logs", grace=5, shared=("json",)) as supervisor:
    supervisor.start(ProcessSpec("one", "a_child", ("parent", str(home / "pids"))))
    supervisor.start(ProcessSpec("two", "a_child", ("plain", str(home / "pids"))))
    supervisor.watch()
"""

UP = """
import sys
import tempfile
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.instance.opening import dagster_environment, open_instance
from tributary.launcher.services import SHARED, dagster_processes, ready_url
from tributary.launcher.supervisor import Supervisor
settings = Settings.model_validate({"home": sys.argv[1], "dagster_port": int(sys.argv[2]), "direct_ports": True})
with connect(settings) as databases:
    with open_instance(settings, databases):
        pass
    with Supervisor(settings.home / "logs", shared=SHARED) as supervisor:
        supervisor.start(*dagster_processes(settings, dagster_environment(settings, databases), "tiny_definitions"))
        supervisor.wait_ready(ready_url(settings), 240)
        print("ready", flush=True)
        supervisor.watch()
"""

DEFINITIONS = """
import os, time
import dagster as dg

@dg.asset
def endless() -> None:
    time.sleep(600)

defs = dg.Definitions(assets=[endless], jobs=[dg.define_asset_job("a_job")], executor=dg.in_process_executor)
"""


@pytest.fixture(autouse=True)
def children_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_child.py").write_text(CHILD)
    (tmp_path / "tiny_definitions.py").write_text(DEFINITIONS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def spec(home: Path, what: str, **fields: object) -> ProcessSpec:
    return ProcessSpec(what, "a_child", (what, str(home / "pids")), **fields)  # type: ignore[arg-type]


def pids(home: Path, count: int) -> list[int]:
    wait_until(lambda: (home / "pids").exists() and len((home / "pids").read_text().split()) >= count)
    return [int(word) for word in (home / "pids").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def a_launcher(home: Path) -> subprocess.Popen[str]:
    # In a session of its own, and with Ctrl-C at work as in a terminal.
    return subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_leaving_stops_the_children_and_what_they_started(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "logs") as supervisor:
        supervisor.start(spec(tmp_path, "parent"), spec(tmp_path, "plain"))
        started = pids(tmp_path, 3)
        supervisor.check()
        assert all(map(is_alive, started))
    assert not any(map(is_alive, started))


def test_a_child_that_does_not_end_when_asked_is_killed_after_the_grace(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "logs", grace=0.3) as supervisor:
        supervisor.start(spec(tmp_path, "stubborn"))
        started = pids(tmp_path, 1)
    assert not any(map(is_alive, started))


def test_a_childs_death_is_told_with_the_end_of_its_log_and_stops_the_rest(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "logs", patience=Patience(first=0.1)) as supervisor:
        supervisor.start(spec(tmp_path, "plain"))
        started = pids(tmp_path, 1)
        supervisor.start(spec(tmp_path, "failing"))
        with pytest.raises(LauncherError, match=r"failing ended \(exit code 1\)(.|\n)*the disk is full"):
            supervisor.watch()
    assert not any(map(is_alive, started))


def test_a_child_apart_that_cannot_be_held_up_is_given_up_and_the_rest_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(tmp_path / "logs", patience=Patience(first=0.1), say=said.append) as supervisor:
        supervisor.start(spec(tmp_path, "failing", apart=True), spec(tmp_path, "plain"))
        supervisor.wait_ready("http://127.0.0.1:9/", of="failing")
        supervisor.check()
        assert any("exit code 1), so it was given up, and the others go on" in line for line in said)
        assert [child.name for child in supervisor.children if child.exit_code() is None] == ["plain"]


def test_a_killed_child_is_started_again_and_one_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(tmp_path / "logs", patience=Patience(first=0.1, tries=2), say=said.append) as supervisor:
        supervisor.start(spec(tmp_path, "plain"))
        for count in (1, 2, 3):
            os.kill(pids(tmp_path, count)[-1], signal.SIGKILL)
        with pytest.raises(LauncherError, match=r"plain ended \(killed by SIGKILL\), 3 times in a row"):
            supervisor.watch()
    assert said[0] == "plain ended (killed by SIGKILL); it is started again in 0.1 s."


def test_nothing_is_given_up_while_the_disk_of_the_home_is_full(tmp_path: Path, disk: Callable[[str], Path]) -> None:
    home, said = disk("size=40m"), list[str]()
    filler = home / "filler"
    with Supervisor(home / "logs", patience=Patience(first=0.1, tries=1), say=said.append) as supervisor:
        supervisor.start(spec(tmp_path, "plain"))
        pids(tmp_path, 1)
        with suppress(OSError):
            filler.write_bytes(bytes(2**26))
        wait_until(
            lambda: any(line.startswith("The home cannot be written, as its disk is full (0.0 MB") for line in said)
        )
        for count in (1, 2, 3, 4):
            os.kill(pids(tmp_path, count)[-1], signal.SIGKILL)
        pids(tmp_path, 5)
        filler.unlink()
        wait_until(lambda: "The home can be written again." in said)
        supervisor.check()
        os.kill(pids(tmp_path, 5)[-1], signal.SIGKILL)
        with pytest.raises(LauncherError, match="2 times in a row"):
            supervisor.watch()


def test_a_child_that_is_stopped_or_answers_no_more_is_started_again(tmp_path: Path) -> None:
    answers: list[Answer] = ["yes"]
    said: list[str] = []
    looks = Looks(every=0.05, refusals=3, late=5)
    with Supervisor(tmp_path / "logs", patience=Patience(first=0.1), looks=looks, say=said.append) as supervisor:
        supervisor.start(spec(tmp_path, "stubborn", probe=lambda: answers[0]))
        first = pids(tmp_path, 1)[0]
        wait_until(lambda: not supervisor.children[0].is_starting)
        os.kill(first, signal.SIGSTOP)
        answers[0] = "late"
        wait_until(lambda: not is_alive(first))
        answers[0] = "yes"
        pids(tmp_path, 2)
        wait_until(lambda: "stubborn is up again." in said)


def test_nothing_of_the_current_folder_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    (here / "rich").mkdir(parents=True)
    for name in ("gql", "dagster", "secrets", "psutil", "resources", "typer", "yaml", "rich/__init__"):
        (here / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(here)
    environment = {**os.environ, "TRIBUTARY_HOME": str(tmp_path / "home")}
    installed = str(Path(sys.executable).with_name("tributary"))
    for words in ([sys.executable, "-m", "tributary", "check"], [installed, "check"]):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with Supervisor(tmp_path / "logs") as supervisor:
        supervisor.start(ProcessSpec("api", "dagster", ("api", "grpc", "--help")))
        assert supervisor.children[0].wait() == 0, supervisor.children[0].last_lines()


def test_a_child_that_fails_once_before_all_are_ready_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(tmp_path / "logs", patience=Patience(first=0.1), say=said.append) as supervisor:
        supervisor.start(spec(tmp_path, "failing-once"))
        pids(tmp_path, 2)
        wait_until(lambda: "failing-once is up again." in said)
        supervisor.check()


def test_a_child_that_dies_ends_the_wait_for_an_answer(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "logs") as supervisor:
        supervisor.start(spec(tmp_path, "failing"))
        with pytest.raises(LauncherError, match="failing ended"):
            supervisor.wait_ready("http://127.0.0.1:1/")


def test_no_answer_in_time_is_told(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "logs") as supervisor:
        supervisor.start(spec(tmp_path, "plain"))
        with pytest.raises(LauncherError, match="Nothing answered at http"):
            supervisor.wait_ready("http://127.0.0.1:1/", timeout=0.2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_launcher_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    launcher = a_launcher(tmp_path)
    started = pids(tmp_path, 3)
    guards = [child.pid for child in psutil.Process(launcher.pid).children()]
    launcher.send_signal(number)
    launcher.communicate(timeout=60)
    assert launcher.returncode != 0
    wait_until(lambda: not any(map(is_alive, [*started, *guards])))


def test_the_launcher_and_its_guard_killed_together_leave_no_child(tmp_path: Path) -> None:
    launcher = a_launcher(tmp_path)
    pids(tmp_path, 3)
    children = psutil.Process(launcher.pid).children()
    guards = [child for child in children if "tributary.launcher.guard" in child.cmdline()]
    assert len(guards) == 1
    os.kill(guards[0].pid, signal.SIGKILL)
    launcher.kill()
    launcher.communicate(timeout=60)
    if sys.platform == "linux":
        wait_until(lambda: not any(is_alive(child.pid) for child in children))


def test_a_child_waits_for_the_socket_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Supervisor(tmp_path / "logs") as supervisor, socket.socket(socket.AF_UNIX) as server:
        supervisor.start(spec(tmp_path, "plain", wait_for=path))
        time.sleep(1.0)
        assert not (tmp_path / "pids").exists()
        server.bind(str(path))
        server.listen()
        pids(tmp_path, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each is an interpreter of its own")
def test_a_process_outlives_the_template_that_it_was_forked_from(tmp_path: Path) -> None:
    held = tmp_path / "held.py"
    held.write_text("VALUE = 1")
    templates = []
    with Supervisor(tmp_path / "logs", shared=("held",)) as supervisor:
        for what in ("plain", "stubborn", "other"):
            supervisor.start(spec(tmp_path, what))
            started = pids(tmp_path, len(templates) + 1)
            children = psutil.Process().children()
            templates += [one for one in children if one.name() == "template"]
            assert {*started, templates[-1].pid} <= {one.pid for one in children}
            assert psutil.Process(started[-1]).name() == what
            assert os.getsid(started[-1]) == started[-1]
            if what == "plain":
                templates[-1].kill()
            else:
                # What it holds is another now.
                held.write_text("VALUE = 2  # longer")
        assert len({one.pid for one in templates}) == 3
        assert all(map(is_alive, started))
        os.kill(started[0], signal.SIGKILL)
        started = pids(tmp_path, 4)
        supervisor.grace = 0.2
    assert not any(map(is_alive, started))


def test_a_log_stays_bounded_and_its_last_part_is_kept(tmp_path: Path) -> None:
    child = ChildProcess(spec(tmp_path, "plain"), tmp_path / "logs")
    try:
        with child.log.open("a") as writer:
            writer.write("x" * 999 + "\n")
            writer.flush()
            child.bound_log(limit=100)
            assert child.log.stat().st_size == 0
            writer.write("goes on\n")
        assert child.last_lines() == "goes on"
        assert child.log.with_name("plain.log.1").stat().st_size == 1000
    finally:
        os.killpg(child.group, signal.SIGKILL)
        child.wait()


def test_a_taken_port_is_told_with_the_setting_to_change() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(LauncherError, match=f"Port {port} on 127.0.0.1 is taken.*TRIBUTARY_DAGSTER_PORT"):
            require_free_port("127.0.0.1", port, "TRIBUTARY_DAGSTER_PORT")
    require_free_port("127.0.0.1", port, "TRIBUTARY_DAGSTER_PORT")


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(LauncherError, match=r"192\.0\.2\.1 cannot be bound .*TRIBUTARY_HOST"):
        require_free_port("192.0.2.1", 3000, "TRIBUTARY_DAGSTER_PORT")


def test_a_second_launcher_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    with only_launcher(tmp_path), pytest.raises(LauncherError, match="already up"), only_launcher(tmp_path):
        pass
    with only_launcher(tmp_path):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from tributary.cli.signals import end_when_asked
from tributary.launcher.single import LOCK, end_holder, only_launcher
end_when_asked()
with only_launcher(Path(sys.argv[1])):
    try:
        print("held", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        time.sleep(0.5)
        Path(sys.argv[1], "ended").touch()
"""


def test_a_launcher_is_ended_from_elsewhere_and_waited_for(tmp_path: Path) -> None:
    assert not end_holder(tmp_path / LOCK, "It", 1.0)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "held\n"
        assert end_holder(tmp_path / LOCK, "It", 30.0)
        assert (tmp_path / "ended").exists(), "what it holds up was ended before"
        assert launcher.wait(5) == 0
    (tmp_path / LOCK).write_text("")
    with (tmp_path / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LauncherError, match="does not name its process"):
            end_holder(tmp_path / LOCK, "It", 1.0)


@pytest.mark.parametrize("long", [False, True], ids=["in the home", "in the temporary folder"])
def test_a_socket_folder_that_others_can_enter_is_refused(long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not below pytest's own folder, whose path may be too long for a socket itself.
    with tempfile.TemporaryDirectory(prefix="tributary-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        home = Path(folder) / ("a-home-with-a-name-too-long-for-sockets-" * 2 if long else "home")
        settings = Settings.model_validate({"home": home})
        dagster_processes(settings, {URL_VARIABLE: "postgresql:///"})
        sockets = next(Path(folder).glob("tributary-*")) if long else home / "run"
        sockets.chmod(0o777)
        with pytest.raises(LauncherError, match="is open to other users"):
            dagster_processes(settings, {URL_VARIABLE: "postgresql:///"})


def test_dagster_comes_up_on_one_code_server_runs_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings.model_validate({"home": tmp_path / "home", "dagster_port": port})
    up = subprocess.Popen(
        [sys.executable, "-c", UP, str(settings.home), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert up.stdout is not None
    try:
        assert up.stdout.readline() == "ready\n", up.communicate()[1]
        locations = ask(settings, "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }")
        assert locations["workspaceOrError"]["locationEntries"] == [{"name": "tributary", "loadStatus": "LOADED"}]
        launched = ask(settings, LAUNCH)
        assert launched["launchRun"]["__typename"] == "LaunchRunSuccess", launched
        status = "{ runsOrError { ... on Runs { results { status } } } }"
        wait_until(lambda: ask(settings, status)["runsOrError"]["results"] == [{"status": "STARTED"}], 120)
        # What a run starts has its name for a moment.
        wait_until(lambda: sum(map(is_a_run, psutil.Process(up.pid).children(recursive=True))) == 1, 10)
        everything = psutil.Process(up.pid).children(recursive=True)
        assert sum(process.name() == CODE_SERVER for process in everything) == 1
    finally:
        up.kill()
        up.communicate()
    wait_until(lambda: not any(is_alive(process.pid) for process in everything), 90)
    wait_until(lambda: not (settings.postgres_data / "postmaster.pid").exists(), 90)


LAUNCH = """
mutation {
  launchRun(executionParams: {
    selector: {
      repositoryLocationName: "tributary", repositoryName: "__repository__", jobName: "a_job"
    }, runConfigData: {}, mode: "default"
  }) { __typename ... on PythonError { message } }
}
"""


def ask(settings: Settings, question: str) -> dict[str, dict[str, object]]:
    request = urllib.request.Request(  # noqa: S310
        f"{settings.dagster_origin}{DAGSTER_PATH}/graphql",
        data=json.dumps({"query": question}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
        data: dict[str, dict[str, object]] = json.load(answer)["data"]
    return data
