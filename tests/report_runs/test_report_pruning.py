"""Pruning: what goes, what stays, and that a pruning which was killed comes to the same in the end."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.report_runs.bench import Bench
from tributary.assets.reporting import staged_asset as staging
from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.pruning import Kept, prune
from tributary.assets.reporting.record import Requests
from tributary.assets.reporting.tags import PRUNE_TAG, partitions_name

DAY = timedelta(days=1)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the settings keep."""

    def keep(days: int, versions: int) -> None:
        found = type("Kept", (), {"report_days": days, "report_versions": versions})()
        monkeypatch.setattr(staging, "get_settings", lambda: found)

    return keep


def states(bench: Bench) -> list[str]:
    return [one.state for one in bench.requests.list()]


def lies_there(bench: Bench) -> list[str]:
    return sorted({info.key.split("/")[3] for info in bench.lake.list("reports/bills/")})


def test_of_a_question_the_newest_versions_stay(bench: Bench, kept: Any) -> None:
    made = [bench.ask() for _ in range(3)]
    other = bench.ask(code="b2")
    for one in (*made, other):
        bench.make(one)
    kept(0, 2)
    assert bench.stage(**{PRUNE_TAG: "true"}).success
    assert [bench.now(one).state for one in made] == ["pruned", "finished", "finished"]
    assert bench.now(made[0]).sentence == "Pruned, as 2 newer extracts of the same question are kept."
    assert lies_there(bench) == sorted(one.id for one in (*made[1:], other))
    assert {row["request_id"] for row in bench.staged()} == {made[2].id, other.id}
    assert len(bench.instance.get_dynamic_partitions(partitions_name("bills"))) == 2


def test_what_is_too_old_goes_with_its_rows_and_its_partition(bench: Bench) -> None:
    old, failed, waiting = bench.ask(), bench.ask(code="b2"), bench.ask(code="b3")
    bench.make(old)
    bench.requests.tell(failed.id, "failed", sentence="The warehouse was down.")
    bench.instance.add_dynamic_partitions(partitions_name("bills"), [failed.key, waiting.key])
    found = prune("bills", bench.requests, bench.extracts, Kept(90, 10), datetime.now(tz=UTC) + 91 * DAY)
    assert (found.marked, found.deleted) == (2, 1)
    assert str(found) == "Pruned 2 requests, and deleted 1 versions in the lake"
    assert states(bench) == ["queued", "pruned", "pruned"]
    assert bench.now(old).sentence == "Pruned, as extracts are kept for 90 days."
    assert lies_there(bench) == []
    assert bench.stage().success
    assert bench.staged() == []
    assert staging.forget_keys(bench.instance, bench.report, bench.requests) == 2
    assert bench.instance.get_dynamic_partitions(partitions_name("bills")) == [waiting.key]


def test_without_an_end_nothing_goes(bench: Bench) -> None:
    made = [bench.ask() for _ in range(2)]
    for one in made:
        bench.make(one)
    assert prune("bills", bench.requests, bench.extracts, Kept(0, 0), datetime.now(tz=UTC) + 9_000 * DAY).marked == 0
    assert len(lies_there(bench)) == 2


def test_what_a_killed_run_left_in_the_lake_goes_and_what_is_being_made_stays(bench: Bench) -> None:
    dead, living = bench.ask(), bench.ask()
    for one in (dead, living):
        bench.lake.put(f"{Extracts.folder('bills', one.key, one.id)}part-00000-x.csv", b"half")
    bench.requests.tell(dead.id, "failed")
    bench.requests.tell(living.id, "started", run_id="r")
    bench.lake.put("reports/bills/k/0123/part-00000-x.csv", b"of another home")
    prune("bills", bench.requests, bench.extracts, Kept(90, 10))
    assert lies_there(bench) == sorted(["0123", living.id])
    assert bench.now(dead).state == "failed", "why it failed is still told"


@pytest.mark.parametrize("boundary", ["mark", "delete", "load", "forget"])
def test_killed_anywhere_the_next_one_comes_to_the_same(bench: Bench, kept: Any, boundary: str) -> None:
    made = [bench.ask() for _ in range(3)]
    gone = bench.ask(code="b2")
    for one in (*made, gone):
        bench.make(one)
    bench.requests.tell(gone.id, "pruned")  # as if it were too old
    kept(0, 1)
    with pytest.MonkeyPatch.context() as patched:
        _kill_at(patched, boundary)
        with suppress(Killed):
            bench.stage(**{PRUNE_TAG: "true"})
    for one in made[:2]:
        if bench.now(one).state == "finished":
            assert bench.csv(one), "what is not marked is whole"
    assert bench.stage(**{PRUNE_TAG: "true"}).success
    assert [bench.now(one).state for one in (*made, gone)] == ["pruned", "pruned", "finished", "pruned"]
    assert lies_there(bench) == [made[2].id]
    assert {row["request_id"] for row in bench.staged()} == {made[2].id}
    assert bench.instance.get_dynamic_partitions(partitions_name("bills")) == [made[2].key]


def _kill_at(patched: pytest.MonkeyPatch, boundary: str) -> None:
    """Let the second call at a boundary, or the only one, be the process's last."""
    calls = iter(range(99))

    def dies(real: Any, first: int) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(calls) >= first:
                raise Killed
            return real(*arguments, **options)

        return call

    if boundary == "mark":
        patched.setattr(Requests, "tell", dies(Requests.tell, 1))
    elif boundary == "delete":
        patched.setattr(Extracts, "delete", dies(Extracts.delete, 1))
    elif boundary == "load":
        patched.setattr(staging, "load", dies(staging.load, 0))
    else:
        patched.setattr(staging, "forget_keys", dies(staging.forget_keys, 0))
