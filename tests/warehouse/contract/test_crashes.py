"""A writer that dies at any step leaves the old rows or the new ones, with a ledger that says no more than is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.warehouse.contract.rows import arrow, select

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.table import Column, Deduplication, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

TABLE = Table(
    "staged",
    "calls",
    (Column("id", "integer", "Id."), Column("source", "text", "Source.")),
    deduplicate=Deduplication(("id",), ("source",)),
)
OLD, NEW = [(1, "a"), (2, "b")], [(3, "a"), (2, "b")]


class Dying:
    """A session whose process ends before or after one of its steps."""

    def __init__(self, session: Any, step: str, when: str) -> None:
        self._session, self._step, self._when = session, step, when

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._session, name)
        if name != self._step:
            return found

        def last(*arguments: Any, **named: Any) -> None:
            if self._when == "after":
                found(*arguments, **named)
            os._exit(9)

        return last


class DyingEngine:
    """An engine that gives such sessions."""

    def __init__(self, engine: Engine, step: str, when: str) -> None:
        self.dialect, self.publications = engine.dialect, engine.publications
        self._engine, self._step, self._when = engine, step, when

    @contextmanager
    def session(self, table: Table, origin: Origin) -> Iterator[Any]:
        with self._engine.session(table, origin) as session:
            yield Dying(session, self._step, self._when)


def rows(warehouse: Warehouse) -> list[tuple[int, str]]:
    return [(row["id"], row["source"]) for row in warehouse.rows("SELECT id, source FROM staged.calls ORDER BY source")]


def write(warehouse: Warehouse, kind: str) -> None:
    if kind == "whole":
        warehouse.replace(TABLE, arrow(TABLE, NEW), fingerprint="2")
    else:
        window = SourceObjects("source", ["a"])
        warehouse.replace(TABLE, select(TABLE, NEW[:1]), window=window, fingerprints={"a": "2"})


@pytest.mark.parametrize("kind", ["whole", "window"])
@pytest.mark.parametrize(
    ("step", "when"),
    [("build", "after"), ("make_way", "after"), ("publish", "before"), ("put", "before"), ("put", "after"),
     ("publish", "after"), ("tidy", "before"), ("tidy", "after")],
)  # fmt: skip
def test_what_a_dying_writer_leaves_is_whole_and_can_be_written_again(
    engine: Engine, warehouse: Warehouse, kind: str, step: str, when: str
) -> None:
    window = SourceObjects("source", ["a", "b"])
    warehouse.replace(TABLE, select(TABLE, OLD), window=window, fingerprints={"a": "1", "b": "1"})
    child = os.fork()
    if not child:
        try:
            write(Warehouse(DyingEngine(engine, step, when)), kind)  # type: ignore[arg-type]
        finally:
            os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == (0 if (kind, step) == ("whole", "make_way") else 9)
    stands, loaded = rows(warehouse), warehouse.published_sources(TABLE)
    assert stands in (OLD, NEW)
    assert loaded.get("a") in ({"1", None} if stands == OLD else {"2", None})
    assert {*loaded} <= {"a", "b"}
    write(warehouse, kind)
    assert rows(warehouse) == NEW
    assert warehouse.published_sources(TABLE) == (
        {} if kind == "whole" else {"a": "2", **({"b": "1"} if loaded.get("b") else {})}
    )
