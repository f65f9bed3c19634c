"""Exports and aggregates: the same rows in every format, of one publication, whatever is written meanwhile."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.conftest import NAMES, THINGS, Shop, put, shop_of, things
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.web.api import exports

ROWS = "/tables/gold.things/rows"


def arrow(content: bytes) -> pa.Table:
    return pa.ipc.open_stream(content).read_all()


def by_id(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: row["id"])


def test_a_file_holds_the_rows_as_they_were_published(shop: Shop) -> None:
    rows = by_id(arrow(shop.get(ROWS, params={"format": "arrow"}).content))
    assert rows == things()
    assert by_id(pq.read_table(io.BytesIO(shop.get(ROWS, params={"format": "parquet"}).content))) == things()
    text = shop.get(ROWS, params={"format": "csv"})
    assert text.headers["content-disposition"] == 'attachment; filename="gold.things.csv"'
    told = {int(row["id"]): row for row in csv.DictReader(io.StringIO(text.text))}
    assert {number: row["name"] for number, row in told.items()} == {row["id"]: row["name"] or "" for row in things()}
    assert told[1]["price"] == "9.25"
    assert told[1]["seen_at"].startswith("2024-05-02 01:00:00.000001")


@pytest.mark.parametrize("name", [name for name in NAMES if name is not None])
def test_filters_of_files_are_those_of_pages(shop: Shop, name: str) -> None:
    parameters = {"name": f"eq.{name}", "id": "in.(1,2,3,4,5,6,7,8,9,10)", "order": "id.desc"}
    found = arrow(shop.get(ROWS, params=parameters | {"format": "arrow"}).content).to_pylist()
    assert [row["id"] for row in found] == [row["id"] for row in shop.rows(ROWS, **parameters)]
    assert {row["name"] for row in found} == {name}


def test_nothing_is_a_file_too(shop: Shop) -> None:
    answer = shop.get(ROWS, params={"format": "csv", "id": "eq.0"})
    assert answer.text.strip().count("\n") == 0
    assert answer.text.startswith('"id","name"')
    empty = arrow(shop.get(ROWS, params={"format": "arrow", "id": "eq.0"}).content)
    assert (empty.num_rows, empty.column_names) == (0, list(THINGS.column_names))


def test_one_file_serves_all_formats_until_the_table_is_published_anew(
    shop: Shop, warehouse: PostgresWarehouse, tmp_path: Path
) -> None:
    for format_ in ("csv", "arrow", "parquet"):
        shop.get(ROWS, params={"format": format_})
    assert len(list(tmp_path.glob("*.parquet"))) == 1
    put(warehouse, THINGS, things(3))
    assert by_id(arrow(shop.get(ROWS, params={"format": "arrow"}).content)) == things(3)
    assert len(list(tmp_path.glob("*.parquet"))) == 2


def test_files_go_when_there_are_too_many(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "KEPT_BYTES", 1)
    for number in range(4):
        shop.get(ROWS, params={"format": "csv", "id": f"gt.{number}"})
    assert len(list(tmp_path.glob("*.parquet"))) == 1
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("dimension", ["is_new", "month(made_on)", None])
def test_aggregates_are_those_of_the_rows(shop: Shop, dimension: str | None) -> None:
    measures = "count,total:sum(price),avg(size),first:min(seen_at),max(name),n:count_distinct(name)"
    asked = {"measures": measures, "id": "lte.50"} | ({"dimensions": dimension} if dimension else {})
    answer = shop.get("/tables/gold.things/aggregate", params=asked)
    assert answer.status_code == 200, answer.text
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in things()[:50]:
        day: date | None = row["made_on"]
        key = {"is_new": row["is_new"], "month(made_on)": day and day.replace(day=1), None: 0}[dimension]
        groups[key].append(row)
    name = {"is_new": "is_new", "month(made_on)": "made_on_month"}.get(dimension or "")
    found = answer.json()["rows"]
    assert len(found) == len(groups)
    for row in found:
        key = (
            0 if name is None else row[name] and date.fromisoformat(row[name]) if name == "made_on_month" else row[name]
        )
        rows = groups[key]
        prices = [one["price"] for one in rows if one["price"] is not None]
        sizes = [one["size"] for one in rows if one["size"] is not None]
        assert row["count"] == len(rows)
        assert Decimal(str(row["total"])) == sum(prices)
        assert row["avg_size"] == pytest.approx(sum(sizes) / len(sizes))
        assert row["first"] == min(one["seen_at"] for one in rows).isoformat()
        assert row["n"] == len({one["name"] for one in rows if one["name"] is not None})
    whole = shop.get("/tables/gold.things/aggregate", params=asked | {"format": "arrow"})
    assert arrow(whole.content).num_rows == len(groups)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"measures": ""}, "name one at least"),
        ({"measures": "count,count"}, "have one name"),
        ({"measures": "sum(name)"}, "sum is of numbers"),
        ({"measures": "max(is_new)"}, "boolean"),
        ({"measures": "pg_sleep(id)"}, "pg_sleep is not known"),
        ({"measures": "sum(id);drop"}, "cannot be read"),
        ({"measures": "count", "dimensions": "month(name)"}, "of dates and times"),
        ({"measures": "count", "dimensions": "hour(seen_at)"}, r"hour\(\) is not known"),
        ({"measures": "count", "order": "id"}, "no column of the answer"),
        ({"measures": "select:count"}, ""),
    ],
)
def test_aggregates_that_cannot_be_are_refused(shop: Shop, asked: dict[str, str], told: str) -> None:
    answer = shop.get("/tables/gold.things/aggregate", params=asked)
    if told:
        assert answer.status_code == 400
        import re

        assert re.search(told, answer.json()["detail"]), answer.json()["detail"]
    else:
        assert answer.status_code == 200  # a reserved word is a name like others


def test_readers_see_one_publication_while_others_are_written(
    warehouse: PostgresWarehouse, reader: str, tmp_path: Path
) -> None:
    """Each publication has one price and a number of rows of its own; an answer is of one, whole."""

    def version(number: int) -> list[dict[str, Any]]:
        return [row | {"price": Decimal(number)} for row in things()[: 20 + number]]

    put(warehouse, THINGS, version(0))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 30
            put(warehouse, THINGS, version(number))

    writer = threading.Thread(target=write)
    writer.start()
    seen: dict[str, set[tuple[int, int]]] = defaultdict(set)
    try:
        with shop_of(reader, tmp_path) as shop:
            deadline = time.monotonic() + 60
            for turn in count():
                if len(seen) > 10 or time.monotonic() > deadline:
                    break
                if turn % 3 == 0:
                    page = shop.get(ROWS, params={"limit": 1000}).json()
                    rows = page["rows"]
                elif turn % 3 == 1:
                    answer = shop.get("/tables/gold.things/aggregate?measures=count&dimensions=price").json()
                    assert len(answer["rows"]) == 1
                    seen[answer["publication"]].add((int(answer["rows"][0]["price"]), answer["rows"][0]["count"]))
                    continue
                else:
                    file = shop.get(ROWS, params={"format": "arrow"})
                    if file.status_code == 409:
                        continue
                    page = {"publication": file.headers["tributary-publication"]}
                    rows = arrow(file.content).to_pylist()
                (price,) = {int(row["price"]) for row in rows}
                seen[page["publication"]].add((price, len(rows)))
    finally:
        stop.set()
        writer.join()
    assert len(seen) > 10
    for publication, told in seen.items():
        assert len(told) == 1, publication
        price, number = next(iter(told))
        assert number == 20 + price
