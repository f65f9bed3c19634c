"""A large file that several sessions load: the same rows, rejects and reasons as by one, and nothing left aside."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tributary.resources.interruption import interrupt
from tributary.resources.warehouse.base import Delimited
from tributary.resources.warehouse.delimited import scan
from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract, Rule, SourceFileError
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres import load
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

COLUMNS = (
    FileColumn("N", "n", "integer", "."),
    FileColumn("ON", "on", "date", "."),
    FileColumn("WHAT", "what", "text", "."),
)
PLAIN = FileContract(COLUMNS, rules=(Rule("small", "n < 100000", "N is not small"),))
KEYED = FileContract(COLUMNS, key=("n",))
HEADER = "N,ON,WHAT\n"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and of many blocks."""
    monkeypatch.setattr(load, "SHARED_LINES", 1)
    monkeypatch.setattr(scan, "BLOCK_BYTES", 512)


def records(broken: bool) -> list[str]:
    """Of each kind some in every block: quoted line ends, a value the server refuses, one the scanner does, repeats."""
    found = []
    for n in range(3_000):
        day = "2004-02-30" if n % 97 == 0 else "2004-02-28"
        what = f'"a\nb {n}"' if n % 50 == 3 else "x" if n % 41 else ""
        found.append(f"{n - 400 if n % 113 == 0 and n > 400 else n},{day},{what}\n")
    return [*found, "100000,2004-02-28,x\n"] if broken else found


def file(contract: FileContract, text: str) -> Delimited:
    data = text.encode()
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    return Delimited(contract, "f.csv", lambda: iter(chunks), lines=text.count("\n"))


def table(contract: FileContract) -> Table:
    return Table("staged", "f", tuple(Column(*column) for column in contract.table_columns()))


def state(warehouse: PostgresWarehouse) -> tuple[list[Any], list[Any]]:
    rows = warehouse.rows('SELECT n, "on", what FROM staged.f ORDER BY n, what')
    columns = "line_number, raw_text, reason, detail"
    return rows, warehouse.rows(f"SELECT {columns} FROM quarantine.rejected_rows ORDER BY line_number")


def aside(pg: psycopg.Connection[Any]) -> list[Any]:
    """What lies in `_parts` and is no table's partition."""
    return pg.execute(
        "SELECT relname FROM pg_class AS c WHERE relnamespace = '_parts'::regnamespace AND relname ~ '_f_' "
        "AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)"
    ).fetchall()


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("contract", [PLAIN, KEYED])
def test_several_sessions_load_what_one_does(
    warehouse: PostgresWarehouse,
    pg: psycopg.Connection[Any],
    request: pytest.FixtureRequest,
    contract: FileContract,
    broken: bool,
) -> None:
    text = HEADER + "".join(records(broken))
    one = warehouse.replace(table(contract), file(contract, text))
    by_one = state(warehouse)
    request.getfixturevalue("shared")
    several = warehouse.replace(table(contract), file(contract, text))
    assert state(warehouse) == by_one
    told = [(report.rows, report.lines, report.rejected, report.duplicates) for report in (one, several)]
    assert told[0] == told[1]
    assert len(by_one[1]) > 100
    assert not aside(pg)


@pytest.mark.usefixtures("shared")
def test_a_file_that_is_refused_leaves_the_old_rows_and_nothing_aside(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    warehouse.replace(table(PLAIN), file(PLAIN, HEADER + "1,2004-02-28,x\n"))
    old = state(warehouse)

    def damaged() -> Iterator[bytes]:
        yield (HEADER + "".join(records(broken=False))).encode()
        raise SourceFileError("f.csv ends too early.")

    with pytest.raises(SourceFileError, match="too early"):
        warehouse.replace(table(PLAIN), Delimited(PLAIN, "f.csv", damaged, lines=3_000))
    assert state(warehouse) == old
    assert not aside(pg)


@pytest.mark.usefixtures("shared")
def test_a_session_that_is_lost_ends_the_load_and_a_request_to_end_all_of_it(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    copying = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'COPY .*FROM STDIN' "
        "AND state = 'active' AND pid <> pg_backend_pid()"
    )

    def endless() -> Iterator[bytes]:
        yield HEADER.encode()
        for n in range(100_000):
            time.sleep(0.001)
            yield f"{n},2004-02-28,x\n".encode() * 10

    def refused(end: Any) -> BaseException:
        found: list[BaseException] = []

        def write() -> None:
            try:
                warehouse.replace(table(PLAIN), Delimited(PLAIN, "f.csv", endless, lines=1_000_000))
            except BaseException as error:  # noqa: BLE001 - looked at below
                found.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        while len(pg.execute(copying).fetchall()) < 2:
            time.sleep(0.01)
        end(writer)
        writer.join(10)
        assert not writer.is_alive()
        return found[0]

    lost = refused(lambda _: pg.execute(f"SELECT pg_terminate_backend(pid) FROM ({copying}) AS c LIMIT 1").fetchall())
    assert isinstance(lost, WarehouseError)
    assert isinstance(refused(interrupt), KeyboardInterrupt)
    warehouse.replace(table(PLAIN), file(PLAIN, HEADER + "1,2004-02-28,x\n"))
    assert len(state(warehouse)[0]) == 1
    assert not aside(pg)
