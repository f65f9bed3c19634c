"""The embedded server, against real servers and real deaths of processes."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tributary.resources.postgres import postmaster
from tributary.resources.postgres.databases import Databases
from tributary.resources.postgres.embedded import EmbeddedPostgres
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.loopback import ICEBERG_OWNER, ensure_roles
from tributary.resources.postgres.owner import server_user

USER_PROCESS = """
import sys
from pathlib import Path
from tributary.resources.postgres.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]) / "postgres", Path(sys.argv[1]) / "postgres.lock"):
    print("ready", flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""


def embedded(home: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(home / "postgres", home / "postgres.lock")


def query(server: EmbeddedPostgres, statement: str) -> str:
    folder = str(server.socket_folder)
    with psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return "" if row is None else str(row[0])


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_down(home: Path) -> bool:
    data = home / "postgres"
    return postmaster.processes(data) == [] and not postmaster.pid_file(data).exists()


def a_user(home: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until a line is written to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER_PROCESS, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def keepers(home: Path) -> list[int]:
    found = subprocess.run(["ps", "-axo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 1) for line in found.splitlines()]
    return [
        int(pid) for pid, command in lines if "tributary.resources.postgres.keeper" in command and str(home) in command
    ]


def kill_everything(home: Path) -> None:
    pids = keepers(home) + postmaster.processes(home / "postgres")
    for pid in pids:
        # Children of the server go with it, so some are gone by the time it is their turn.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not postmaster.processes(home / "postgres"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose data folder is made and whose server is stopped."""
    home = tmp_path_factory.mktemp("template")
    with embedded(home):
        pass
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[Path]:
    """A home of its own, with a data folder that has not been used."""
    user = server_user()
    user.make_reachable(tmp_path / "postgres")
    shutil.copytree(template / "postgres", tmp_path / "postgres")
    for path in [tmp_path / "postgres", *(tmp_path / "postgres").rglob("*")]:
        user.own(path)
    yield tmp_path
    wait_until(lambda: is_down(tmp_path))


def test_the_first_start_makes_a_server_that_only_listens_on_a_socket(tmp_path: Path) -> None:
    with embedded(tmp_path) as server:
        assert query(server, "SHOW server_version").startswith("18")
        assert query(server, "SHOW listen_addresses") == ""
        assert query(server, "SHOW server_encoding") == "UTF8"
        assert query(server, "SELECT datcollate || datlocale FROM pg_database WHERE datname = 'postgres'") == "CC.UTF-8"
        assert query(server, "SHOW wal_level") == "minimal"
    assert is_down(tmp_path)


def test_data_survives_a_stop_and_a_start(home: Path) -> None:
    server = embedded(home)
    with server:
        query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    with server:
        assert query(server, "SELECT answer FROM kept") == "42"


def test_the_server_runs_until_its_last_user_leaves(home: Path) -> None:
    mine = embedded(home)
    mine.start()
    other = a_user(home)
    mine.stop()
    assert query(mine, "SELECT 1") == "1"
    out, _ = other.communicate("\n", timeout=60)
    assert out == "left\n"
    assert is_down(home)


def test_two_holds_in_one_process_count_as_two_users(home: Path) -> None:
    first, second = embedded(home), embedded(home)
    first.start()
    second.start()
    first.stop()
    assert query(second, "SELECT 1") == "1"
    second.stop()
    assert is_down(home)


def test_using_a_running_server_costs_next_to_nothing(home: Path) -> None:
    with embedded(home):
        costs = []
        for _ in range(20):
            begin = time.perf_counter()
            other = embedded(home)
            other.start()
            costs.append(time.perf_counter() - begin)
            other.stop()
    assert min(costs) < 0.010


def test_a_server_whose_last_user_is_killed_stops_by_itself(home: Path) -> None:
    user = a_user(home)
    user.kill()
    user.wait()
    wait_until(lambda: is_down(home))
    wait_until(lambda: keepers(home) == [])


def test_a_killed_user_does_not_take_the_server_from_the_others(home: Path) -> None:
    with embedded(home) as mine:
        user = a_user(home)
        user.kill()
        user.wait()
        time.sleep(0.3)
        assert query(mine, "SELECT 1") == "1"


def test_a_killed_keeper_is_replaced_by_the_next_user(home: Path) -> None:
    first = a_user(home)
    for pid in keepers(home):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: keepers(home) == [])
    second = a_user(home)
    for user in (first, second):
        user.kill()
        user.wait()
    wait_until(lambda: is_down(home))


def test_a_server_that_dies_under_its_users_is_started_again_on_the_same_socket(home: Path) -> None:
    with embedded(home) as server:
        folder = server.socket_folder
        assert server.revive() is False
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        os.kill(main, signal.SIGKILL)
        wait_until(lambda: not server.is_ready())
        assert server.revive() is True
        assert query(server, "SELECT 1") == "1"
        assert server.socket_folder == folder


@pytest.mark.parametrize("reviver", ["its user", "the next user"])
def test_a_server_that_hangs_is_seen_and_woken(home: Path, reviver: str) -> None:
    with embedded(home) as server:
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        os.kill(main, signal.SIGSTOP)
        assert not server.is_ready()
        assert server.runs()
        if reviver == "its user":
            assert server.revive() is True
            assert query(server, "SELECT 1") == "1"
        else:
            with embedded(home) as another:
                assert query(another, "SELECT 1") == "1"
        assert postmaster.claimed_pid(home / "postgres") == main


def test_a_server_that_cannot_be_woken_is_started_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded(home) as server:
        query(server, "CREATE TABLE kept AS SELECT 1 AS n")
        query(server, "SET synchronous_commit = on; INSERT INTO kept VALUES (2)")
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        os.kill(main, signal.SIGSTOP)
        monkeypatch.setattr(EmbeddedPostgres, "_wake", lambda _self: False)
        monkeypatch.setattr("tributary.resources.postgres.embedded._HUNG_PATIENCE", 0.3)
        assert server.revive() is True
        assert query(server, "SELECT count(*) FROM kept") == "2"


def test_a_server_that_does_not_stop_when_asked_is_killed(home: Path) -> None:
    server = embedded(home)
    server.start()
    query(server, "CREATE TABLE kept AS SELECT 1 AS n")
    query(server, "SET synchronous_commit = on; INSERT INTO kept VALUES (2)")
    main = postmaster.claimed_pid(home / "postgres")
    assert main is not None
    os.kill(main, signal.SIGSTOP)
    begin = time.perf_counter()
    assert postmaster.stop(home / "postgres", patience=0.3)
    assert time.perf_counter() - begin < 5
    server.stop()
    with embedded(home) as again:
        assert query(again, "SELECT count(*) FROM kept") == "2"


def test_a_server_left_in_the_middle_of_its_stop_does_not_hold_up_the_next_start(home: Path) -> None:
    with embedded(home):
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        for pid in keepers(home):
            os.kill(pid, signal.SIGKILL)
    with embedded(home):
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        for pid in keepers(home):
            os.kill(pid, signal.SIGKILL)
        # A stop that hangs: the server has noted that it stops, and goes no further.
        writers = [pid for pid in postmaster.processes(home / "postgres") if pid != main]
        for pid in writers:
            os.kill(pid, signal.SIGSTOP)
        os.kill(main, signal.SIGINT)
        wait_until(lambda: (found := postmaster.read(home / "postgres")) is not None and found.status == "stopping")
        begin = time.perf_counter()
        with embedded(home) as again:
            assert query(again, "SELECT 1") == "1"
        assert time.perf_counter() - begin < 40


def test_sessions_of_other_programs_outlive_the_last_user(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = embedded(home)
    server.start()
    with psycopg.connect(host=str(server.socket_folder), user="postgres", dbname="postgres", autocommit=True) as theirs:
        server.stop()
        assert "1 session(s) of other programs (postgres postgres)" in caplog.text
        assert theirs.execute("SELECT 1").fetchone() == (1,)
        # The next user joins the same server.
        with embedded(home) as again:
            assert query(again, "SELECT 1") == "1"
        assert theirs.execute("SELECT 1").fetchone() == (1,)
    wait_until(lambda: is_down(home), 10)


def test_sessions_of_other_programs_are_waited_for_only_so_long(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres", home / "postgres.lock", foreign_patience=1.0)
    server.start()
    with psycopg.connect(host=str(server.socket_folder), user="postgres", dbname="postgres", autocommit=True) as theirs:
        server.stop()
        wait_until(lambda: is_down(home), 10)
        with pytest.raises(psycopg.OperationalError):
            theirs.execute("SELECT 1")


def test_a_statement_whose_client_was_killed_ends(home: Path) -> None:
    script = """if True:
        import psycopg, sys
        with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres") as connection:
            connection.execute("SELECT pg_sleep(600)")"""
    with embedded(home) as server:
        client = subprocess.Popen([sys.executable, "-c", script, str(server.socket_folder)])
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'"
        wait_until(lambda: query(server, busy) == "1")
        client.kill()
        client.wait()
        wait_until(lambda: query(server, busy) == "0", 10)


def test_everything_killed_recovers_at_the_next_start(home: Path) -> None:
    user = a_user(home)
    server = embedded(home)
    query(server, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) AS n")
    query(server, "SET synchronous_commit = on; INSERT INTO kept VALUES (1001)")
    # The user last: a keeper that outlives its last user ends the server in order, within milliseconds in memory.
    kill_everything(home)
    user.kill()
    user.wait()
    assert postmaster.pid_file(home / "postgres").exists()
    with server:
        assert query(server, "SELECT count(*) FROM kept") == "1001"


def test_a_backend_that_outlives_its_killed_server_does_not_stop_the_next_one(home: Path) -> None:
    with embedded(home) as server:
        folder = str(server.socket_folder)
        connection = psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)
        backend = connection.info.backend_pid
        # Busy in a computation, the backend does not notice that its server is gone.
        busy = ThreadPoolExecutor(1).submit(connection.execute, "SELECT count(*) FROM generate_series(1, 10000000000)")
        wait_until(lambda: query(server, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'") != "1")
        main = postmaster.claimed_pid(home / "postgres")
        assert main is not None
        for pid in keepers(home):
            os.kill(pid, signal.SIGKILL)
        os.kill(main, signal.SIGKILL)
        wait_until(lambda: not postmaster.serves(main, home / "postgres"))
        assert postmaster.serves(backend, home / "postgres")
        with embedded(home) as again:
            assert query(again, "SELECT 1") == "1"
            assert not postmaster.serves(backend, home / "postgres")
        with pytest.raises(psycopg.OperationalError):
            busy.result(timeout=60)


def test_a_stale_pid_that_another_program_has_got_is_not_believed(home: Path) -> None:
    data = home / "postgres"
    innocent = subprocess.Popen(["sleep", "600"])
    try:
        lines = [innocent.pid, data, int(time.time()), 5432, data, "", "1 1", "ready"]
        postmaster.pid_file(data).write_text("\n".join(map(str, lines)) + "\n")
        with embedded(home) as server:
            assert query(server, "SELECT 1") == "1"
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_killed_first_start_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / ".postgres.new-abc"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with embedded(tmp_path) as server:
        assert query(server, "SELECT 1") == "1"
    assert not half.exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "postgres" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(PostgresError, match="is not empty and not a Postgres data folder"):
        embedded(tmp_path).start()
    assert precious.read_text() == "years of work"


def test_another_versions_data_is_told(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match="made by Postgres 16 and the embedded server is 18"):
        embedded(tmp_path).start()


def test_a_server_that_cannot_start_tells_the_cause_from_its_log(home: Path) -> None:
    with (home / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_parameter = 1\n")
    with pytest.raises(PostgresError, match=r"could not start: .*(no_such_parameter|configuration file)") as caught:
        embedded(home).start()
    assert len(str(caught.value).splitlines()) == 1


def test_a_long_path_gets_a_private_socket_folder_that_stays(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with embedded(deep) as server:
        folder = server.socket_folder
        assert query(server, "SELECT 1") == "1"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(str(folder)) < 90
    with embedded(deep) as server:
        assert server.socket_folder == folder
    folder.rmdir()
    with embedded(deep) as server:
        assert server.socket_folder != folder
        shutil.rmtree(server.socket_folder, ignore_errors=True)


def test_many_first_starts_at_once_make_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        users = list(pool.map(a_user, [tmp_path] * 4))
    pids = {postmaster.claimed_pid(tmp_path / "postgres")}
    for user in users:
        user.communicate("\n", timeout=60)
    assert len(pids) == 1
    wait_until(lambda: is_down(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_as_root_parents_get_only_the_traverse_bit_they_lack(tmp_path: Path) -> None:
    closed, open_ = tmp_path / "closed", tmp_path / "closed" / "open"
    open_.mkdir(parents=True)
    closed.chmod(0o700)
    open_.chmod(0o755)
    with embedded(open_) as server:
        assert query(server, "SELECT 1") == "1"
        assert (open_ / "postgres").stat().st_uid == server_user().uid != 0
        assert stat.S_IMODE((open_ / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE(open_.stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_runs_the_server_as_themselves(tmp_path: Path) -> None:
    user = server_user()
    try:
        subprocess.run([sys.executable, "-c", ""], user=user.uid, group=user.gid, extra_groups=[], check=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("other users of this machine cannot run this Python")
    user.make_reachable(tmp_path / "theirs")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    user.own(theirs)
    script = USER_PROCESS.replace('print("ready", flush=True)', "print(Path(sys.argv[1], 'postgres').stat().st_uid)")
    done = subprocess.run(
        [sys.executable, "-c", script, str(theirs)],
        input="\n",
        capture_output=True,
        text=True,
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{user.uid}\nleft\n", "")


def test_the_role_of_an_older_home_is_given_its_password_anew(databases: Databases) -> None:
    """As it was hashed before, each look into the catalogue would take as long as ever."""
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {ICEBERG_OWNER} LOGIN PASSWORD 'as before'")
        try:
            admin.execute(f"COMMENT ON ROLE {ICEBERG_OWNER} IS 'Comes in by the port on loopback (0123456789abcdef).'")
            ensure_roles(admin, {ICEBERG_OWNER: "f" * 64})
            told = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ICEBERG_OWNER]).fetchone()
        finally:
            admin.execute(f"DROP ROLE {ICEBERG_OWNER}")
    assert told is not None
    assert told[0].startswith("SCRAM-SHA-256$1:")
