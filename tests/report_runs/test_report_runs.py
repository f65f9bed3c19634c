"""A request from its record to its extract and its rows in the warehouse."""

from __future__ import annotations

import csv
import hashlib
import io

from tests.report_runs.bench import Bench


def test_a_request_becomes_an_extract_and_rows(bench: Bench) -> None:
    asked = bench.ask(weight_from="2")
    assert bench.now(asked).state == "queued"
    result = bench.make(asked)
    assert result.success
    done = bench.now(asked)
    assert (done.state, done.rows, done.who) == ("finished", 8, "ada")
    manifest = bench.manifest(asked)
    assert manifest.rows == 8
    assert manifest.parameters == {"code": "b1", "weight_from": "2"} or manifest.parameters["code"] == "b1"
    text = bench.csv(asked)
    assert text.startswith("bill,code,weight_g,pledged_on\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["bill"] for row in rows] == ["9", "12", "15", "18", "21", "24", "27", "30"]
    assert rows[0]["weight_g"] == "2.25"
    assert hashlib.sha256(text.encode()).hexdigest() == manifest.csv.sha256
    assert [row["bill"] for row in bench.staged()] == [9, 12, 15, 18, 21, 24, 27, 30]
    assert {row["request_id"] for row in bench.staged()} == {asked.id}
    assert sum(y for _, y in manifest.chart) == 8
