"""A million rows in a real browser: what is shown and filtered is what numpy counts of the same rows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from tests.conftest import CHROMIUM
from tests.gateway.serving import served
from tests.linked.test_linked_browser import HTML, count_of
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits
from tributary.resources.linked.declaration import Bars, Category, Leaderboard, Linked, Matrix, Measure, Number, Time
from tributary.resources.linked.files import address, application

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")]
ROWS = 1_000_000
FIRST = np.datetime64("2024-01-01")
PAGE = Linked(
    title="Many",
    table="gold.many",
    dimensions={"day": Time("Day", "day"), "group": Category("Group", "group"), "fee": Number("Fee", "fee", 5)},
    measures={"rows": Measure("Rows"), "yes": Measure("Yes", "yes")},
    views=[
        Bars("Rows over time", "day", "rows", wide=True),
        Leaderboard("Groups", "group", "yes"),
        Bars("Fees", "fee", "rows"),
        Matrix("Groups by month", "group", "yes", across="day", limit=12),
    ],
)


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(7)
    return {
        "day": chance.integers(0, 360, ROWS).astype("int32"),
        "group": chance.integers(0, 40, ROWS),
        "yes": chance.integers(0, 200, ROWS),
        "fee": chance.integers(0, 100, ROWS),
    }


@pytest.fixture(scope="module")
def url(columns: dict[str, np.ndarray]) -> Iterator[str]:
    days = pa.array(columns["day"] + int(FIRST.astype(int)), pa.int32()).cast(pa.date32())
    names = pa.DictionaryArray.from_arrays(pa.array(columns["group"], pa.int32()), [f"group {n}" for n in range(40)])
    table = pa.table({**columns, "day": days, "group": names.dictionary_decode()})
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table, max_chunksize=65_536)

    async def rows(_request: Request) -> Response:
        headers = {"Tributary-Publication": "1"}
        return Response(buffer.getvalue(), headers=headers, media_type="application/vnd.apache.arrow.stream")

    async def tell(_request: Request) -> Response:
        return JSONResponse({"checks": [], "updated_at": None, "publication": "1", "fresh_within_seconds": None})

    async def show(_request: Request) -> Response:
        return HTMLResponse(HTML.format(base=address(), declared=json.dumps(PAGE.declared())))

    api = [Route("/api/v1/tables/gold.many/rows", rows), Route("/api/v1/tables/gold.many", tell)]
    app = Starlette(routes=[Route("/page", show), *api, Mount("/", application())])
    with served(app, Policy(), limits=Limits()) as server:
        yield server.url


def test_a_million_rows_are_counted_right(browser: sync_api.Browser, url: str, columns: dict[str, np.ndarray]) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    day, group, yes, fee = (columns[name] for name in ("day", "group", "yes", "fee"))
    yes_of = page.locator('dd[data-measure="yes"]')
    page.goto(f"{url}/page")
    assert count_of(page) == ROWS
    assert yes_of.inner_text() == f"{yes.sum():,}"

    page.goto(f"{url}/page?day=2024-02-01..2024-05-30&fee=20..44")
    inside = (day >= 31) & (day <= 150) & (fee >= 20) & (fee < 45)
    assert count_of(page) == inside.sum()
    best = np.bincount(group[inside], yes[inside]).argmax()
    first = page.locator(".leaderboard [data-value]").first
    assert first.get_attribute("data-value") == f"group {best}"
    assert int(first.get_attribute("data-now") or 0) == yes[inside & (group == best)].sum()
    bars = page.locator('[data-view="2"] .picture').get_attribute("data-sum")
    assert int(bars or 0) == ((day >= 31) & (day <= 150)).sum()
    matrix = page.locator('[data-view="3"] .picture').get_attribute("data-sum")
    shown = np.argsort(-np.bincount(group, yes))[:12]
    assert int(matrix or 0) == yes[(fee >= 20) & (fee < 45) & np.isin(group, shown)].sum()

    first.click()
    inside &= group == best
    assert count_of(page) == inside.sum()
    assert yes_of.inner_text().startswith(f"{yes[inside].sum():,} of {yes.sum():,}")
    page.go_back()
    page.wait_for_function("!location.search.includes('group=')")
    assert count_of(page) == ((day >= 31) & (day <= 150) & (fee >= 20) & (fee < 45)).sum()
    page.close()
