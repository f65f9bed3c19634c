"""Independent assets of one run at the same time: what overlaps, what waits, what fails, and what is broken off."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import dagster as dg
import psycopg
import pytest

from tests.instances import instance_of
from tributary.execution import Run
from tributary.instance.executor import run_executor
from tributary.instance.pools import limit_pool
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.postgres.session import open_session

Steps = Callable[[int], None]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, home=tmp_path_factory.mktemp("at_once"))


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as databases:
        yield databases


@pytest.fixture(scope="module")
def instance(settings: Settings, databases: Databases) -> Iterator[dg.DagsterInstance]:
    with instance_of(settings, databases) as instance:
        yield instance


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """Sets how many steps go on at the same time."""

    def set_to(number: int) -> None:
        monkeypatch.setenv("TRIBUTARY_STEPS_AT_ONCE", str(number))
        get_settings.cache_clear()

    yield set_to
    get_settings.cache_clear()


def run_of(instance: dg.DagsterInstance, assets: Sequence[dg.AssetsDefinition]) -> Run:
    return Run(dg.Definitions(assets=assets, executor=run_executor), instance, [one.key for one in assets])


def states(run: Run) -> dict[str, str]:
    for _ in run.events():
        pass
    return {name: progress.status for name, progress in run.assets.items()}


def meeting(name: str, barrier: threading.Barrier, deps: Sequence[dg.AssetsDefinition] = ()) -> dg.AssetsDefinition:
    """An asset that ends only once another stands at the same barrier."""

    @dg.asset(key=["staged", name], deps=deps)
    def made() -> None:
        barrier.wait(20)

    return made


def counting(name: str, seen: list[str], pool: str | None = None, **words: object) -> dg.AssetsDefinition:
    @dg.asset(key=["staged", name], pool=pool, **words)  # type: ignore[call-overload]
    def made() -> None:
        seen.append(f"+{name}")
        time.sleep(0.15)
        seen.append(f"-{name}")

    return made  # type: ignore[no-any-return]


def most_together(seen: Sequence[str]) -> int:
    open_now = most = 0
    for word in seen:
        open_now += 1 if word[0] == "+" else -1
        most = max(most, open_now)
    return most


def test_independent_assets_go_on_at_the_same_time(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(2)
    barrier = threading.Barrier(2)
    run = run_of(instance, [meeting("left", barrier), meeting("right", barrier)])
    assert set(states(run).values()) == {"done"}


def test_no_more_at_once_than_the_limit_says(instance: dg.DagsterInstance, at_once: Steps) -> None:
    for limit in (1, 3):
        at_once(limit)
        seen: list[str] = []
        run = run_of(instance, [counting(f"one_of_six_{number}", seen) for number in range(6)])
        assert set(states(run).values()) == {"done"}
        assert most_together(seen) == limit
        assert len(seen) == 12


def test_a_pool_holds_within_a_run(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(4)
    limit_pool(instance, "narrow", 1)
    seen: list[str] = []
    run = run_of(instance, [counting(f"pooled_{number}", seen, "narrow") for number in range(3)])
    assert set(states(run).values()) == {"done"}
    assert most_together(seen) == 1


def test_a_failure_stops_only_what_needs_it(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(2)

    @dg.asset(key=["staged", "bad"])
    def bad() -> None:
        raise dg.Failure(description="No.", allow_retries=False)

    @dg.asset(key=["staged", "after_bad"], deps=[bad])
    def after_bad() -> None: ...

    seen: list[str] = []
    good = counting("good", seen)
    after_good = counting("after_good", seen, deps=[good])
    run = run_of(instance, [bad, after_bad, good, after_good])
    assert states(run) == {
        "staged.bad": "failed",
        "staged.after_bad": "skipped",
        "staged.good": "done",
        "staged.after_good": "done",
    }
    assert run.assets["staged.bad"].problem == "No."
    stored = instance.get_run_by_id(run.run_id)
    assert stored is not None
    assert stored.status is dg.DagsterRunStatus.FAILURE


def test_a_step_is_tried_again_as_its_policy_says(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(2)
    tries: list[int] = []

    @dg.asset(key=["staged", "flaky"], retry_policy=dg.RetryPolicy(max_retries=2))
    def flaky() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("not yet")

    run = run_of(instance, [flaky, counting("beside_flaky", [])])
    assert set(states(run).values()) == {"done"}
    assert len(tries) == 3


def test_events_are_stored_as_those_of_steps_one_after_the_other(instance: dg.DagsterInstance, at_once: Steps) -> None:
    told: list[set[tuple[str | None, str]]] = []
    for limit in (1, 3):
        at_once(limit)
        run = run_of(instance, [counting(f"stored_{number}", []) for number in range(3)])
        assert set(states(run).values()) == {"done"}
        kept = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event is not None]
        told.append({(event.step_key, event.event_type_value) for event in kept})
        assert [event.event_type_value for event in kept][-1] == "PIPELINE_SUCCESS"
    assert told[0] == told[1]


def test_what_most_waits_for_begins_first(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(1)
    seen: list[str] = []

    def timed(
        name: str, seconds: float, deps: Sequence[dg.AssetsDefinition] = (), really: float = 0.05
    ) -> dg.AssetsDefinition:
        @dg.asset(key=["staged", name], deps=deps)
        def made() -> dg.MaterializeResult[None]:
            seen.append(name)
            time.sleep(really)
            return dg.MaterializeResult(metadata={"seconds": seconds})

        return made

    short, long = timed("a_short", 1.0), timed("b_before_long", 0.5)
    assets = [short, long, timed("c_last_of_long", 30.0, [long]), timed("d_alone", 5.0, really=1.0)]
    assert set(states(run_of(instance, assets)).values()) == {"done"}
    seen.clear()
    at_once(2)
    assert set(states(run_of(instance, assets)).values()) == {"done"}
    assert set(seen[:2]) == {"b_before_long", "d_alone"}
    assert seen.index("c_last_of_long") < seen.index("a_short")


def test_at_first_what_reads_what_took_long_begins_first(instance: dg.DagsterInstance, at_once: Steps) -> None:
    at_once(2)
    seen: list[str] = []

    def made_in(seconds: float, name: str, *deps: dg.AssetsDefinition) -> dg.AssetsDefinition:
        @dg.asset(key=["staged", name], deps=deps)
        def made() -> None:
            seen.append(name)
            time.sleep(seconds)

        return made

    few, many = made_in(0.0, "few_lines"), made_in(2.5, "many_lines")
    read = [made_in(1.0, f"read_{number}", few) for number in range(4)]
    all_read = made_in(0.0, "all_read", *read)
    among = made_in(0.0, "sought_among_many", many)
    assets = [few, many, *read, all_read, made_in(0.0, "written", all_read), among]
    assert set(states(run_of(instance, assets)).values()) == {"done"}
    assert seen.index("sought_among_many") < seen.index("read_3")


def test_each_line_that_a_step_writes_names_it(
    instance: dg.DagsterInstance, at_once: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once(2)
    barrier = threading.Barrier(2)

    def talking(name: str) -> dg.AssetsDefinition:
        @dg.asset(key=["staged", name])
        def made() -> None:
            sys.stdout.write(f"{name} begins ")
            barrier.wait(20)
            sys.stdout.write("and ends\nwell")

        return made

    assert set(states(run_of(instance, [talking("one"), talking("two")])).values()) == {"done"}
    expected = {f"[staged.{name}] {line}" for name in ("one", "two") for line in (f"{name} begins and ends", "well")}
    assert {line for line in capsys.readouterr().out.splitlines() if line.startswith("[")} == expected


def test_ctrl_c_cancels_what_the_server_is_at_within_a_second(
    instance: dg.DagsterInstance, databases: Databases, at_once: Steps
) -> None:
    at_once(2)
    url = databases.url("app")

    def slow(name: str) -> dg.AssetsDefinition:
        @dg.asset(key=["staged", name])
        def made() -> None:
            with open_session(url, Origin("run", name)) as session:
                session.execute("SELECT pg_sleep(60)")

        return made

    def asleep() -> int:
        with psycopg.connect(url, autocommit=True) as looking:
            row = looking.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%SELECT pg_sleep(60)' "
            ).fetchone()
        return 0 if row is None else int(row[0])

    gone_after: list[float] = []

    def interrupt_when_both_wait() -> None:
        until = time.monotonic() + 20
        while asleep() < 2 and time.monotonic() < until:
            time.sleep(0.05)
        begun = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)
        while asleep() and time.monotonic() < until:
            time.sleep(0.02)
        gone_after.append(time.monotonic() - begun)

    run = run_of(instance, [slow("slow_left"), slow("slow_right")])
    watcher = threading.Thread(target=interrupt_when_both_wait)
    watcher.start()
    found = states(run)
    watcher.join()
    assert run.interrupted
    assert found == {"staged.slow_left": "interrupted", "staged.slow_right": "interrupted"}
    assert gone_after[0] < 1
    stored = instance.get_run_by_id(run.run_id)
    assert stored is not None
    assert stored.status is dg.DagsterRunStatus.CANCELED
