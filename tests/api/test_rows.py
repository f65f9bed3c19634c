"""Rows by the API: filters, sorts and pages, against the same said in Python."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import THINGS, TWIN_ROWS, Shop, put, things
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

ROWS = "/tables/gold.things/rows"
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON shows it."""
    return {
        name: float(value)
        if name == "price" and value is not None
        else value.isoformat()
        if hasattr(value, "isoformat")
        else value
        for name, value in row.items()
    }


def walk(shop: Shop, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """All rows, page by page."""
    found: list[dict[str, Any]] = []
    answer = shop.get(path, params=parameters)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["rows"]
        assert len(page["rows"]) <= parameters["limit"]
        if page["next"] is None:
            return found
        assert len(page["rows"]) == parameters["limit"]
        answer = shop.get(page["next"])


def test_a_row_is_what_was_published(shop: Shop) -> None:
    rows = shop.rows(ROWS, limit=1000)
    assert rows == [shown(row) for row in things()]


@SLOW
@given(
    order=st.lists(
        st.tuples(st.sampled_from(["name", "price", "size", "is_new", "made_on", "seen_at", "id"]), st.booleans()),
        max_size=3,
        unique_by=lambda one: one[0],
    ),
    limit=st.integers(1, 25),
)
def test_pages_give_each_row_once_in_the_order_asked_for(shop: Shop, order: list[tuple[str, bool]], limit: int) -> None:
    wanted = ",".join(f"{name}{'.desc' if down else ''}" for name, down in order)
    found = walk(shop, ROWS, limit=limit, **({"order": wanted} if wanted else {}))
    assert sorted(row["id"] for row in found) == list(range(1, 61))
    # Text is sorted by the database's collation, which Python does not have: equal texts stand together all the same.
    for row, after in itertools.pairwise(found):
        for name, down in order:
            one, other = row[name], after[name]
            if one == other:
                continue
            if one is None or other is None:
                assert (one is None) == down, (name, down, one, other)
            elif name != "name":
                assert (one > other) == down, (name, down, one, other)
            break


@pytest.mark.parametrize("limit", [1, 2, 7, 39, 40, 41])
def test_twins_of_a_table_without_a_key_are_given_as_often_as_they_are(shop: Shop, limit: int) -> None:
    found = walk(shop, "/tables/gold.twins/rows", limit=limit, order="b")
    assert Counter((row["a"], row["b"]) for row in found) == Counter((row["a"], row["b"]) for row in TWIN_ROWS)


Test = Callable[[Any], bool]
FILTERS: list[tuple[str, str, Test]] = [
    ("id", "eq.7", lambda v: v == 7),
    ("id", "in.(1,2,60,61)", lambda v: v in (1, 2, 60)),
    ("id", "not.in.(1,2)", lambda v: v not in (1, 2)),
    ("id", "gte.58", lambda v: v >= 58),
    ("price", "lt.3.125", lambda v: v is not None and v < 3.125),
    ("price", "gt.0.999", lambda v: v is not None and v > 0.999),
    ("price", "is.null", lambda v: v is None),
    ("price", "not.is.null", lambda v: v is not None),
    ("size", "neq.0.25", lambda v: v is not None and v != 0.25),
    ("is_new", "is.true", lambda v: v is True),
    ("is_new", "not.is.true", lambda v: v is not True),
    ("is_new", "eq.false", lambda v: v is False),
    ("made_on", "lte.2024-02-03", lambda v: v is not None and v <= "2024-02-03"),
    ("seen_at", "gte.2024-05-05T12:00", lambda v: v >= "2024-05-05T12:00"),
    ("name", "eq.", lambda v: v == ""),
    ("name", "eq.'; drop table gold.things; --", lambda v: v == "'; drop table gold.things; --"),
    ("name", 'in.("a,b","\\"",ann)', lambda v: v in ("a,b", '"', "ann")),
    ("name", "like.*%*", lambda v: v is not None),
    ("name", "ilike.A*", lambda v: v is not None and v.lower().startswith("a")),
    ("name", "not.like.*", lambda _: False),
]


@SLOW
@given(st.lists(st.sampled_from(FILTERS), max_size=4))
def test_filters_leave_the_rows_that_all_of_them_hold_for(shop: Shop, wanted: list[tuple[str, str, Test]]) -> None:
    found = shop.get(ROWS, params=[(name, text) for name, text, _ in wanted] + [("limit", "1000"), ("count", "exact")])
    assert found.status_code == 200, found.text
    expected = [row for row in map(shown, things()) if all(test(row[name]) for name, _, test in wanted)]
    assert found.json()["rows"] == expected
    assert found.json()["total"] == len(expected)


@pytest.mark.parametrize(
    ("parameters", "status", "told"),
    [
        ({"nme": "eq.1"}, 400, r"gold.things has no column 'nme'; did you mean name\?"),
        ({"id": "1"}, 400, "id: write id=operator.value"),
        ({"id": "eq.one"}, 400, "'one' is no integer; write a whole number"),
        ({"id": "eq.99999999999"}, 400, "is no integer"),
        ({"id": "like.1"}, 400, "like is for text"),
        ({"id": "is.true"}, 400, "is takes null"),
        ({"id": "in.1,2"}, 400, "in takes a list in parentheses"),
        ({"id": "in.(" + ",".join("1" for _ in range(1001)) + ")"}, 400, "at most 1,000 values"),
        ({"made_on": "eq.2024-02-30"}, 400, "write a day as 2024-12-31"),
        ({"made_on": "eq.0000-01-01"}, 400, "write a day"),
        ({"seen_at": "eq.2024-01-01T00:00Z"}, 400, "without a zone"),
        ({"price": "eq.1e999999"}, 400, "is no decimal"),
        ({"size": "eq.1e400"}, 400, "is no double"),
        ({"name": "eq.\0"}, 400, "is no text"),
        ({"name": "eq." + "x" * 10_001}, 400, "at most 10,000 characters"),
        ({"select": "id,nope"}, 400, "has no column 'nope'"),
        ({"order": "id.up"}, 400, "'up' is no direction"),
        ({"limit": "0"}, 422, "greater than or equal to 1"),
        ({"limit": "10001"}, 422, "less than or equal to 10000"),
        ({"cursor": "abc"}, 400, "this is no cursor"),
        ({"cursor": "W10"}, 400, "this is no cursor"),
        ({"format": "xml"}, 422, "format"),
        ({"format": "csv", "limit": "5"}, 400, "gives all rows"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_problem_document(
    shop: Shop, parameters: dict[str, str], status: int, told: str
) -> None:
    answer = shop.get(ROWS, params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["instance"] == ROWS
    assert re.search(told, problem["detail"]), problem["detail"]


@SLOW
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*THINGS.column_names, "select", "order", "cursor", "limit", "x"]), st.text(max_size=30)
        ),
        max_size=4,
    )
)
def test_no_question_breaks_it(shop: Shop, pairs: list[tuple[str, str]]) -> None:
    try:
        answer = shop.get(ROWS, params=pairs)
    except (httpx.InvalidURL, UnicodeEncodeError):
        return  # no client can send it
    assert answer.status_code in (200, 400, 422), (pairs, answer.text)


def test_a_cursor_is_of_one_publication_and_of_one_question(shop: Shop, warehouse: PostgresWarehouse) -> None:
    first = shop.get(ROWS, params={"limit": 10, "id": "gt.5"}).json()
    other = shop.get(first["next"].replace("gt.5", "gt.6"))
    assert other.status_code == 400
    assert "another question" in other.json()["detail"]
    assert shop.get(first["next"]).json()["rows"][0]["id"] == 16
    put(warehouse, THINGS, things(1))
    gone = shop.get(first["next"])
    assert gone.status_code == 409
    assert "republished" in gone.json()["detail"]
    again = shop.get(ROWS, params={"limit": 10, "id": "gt.5"}).json()
    assert again["publication"] != first["publication"]
    assert again["rows"] != first["rows"]


def test_an_etag_stands_for_a_publication(shop: Shop, warehouse: PostgresWarehouse) -> None:
    for path in (ROWS, "/tables/gold.things/aggregate?measures=count", "/things/3", f"{ROWS}?format=csv"):
        first = shop.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        held = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        same = shop.get(path, headers=held)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"]), path
        put(warehouse, THINGS, things())  # made again, the same rows
        assert shop.get(path, headers=held).status_code == 304, path
        put(warehouse, THINGS, things(1))
        assert shop.get(path, headers=held).status_code == 200, path
        put(warehouse, THINGS, things())
