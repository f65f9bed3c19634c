"""Statements as Trino gets them: limits that end them, and what is given up ends there too."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from pyiceberg.catalog import Catalog
from tests.running_trino import RunningTrino
from tests.warehouse.contract.rows import arrow

from tributary.resources.errors import AskedToEnd
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.checks import NotNull, Unique
from tributary.resources.warehouse.errors import ChecksFailed, TimeLimitError, WarehouseError
from tributary.resources.warehouse.iceberg.catalogue import open_catalogue
from tributary.resources.warehouse.iceberg.engine import TrinoEngine
from tributary.resources.warehouse.iceberg.trino_http import TrinoTransport
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

pytestmark = pytest.mark.xdist_group("trino")

NUMBERS = Table("core", "numbers", (Column("id", "bigint", "Id."), Column("text", "text", "Text.")))
ENDLESS = "SELECT count(*) AS n FROM TABLE(sequence(1, 1000000000000)) AS a"
LONG = "SELECT sum(length(text) * n) AS n FROM core.numbers CROSS JOIN UNNEST(sequence(1, 10000)) AS s(n)"


def warehouse_of(running: RunningTrino, **more: Any) -> Warehouse:
    running.wipe()
    transport = TrinoTransport(running.server.url, "test", running.settings.trino_catalog, **more)
    return Warehouse(TrinoEngine(transport, lambda: open_catalogue(running.settings, running.databases)))


def states(running: RunningTrino, asset: str, word: str = "") -> list[str]:
    """The states of an asset's statements, as the server lists them, of those that begin with a word."""
    ask = urllib.request.Request(f"{running.server.url}/v1/query", headers={"X-Trino-User": "test"})  # noqa: S310
    with urllib.request.urlopen(ask) as answer:  # noqa: S310
        found = [one for one in json.load(answer) if asset in one.get("session", one).get("source", "")]
    return [one["state"] for one in found if one["query"].startswith(word)]


def test_what_reads_too_much_is_ended_with_a_sentence(trino_server: RunningTrino) -> None:
    warehouse_of(trino_server).replace(NUMBERS, arrow(NUMBERS, [(n, f"{n * 7919 % 104729}") for n in range(50_000)]))
    transport = TrinoTransport(trino_server.server.url, "test", trino_server.settings.trino_catalog, scan_limit=1000)
    limited = Warehouse(TrinoEngine(transport, lambda: open_catalogue(trino_server.settings, trino_server.databases)))
    with pytest.raises(WarehouseError, match=r"core\.sums failed in Trino: .* TRIBUTARY_TRINO_SCAN_LIMIT"):
        limited.rows(LONG, origin=Origin("r", "core.sums"))
    assert limited.rows("SELECT 1 AS one") == [{"one": 1}]


def test_what_takes_too_long_is_ended(trino_server: RunningTrino) -> None:
    with pytest.raises(TimeLimitError):
        warehouse_of(trino_server).rows(ENDLESS, origin=Origin("r", "core.too_long"), seconds=1)
    assert set(states(trino_server, "core.too_long")) == {"FAILED"}


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), AskedToEnd(143)], ids=["interrupted", "asked"])
def test_a_run_that_is_asked_to_end_ends_its_statement_on_the_server(
    trino_server: RunningTrino, ending: BaseException
) -> None:
    """As by a signal, which the thread gets that waits for the answer."""
    warehouse, asset = warehouse_of(trino_server), f"core.given_up_{type(ending).__name__}"

    def end(*_: object) -> None:
        raise ending

    def when_it_runs() -> None:
        _until(lambda: "RUNNING" in states(trino_server, asset, "INSERT"))
        signal.raise_signal(signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, end)
    watching = threading.Thread(target=when_it_runs)
    watching.start()
    try:
        with pytest.raises(type(ending)):
            warehouse.replace(
                NUMBERS, Select(f"SELECT n AS id, '' AS text FROM ({ENDLESS})"), origin=Origin("r", asset)
            )
    finally:
        watching.join()
        signal.signal(signal.SIGUSR1, before)
    _until(lambda: states(trino_server, asset, "INSERT") == ["FAILED"])
    assert [name for *_, name in _catalogue(trino_server).list_tables("_parts") if name.startswith("built_")] == []


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _catalogue(running: RunningTrino) -> Catalog:
    return open_catalogue(running.settings, running.databases)


class _Noting(TrinoTransport):
    """Notes what it is asked."""

    asked: ClassVar[list[str]] = []

    def run(self, sql: str, *arguments: Any, **named: Any) -> AbstractContextManager[Any]:
        self.asked.append(sql)
        return super().run(sql, *arguments, **named)


def test_of_rows_that_it_did_not_make_it_is_asked_only_what_their_files_do_not_tell(trino_server: RunningTrino) -> None:
    trino_server.wipe()
    transport = _Noting(trino_server.server.url, "test", trino_server.settings.trino_catalog)
    warehouse = Warehouse(TrinoEngine(transport, lambda: open_catalogue(trino_server.settings, trino_server.databases)))
    table = replace(NUMBERS, checks=(NotNull(("id", "text")), Unique(("id",))))
    warehouse.replace(table, arrow(table, [(n, f"{n}") for n in range(100)]))
    transport.asked.clear()
    report = warehouse.replace(table, arrow(table, [(n, f"{n}!") for n in range(90)]))
    assert (report.rows, len(report.preview), report.preview[0]) == (90, 10, {"id": 0, "text": "0!"})
    (unique,) = transport.asked
    assert unique.startswith("SELECT place, offenders")
    with pytest.raises(ChecksFailed) as failed:
        warehouse.replace(table, arrow(table, [(n, None if n == 7 else "") for n in range(10)]))
    assert failed.value.results[0].sample == [{"id": 7, "text": None}]
