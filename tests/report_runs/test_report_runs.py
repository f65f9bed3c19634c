"""A request from its record to its extract and its rows in the warehouse, and each way in which it can end."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.report_runs.bench import BODY, HEADER, Bench, report_in
from tributary.assets.reporting import extract_asset as making
from tributary.assets.reporting.tags import partitions_name
from tributary.resources.warehouse.answers import Extracted
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


def test_a_request_becomes_an_extract_and_rows(bench: Bench) -> None:
    asked = bench.ask(weight_from="2")
    assert bench.now(asked).state == "queued"
    assert bench.make(asked).success
    done = bench.now(asked)
    assert (done.state, done.rows, done.who) == ("finished", 8, "ada")
    manifest = bench.manifest(asked)
    assert (manifest.rows, manifest.digest) == (8, bench.report.digest)
    assert manifest.parameters == {"code": "b1", "weight_from": "2.00"}
    text = bench.csv(asked)
    assert text.startswith("bill,code,weight_g,pledged_on\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["bill"] for row in rows] == ["9", "12", "15", "18", "21", "24", "27", "30"]
    assert rows[0]["weight_g"] == "2.25"
    assert hashlib.sha256(text.encode()).hexdigest() == manifest.csv.sha256
    assert [row["bill"] for row in bench.staged()] == [9, 12, 15, 18, 21, 24, 27, 30]
    assert {(row["request_key"], row["request_id"]) for row in bench.staged()} == {(asked.key, asked.id)}
    days = [x for x, _ in manifest.chart]
    assert days == sorted(days)
    assert sum(y for _, y in manifest.chart) == 8


def test_nothing_matches_and_that_is_an_answer(bench: Bench) -> None:
    asked = bench.ask(code="b9")
    assert bench.make(asked).success
    done = bench.now(asked)
    assert (done.state, done.rows, done.sentence) == ("finished", 0, "")
    assert bench.csv(asked) == "bill,code,weight_g,pledged_on\r\n"
    assert bench.staged() == []


def test_hostile_text_is_a_value_and_nothing_else(bench: Bench) -> None:
    for text in ("b1' OR '1'='1", "%s", "100%", "'; DROP TABLE core.bills; --", ":code", "$1", "\\"):
        asked = bench.ask(code=text)
        assert bench.make(asked).success, text
        assert bench.now(asked).rows == 0
    assert len(bench.warehouse.rows("SELECT * FROM core.bills")) == 30


def test_the_same_question_again_is_another_version_and_both_are_readable(bench: Bench) -> None:
    first = bench.ask()
    bench.make(first)
    before = bench.csv(first)
    bench.fill("SELECT 99 AS bill, 'b1' AS code, 1.5::numeric AS weight_g, DATE '2024-01-01' AS pledged_on")
    second = bench.ask()
    assert second.key == first.key
    bench.make(second)
    assert bench.csv(first) == before
    assert bench.csv(second).splitlines()[1:] == ['99,"b1",1.50,2024-01-01']
    assert [row["bill"] for row in bench.staged()] == [99], "the table has the newest"
    assert bench.instance.get_dynamic_partitions(partitions_name("bills")) == [first.key]


def test_asked_twice_before_either_is_made_both_are(bench: Bench) -> None:
    first, second = bench.ask(), bench.ask()
    assert bench.make(second).success
    assert bench.make(first).success
    assert bench.csv(first) == bench.csv(second)
    assert {row["request_id"] for row in bench.staged()} == {second.id}, "whichever was made last"


def test_two_questions_stand_side_by_side(bench: Bench) -> None:
    one, other = bench.ask(code="b1"), bench.ask(code="b2")
    bench.make(one)
    bench.make(other)
    assert {(row["request_id"], row["code"]) for row in bench.staged()} == {(one.id, "b1"), (other.id, "b2")}
    assert len(bench.staged()) == 30


def test_a_partition_that_is_made_in_dagster_asks_its_question_again(bench: Bench) -> None:
    asked = bench.ask()
    bench.make(asked)
    assert bench.make(None, key=asked.key).success
    newest = bench.requests.list(limit=1)[0]
    assert newest.id != asked.id
    assert (newest.origin, newest.who, newest.state, newest.rows) == ("dagster", "dagster", "finished", 10)
    assert newest.answers == asked.answers


def test_a_run_of_a_request_that_has_ended_makes_a_new_one(bench: Bench) -> None:
    asked = bench.ask()
    bench.make(asked)
    before = bench.manifest(asked)
    assert bench.make(asked).success, "as Dagster's UI does by re-execution"
    assert bench.manifest(asked) == before
    assert len(bench.requests.list()) == 2


def test_a_partition_that_nobody_asked_for_says_so(bench: Bench) -> None:
    result = bench.make(None, key="made-by-hand")
    assert not result.success
    assert "Nobody asked bills the question made-by-hand" in _failure(result)
    assert bench.requests.list() == []


def test_rows_that_break_a_check_are_no_extract(bench: Bench) -> None:
    bench.fill("SELECT 1 AS bill, 'b1' AS code, 6000::numeric AS weight_g, DATE '2024-01-01' AS pledged_on")
    asked = bench.ask()
    assert not bench.make(asked).success
    found = bench.now(asked)
    assert found.state == "failed"
    assert "weight_is_that_of_an_ornament failed for 1 (bill=1" in found.sentence
    assert list(bench.lake.list("")) == []
    _again(bench, asked)


def test_more_rows_than_the_report_may_give(bench: Bench, tmp_path: Path) -> None:
    bench.report = report_in(tmp_path / "other", HEADER.replace("rows: 200000", "rows: 9") + BODY)
    asked = bench.ask()
    assert not bench.make(asked).success
    assert (bench.now(asked).state, bench.now(asked).sentence) == (
        "failed",
        "The answer has more than 9 rows, the most that this report gives.",
    )
    assert bench.extracts.find("bills", asked.key, asked.id) is None


def test_past_its_time_limit_it_ends(bench: Bench, tmp_path: Path) -> None:
    bench.fill(
        "SELECT n AS bill, 'b1' AS code, 1::numeric AS weight_g, DATE '2024-01-01' AS pledged_on "
        "FROM generate_series(1, 3000) AS s(n)"
    )
    text = HEADER.replace("seconds: 60", "seconds: 1").replace("  - unique: [bill]\n", "")
    pairs = "select count(*) from core.bills as a cross join core.bills as b cross join core.bills as c"
    slow = BODY.replace("where", f"where ({pairs}) > 0 and")
    bench.report = report_in(tmp_path / "other", text + slow)
    asked = bench.ask()
    assert not bench.make(asked).success
    assert bench.now(asked).state == "failed"
    assert "took longer than" in bench.now(asked).sentence
    _again(bench, asked)


def test_while_the_warehouse_is_down_it_fails_and_is_made_later(bench: Bench) -> None:
    up = bench.warehouse
    bench.warehouse = PostgresWarehouse(lambda: "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2")
    asked = bench.ask()
    assert not bench.make(asked).success
    found = bench.now(asked)
    assert (found.state, "The warehouse's Postgres cannot be reached" in found.sentence) == ("failed", True)
    bench.warehouse = up
    _again(bench, asked)


def test_a_report_whose_file_changed_since_says_so(bench: Bench, tmp_path: Path) -> None:
    asked = bench.ask()
    bench.report = report_in(tmp_path / "other", HEADER.replace("Bills by code", "Bills") + BODY)
    assert not bench.make(asked).success
    assert bench.now(asked).state == "failed"
    assert "file of bills was changed" in bench.now(asked).sentence


def test_columns_that_the_report_had_not_yet_are_null_for_older_extracts(bench: Bench, tmp_path: Path) -> None:
    old = bench.ask(code="b1")
    bench.make(old)
    header = HEADER.replace("checks:", '  half: {type: "decimal(8,2)", description: "Half of it."}\nchecks:')
    header = header.replace('weight_g: {type: "decimal(8,2)"', "weight_g: {type: double")
    body = BODY.replace("weight_g,", "cast(weight_g as double precision) as weight_g,").replace(
        "pledged_on\n", "pledged_on, cast(0.5 as decimal(8,2)) as half\n"
    )
    bench.report = report_in(tmp_path / "other", header + body)
    new = bench.ask(code="b2")
    assert bench.make(new).success
    assert bench.stage().success
    rows = {row["request_id"]: row for row in bench.staged()}
    assert (rows[old.id]["half"], rows[old.id]["weight_g"]) == (None, None)
    assert rows[new.id]["half"] is not None
    assert rows[new.id]["weight_g"] is not None


def test_cancelled_while_queued_its_run_makes_nothing(bench: Bench) -> None:
    asked = bench.ask()
    bench.requests.tell(asked.id, "cancelled", sentence="Cancelled by eve.")
    result = bench.make(asked)
    assert result.success, "it is no failure of the run"
    assert not result.asset_materializations_for_node("reports__bills")
    assert bench.now(asked).state == "cancelled"
    assert list(bench.lake.list("")) == []


def test_cancelled_while_its_rows_are_written_it_makes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = bench.ask()

    def then() -> None:
        bench.requests.tell(asked.id, "cancelled", sentence="Cancelled by eve.")

    bench.warehouse = _Interfering(bench.warehouse, then)  # type: ignore[assignment]
    monkeypatch.setattr(making, "PROGRESS_SECONDS", 0.0)
    bench.make(asked)
    assert bench.now(asked).state == "cancelled"
    assert bench.extracts.find("bills", asked.key, asked.id) is None


def test_cancelled_when_all_is_written_it_makes_nothing(bench: Bench) -> None:
    asked = bench.ask()
    bench.warehouse = _Interfering(bench.warehouse, lambda: bench.requests.tell(asked.id, "cancelled"))  # type: ignore[assignment]
    bench.make(asked)
    assert bench.now(asked).state == "cancelled"
    assert bench.extracts.find("bills", asked.key, asked.id) is None
    with bench.requests.turn(asked.id) as turn:
        turn.tell("queued")
    bench.warehouse = bench.warehouse.own  # type: ignore[attr-defined]
    assert bench.make(asked).success
    assert bench.now(asked).rows == 10


class _Interfering:
    """A warehouse of which, when the last row was read, something else happens."""

    def __init__(self, own: Any, then: Any) -> None:
        self.own, self.then = own, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    @contextmanager
    def extract(self, *arguments: Any, **options: Any) -> Iterator[Extracted]:
        with self.own.extract(*arguments, **options) as found:

            def batches() -> Iterator[Any]:
                yield from found.batches
                self.then()

            yield Extracted(batches(), found.checks, found.summary)


def _failure(result: Any) -> str:
    return " ".join(str(event.step_failure_data.user_failure_data) for event in result.get_step_failure_events())


def _again(bench: Bench, asked: Any) -> None:
    """Asked for again, with the cause away, it is made."""
    bench.fill("SELECT 1 AS bill, 'b1' AS code, 1::numeric AS weight_g, DATE '2024-01-01' AS pledged_on")
    with bench.requests.turn(asked.id) as turn:
        turn.tell("queued")
    assert bench.make(asked).success
    assert (bench.now(asked).state, bench.now(asked).rows) == ("finished", 1)
