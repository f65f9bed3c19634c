"""A small warehouse and the data API over it, by real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.gateway.serving import served
from tributary.assets.source import Resource
from tributary.catalogue import Catalogue, CheckEntry, ColumnEntry, TableEntry
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits
from tributary.resources.principal import OWNER, Principal, with_principal
from tributary.resources.serving import Serving
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import Batches
from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.web.api.app import build
from tributary.web.api.exports import Exports
from tributary.web.api.rows import Source

THINGS = Table(
    "gold",
    "things",
    (
        Column("id", "integer", "Number."),
        Column("name", "text", "Name."),
        Column("price", "decimal(12,2)", "Price."),
        Column("size", "double", "Size."),
        Column("is_new", "boolean", "Whether it is new."),
        Column("made_on", "date", "Day."),
        Column("seen_at", "timestamp", "Time."),
        Column("owner", "text", "Who has it.", tags=("pii",)),
    ),
    "Things.",
    grain="one row a thing",
    checks=(Unique(("id",)),),
)
TWINS = Table("gold", "twins", (Column("a", "integer", "A."), Column("b", "text", "B.")), "Rows that have twins.")
NAMES = ("", "ann", "Ben", "a,b", '"', "x%y", "'; drop table gold.things; --", "né\U0001f600", None)


def things(version: int = 0) -> list[dict[str, Any]]:
    """Some rows with nulls, twins in single columns, and text that is hard to quote."""
    return [
        {
            "id": number,
            "name": NAMES[number % len(NAMES)],
            "price": None if number % 7 == 0 else Decimal(number * 37 % 100) / 4 + version,
            "size": None if number % 11 == 0 else number % 5 / 8,
            "is_new": (None, True, False)[number % 3],
            "made_on": None if number % 13 == 0 else date(2024, 1 + number % 4, 1 + number % 6),
            "seen_at": datetime(2024, 5, 1 + number % 9, number % 24, 0, 0, number),  # noqa: DTZ001
            "owner": f"person {number}",
        }
        for number in range(1, 61)
    ]


TWIN_ROWS = [{"a": number % 3, "b": (None, "x", "y")[number % 2]} for number in range(40)]


def entry(table: Table) -> TableEntry:
    """A table as the catalogue has it."""
    return TableEntry(
        key=table.key,
        source="shop",
        kind=table.kind,
        description=table.description,
        grain=table.grain,
        columns=tuple(ColumnEntry(one.name, one.type, one.description, one.tags) for one in table.columns),
        checks=tuple(CheckEntry(one.name, one.description, one.severity) for one in table.checks),
        keys=tuple(one.names for one in table.checks if isinstance(one, Unique)),
    )


def put(warehouse: PostgresWarehouse, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Publish rows."""
    warehouse.replace(table, Batches(batches(table, rows)))


class Shop:
    """The API as one person sees it."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """What is answered."""
        return self.client.get(path, **options)

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of one page."""
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows


RESOURCES = (
    Resource("/things/{id}", "gold.things", "A thing"),
    Resource("/makers/{name}/things", "gold.things", "A maker's things", many=True),
)


@contextmanager
def shop_of(url: str, folder: Path, principal: Principal = OWNER, **options: Any) -> Iterator[Shop]:
    """The API over a warehouse, as somebody sees it."""
    catalogue = Catalogue("d", (entry(THINGS), entry(TWINS)))
    app = build(
        Source(catalogue, Serving(url, **options), Exports(folder, lambda: url)), [("shop", one) for one in RESOURCES]
    )

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        await app(with_principal(scope, principal), receive, send)

    with served(gated, Policy(), limits=Limits()) as server:
        yield Shop(server.port)


@pytest.fixture
def reader(warehouse: PostgresWarehouse) -> str:
    """The URL of who only reads the test's warehouse."""
    return warehouse._engine._reader_url()  # type: ignore[attr-defined]


@pytest.fixture
def shop(warehouse: PostgresWarehouse, reader: str, tmp_path: Path) -> Iterator[Shop]:
    """The API over the two tables, as the owner sees it."""
    put(warehouse, THINGS, things())
    put(warehouse, TWINS, TWIN_ROWS)
    with shop_of(reader, tmp_path) as found:
        yield found
