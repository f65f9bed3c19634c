"""Reports by the API, over HTTP: asked, followed and read, by whom they may be; and whatever is sent, no failure."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.gateway.serving import served
from tests.reporting.asking import HOSTILE, ITEMS, TEXT
from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.extract_asset import Making
from tributary.assets.reporting.record import Requests
from tributary.assets.source import Source
from tributary.assets.sources import Sources
from tributary.reports.declared import DeclaredReports
from tributary.reports.service import Reports
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import OWNER, Principal, Role, roles_up_to, with_principal
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.web.api import reports as reports_api
from tributary.web.api.problems import MEDIA_TYPE, register

ROWS = (
    "SELECT n / 2 AS bill, 'b' || (n % 3 + 1) AS code, n % 9 + 1 AS pieces, CAST(n AS numeric(9,3)) / 8 AS weight, "
    "DATE '2024-01-01' + n % 40 AS pledged_on, 'person ' || n AS owner FROM generate_series(1, 120) AS s(n)"
)
JSON = {"Content-Type": "application/json"}
LINES = {"lines": [{"code": "b1", "most": 9}]}
VIEWER = Principal("eve", roles_up_to(Role.VIEWER))


@dataclass
class Desk:
    """The API over a report on 120 items, and what of the platform is behind it."""

    settings: Settings
    reports: Reports
    requests: Requests
    warehouse: PostgresWarehouse
    client: httpx.Client
    app: ASGIApp
    who: Principal = OWNER

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.client.get(f"/reports{path}", params=parameters)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(f"/reports{path}", json=body)

    def ask(self, name: str = "matching", **parameters: Any) -> str:
        """The id of a request, which nobody makes by itself here."""
        answer = self.post(f"/{name}/requests", {"parameters": LINES | parameters})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def made(self, id_: str) -> str:
        """The request, after its run."""
        report = self.reports.report(self.requests.find(id_).report)
        extracts = Extracts(open_lake(self.settings.lake_location, region=None, endpoint_url=None))
        origin = Origin(run_id="r", asset=f"reports.{report.name}")
        self.requests.tell(id_, "launched", run_id="r")
        Making(report, self.warehouse, extracts, self.requests, uuid.uuid4().hex, origin).make(self.requests.find(id_))
        return id_


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "reports").mkdir()
    (folder / "reports" / "matching.sql").write_text(TEXT)
    plain = TEXT.replace("item.owner", "'x' as owner").replace("Matching bills", "Plain")
    (folder / "reports" / "plain.sql").write_text(plain)
    (folder / "reports" / "broken.sql").write_text("/*\nhalf")
    found = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    with connect(found) as databases:
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))
        warehouse.replace(ITEMS, Select(ROWS))
        reports = Reports(found, databases)
        reports._declared = DeclaredReports(found.home, Sources((Source("shop", tables=(ITEMS,), models=folder),), {}))
        app = FastAPI()
        app.include_router(reports_api.router(reports))
        register(app)

        async def gated(scope: Scope, receive: Receive, send: Send) -> None:
            await app(with_principal(scope, desk.who), receive, send)

        with (
            served(gated, Policy(), limits=Limits()) as server,
            httpx.Client(base_url=server.url, timeout=60) as client,
        ):
            desk = Desk(found, reports, Requests(lambda: databases.url("app")), warehouse, client, gated)
            yield desk
        reports.close()


@pytest.fixture
def as_viewer(desk: Desk) -> Iterator[Desk]:
    """The same, as somebody sees it who only reads."""
    desk.who = VIEWER
    yield desk
    desk.who = OWNER


def test_reports_are_listed_with_what_each_can_be_asked(desk: Desk) -> None:
    listed = {one["name"]: one for one in desk.get("").json()}
    assert set(listed) == {"broken", "matching", "plain"}
    assert listed["matching"]["parameters"] == ["match", "since", "note", "bills", "lines"]
    assert "the header's comment is not closed" in listed["broken"]["refused"]
    found = desk.get("/matching").json()
    assert found["asked"]["properties"]["lines"]["items"]["required"] == ["code", "most"]
    assert [column["name"] for column in found["columns"]] == ["bill", "code", "weight", "share", "owner", "note"]
    assert (found["table"], found["most_rows"]) == ("staged.report_matching", 1000)
    assert desk.get("/matching/choices").json()["lines.code"][0] == {"value": "b1", "label": "b1"}
    assert desk.get("/broken").status_code == 404
    assert desk.get("/other").json()["detail"].startswith("There is no report 'other'")


def test_a_question_is_asked_followed_and_read(desk: Desk) -> None:
    asked = desk.post("/matching/requests", {"parameters": {**LINES, "note": "=1+1"}})
    assert asked.status_code == 202
    found = asked.json()
    assert asked.headers["location"] == f"/reports/requests/{found['id']}"
    assert (found["state"], found["who"], found["origin"], found["rows"]) == ("queued", "owner", "api", None)
    assert found["parameters"]["lines"] == [{"code": "b1", "least": 1, "most": 9, "weight": None}]
    early = desk.get(f"/requests/{found['id']}/rows")
    assert (early.status_code, early.headers["content-type"]) == (409, MEDIA_TYPE)
    desk.made(found["id"])
    ended = desk.get(f"/requests/{found['id']}").json()
    assert (ended["state"], ended["is_current"]) == ("finished", True)
    assert ended["rows"] == desk.post("/matching/count", {"parameters": LINES}).json()["rows"] > 50
    page = desk.get(f"/requests/{found['id']}/rows", order="weight.desc", limit=2).json()
    weights = [row["weight"] for row in page["rows"]]
    assert weights == sorted(weights, reverse=True)
    assert isinstance(weights[0], float)
    assert (page["total"], page["next"]) == (ended["rows"], 2)
    assert page["columns"][2] == {"name": "weight", "type": "decimal(9,3)"}
    last = desk.get(f"/requests/{found['id']}/rows", offset=ended["rows"] - 1).json()
    assert (len(last["rows"]), last["next"]) == (1, None)
    [line, *_] = csv.DictReader(io.StringIO(desk.get(f"/requests/{found['id']}/download").text))
    assert line["note"] == "'=1+1"
    file = desk.get(f"/requests/{found['id']}/download", format="parquet")
    assert pq.read_table(io.BytesIO(file.content)).num_rows == ended["rows"]
    assert file.headers["content-disposition"].endswith('.parquet"')
    assert desk.get(f"/requests/{found['id']}/download", format="xlsx").content[:2] == b"PK"
    # The same question in other words is the same key, and another request.
    again = desk.post("/matching/requests", {"parameters": {"note": " =1+1 ", "lines": [{"most": "9", "code": "b1 "}]}})
    assert again.json()["key"] == found["key"]
    newest = desk.get("/matching/requests", limit=2).json()
    assert [one["id"] for one in newest] == [again.json()["id"], found["id"]]
    assert [one["id"] for one in desk.get("/requests", key=found["key"]).json()] == [again.json()["id"], found["id"]]


def test_a_request_has_the_points_of_its_chart(desk: Desk, as_viewer: Desk) -> None:
    desk.who = OWNER
    id_ = desk.made(desk.ask("plain"))
    rows = desk.get(f"/requests/{id_}/rows", limit=1000).json()["rows"]
    desk.who = VIEWER
    chart = as_viewer.get(f"/requests/{id_}/chart").json()
    assert (chart["title"], chart["kind"]) == ("Weight by code", "bar")
    weights: Counter[str] = Counter()
    for row in rows:
        weights[row["code"]] += row["weight"]
    assert {one["x"]: one["y"] for one in chart["points"]} == dict(weights)


def test_what_is_sent_again_is_asked_once(desk: Desk) -> None:
    def sent(key: str) -> str:
        body = {"parameters": {**LINES, "bills": [7]}}
        answer = desk.client.post("/reports/matching/requests", json=body, headers={"Idempotency-Key": key})
        return str(answer.json()["id"])

    assert sent("once") == sent("once") != sent("twice")


def test_what_cannot_be_asked_is_told_place_by_place(desk: Desk) -> None:
    answer = desk.post(
        "/matching/requests", {"parameters": {"lines": [{"code": "b1", "most": 1}, {"code": "b9", "least": 0}]}}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
    assert answer.json()["errors"] == [
        {"at": "lines.1.code", "message": "is none of the values that are offered."},
        {"at": "lines.1.least", "message": "must be at least 1."},
        {"at": "lines.1.most", "message": "must be given."},
    ]
    assert desk.post("/matching/requests", {"paramters": LINES}).status_code == 422
    assert desk.post("/matching/requests", {"parameters": LINES, "notify": "nobody"}).status_code == 400
    assert desk.get("/requests/none").status_code == 404


def test_a_request_is_cancelled_and_asked_for_again(desk: Desk) -> None:
    id_ = desk.ask()
    assert desk.client.delete(f"/reports/requests/{id_}").json()["state"] == "cancelled"
    refused = desk.client.delete(f"/reports/requests/{id_}")
    assert (refused.status_code, "is cancelled" in refused.json()["detail"]) == (409, True)
    assert desk.post(f"/requests/{id_}/retry", None).json()["state"] == "queued"


def test_personal_data_take_the_scope_for_them(desk: Desk, as_viewer: Desk) -> None:
    desk.who = OWNER
    id_, plain = desk.made(desk.ask()), desk.made(desk.ask("plain"))
    assert "owner" in desk.get(f"/requests/{id_}/rows").json()["rows"][0]
    desk.who = VIEWER
    answer = as_viewer.get(f"/requests/{id_}/rows")
    assert "person" not in answer.text
    assert "owner" not in {column["name"] for column in answer.json()["columns"]}
    assert as_viewer.get(f"/requests/{id_}/rows", order="owner").status_code == 403
    assert as_viewer.get(f"/requests/{id_}/download").status_code == 403
    assert as_viewer.get(f"/requests/{id_}/chart").status_code == 403
    assert as_viewer.get(f"/requests/{plain}/download").status_code == 200


def test_hostile_values_are_told_or_asked_as_they_stand(desk: Desk) -> None:
    for raw in HOSTILE:
        if isinstance(raw, bytes) or type(raw) is object:
            continue  # which no JSON is
        name = raw if isinstance(raw, str) else "note"
        for asked in ({**LINES, "note": raw}, {"lines": [{"code": raw, "most": 9}]}, {"lines": raw}, {name: raw}):
            body = json.dumps({"parameters": asked}).encode()
            answer = desk.client.post("/reports/matching/count", content=body, headers=JSON)
            assert answer.status_code in (200, 400, 413, 422), (str(raw)[:40], answer.text)


@pytest.mark.parametrize("body", [
    b'{"parameters": {"note": 1e999}}', b"[" * 50_000, b"\xff", b'{"\\ud800": 1}', b'{"parameters": {"\\ud800": 1}}',
    b"1" * 10_000, b'{"parameters": []}', b"", b"null",
])  # fmt: skip
def test_what_is_no_question_is_told_so(desk: Desk, body: bytes) -> None:
    answer = desk.client.post("/reports/matching/count", content=body, headers=JSON)
    assert (answer.status_code in (400, 422), answer.headers["content-type"]) == (True, MEDIA_TYPE), answer.text


schema = schemathesis.pytest.from_fixture("described")


@pytest.fixture
def described(desk: Desk) -> Any:
    """The API as it describes itself, without the gateway, which refuses some of what is sent in its own words."""
    return schemathesis.openapi.from_asgi("/openapi.json", desk.app)


@schema.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_is_as_it_describes_itself(case: schemathesis.Case) -> None:
    case.call_and_validate()
