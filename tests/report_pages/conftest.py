"""A pawnbroker's report on a real warehouse and record, its pages served over HTTP, and runs made in this process."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.gateway.serving import served

from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.extract_asset import Making
from tributary.assets.reporting.record import Requests
from tributary.assets.reporting.requests import Event
from tributary.assets.source import Source
from tributary.assets.sources import Sources
from tributary.reports.declared import DeclaredReports
from tributary.reports.service import Reports
from tributary.resources.gateway.patience import Limits
from tributary.resources.lake import open_lake
from tributary.resources.look.files import PATH as LOOK
from tributary.resources.look.files import STATIC, Files
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Principal, Role, roles_up_to, with_principal
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.web.reports.app import create_pages

GEM = Table("core", "dim_gem", (Column("gem_code", "text", "Code."), Column("gem", "text", "Name.")), "Gems.")
PLEDGE = Table(
    "core",
    "fact_gem",
    (
        Column("bill_no", "integer", "Bill."),
        Column("gem_code", "text", "Code."),
        Column("gems", "integer", "How many."),
        Column("gross_g", "decimal(9,3)", "Gross weight in g."),
        Column("pledged_on", "date", "Day."),
        Column("note", "text", "Note."),
        Column("pledger", "text", "Who pledged.", tags=("pii",)),
    ),
    "Pledged gems.",
)
CODES = ("b1", "b2", "b3", "b4", "b5", "b6", "b7")
BILLS = 400
NOTES = ("kept", "<script>window.hit = 1</script>", "=cmd|'/c calc'!A0", "لعبة 💎", "")
HEADER = """/*
title: Gem check
description: Bills that hold gems of the codes, counts and weights that are asked for.
grain: one row a bill and gem
parameters:
  match: {type: text, label: Lines combine, choices: {all: every line, any: any line}, default: all}
  since: {type: date, label: Pledged from, min: 2020-01-01, required: false}
  note: {type: text, label: Note, required: false, help: "The whole note."}
  codes: {type: text, label: Only these, many: true, required: false, choices: {from: core.dim_gem.gem_code}}
  lines:
    label: Gems
    help: Each line is a gem.
    repeated: {min: 1, max: 50}
    fields:
      code: {type: text, label: Gem, choices: {from: core.dim_gem.gem_code}}
      lower: {type: integer, label: Count from, min: 1, default: 1}
      upper: {type: integer, label: Count to, min: 1, default: 99}
rules:
  - {holds: "lower <= upper", in: lines, at: upper, message: "must not be below the lower count"}
limits: {seconds: 5}
columns:
  bill_no: {type: integer, description: "Bill."}
  gem_code: {type: text, description: "Code."}
  gems: {type: integer, description: "How many."}
  gross_g: {type: "decimal(9,3)", description: "Gross weight in g."}
  note: {type: text, description: "Note."}
checks:
  - not_null: [bill_no, gem_code]
chart: {title: "Weight by gem", x: gem_code, y: "sum(gross_g)"}
show: {columns: [bill_no, gem_code, gems, note], sort: [bill_no desc]}
*/
"""
SELECT = """select item.bill_no, item.gem_code, item.gems, item.gross_g, item.note
from core.fact_gem as item
where exists (
    select 1 from request.lines as line
    where line.code = item.gem_code and line.lower <= item.gems and item.gems <= line.upper
)
    and (:match = 'any' or (select count(*) from request.lines) > 0)
    and (:since is null or item.pledged_on >= :since)
    and (:note is null or item.note = :note)
    and (item.gem_code in (select value from request.codes) or not exists (select 1 from request.codes))
"""
PLEDGERS = """/*
title: Pledgers
description: Who pledged.
grain: one row a bill
columns:
  bill_no: {type: integer, description: "Bill."}
  pledger: {type: text, description: "Who pledged."}
chart: {title: "Bills", x: pledger, y: "count(*)"}
show: {sort: [pledger desc]}
*/
select bill_no, pledger from core.fact_gem where bill_no <= 3
"""


@dataclass(frozen=True)
class Shop:
    """The platform's parts behind the pages."""

    settings: Settings
    folder: Path
    reports: Reports
    requests: Requests
    warehouse: PostgresWarehouse

    @property
    def file(self) -> Path:
        """The report's file."""
        return self.folder / "reports" / "gem_check.sql"

    def ask(self, name: str = "gem_check", **raw: Any) -> str:
        """The id of a request that waits for its run; as nothing runs here, none begins by itself."""
        report = self.reports.report(name)
        asked = {"lines": [{"code": "b1"}], **raw} if "lines" in report.parameters else raw
        return self.reports.submit(report, self.reports.read(report, asked), "ada", "form").id

    def run(self, id_: str) -> None:
        """Make a request's extract, as its run does."""
        report = self.reports.report(self.requests.find(id_).report)
        origin = Origin(run_id="r", asset=f"reports.{report.name}")
        extracts = Extracts(open_lake(self.settings.lake_location, region=None, endpoint_url=None))
        making = Making(report, self.warehouse, extracts, self.requests, uuid.uuid4().hex, origin)
        self.requests.tell(id_, "launched", run_id="r")
        making.make(self.requests.find(id_))

    def tell(self, id_: str, *events: Event, **more: Any) -> None:
        """Bring a request into a state."""
        for event in events:
            assert self.requests.tell(id_, event, **more)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A warehouse with pledged gems, and the report on them."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "reports").mkdir()
    (folder / "reports" / "gem_check.sql").write_text(HEADER + SELECT)
    (folder / "reports" / "pledgers.sql").write_text(PLEDGERS)
    source = Source("shop", tables=(GEM, PLEDGE), models=folder)
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    with connect(settings) as databases:
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))
        gems = " UNION ALL ".join(f"SELECT '{code}' AS gem_code, 'Gem {code}' AS gem" for code in CODES)
        warehouse.replace(GEM, Select(gems))
        notes = " ".join(
            f"WHEN {place} THEN '{note.replace(chr(39), chr(39) * 2)}'" for place, note in enumerate(NOTES)
        )
        warehouse.replace(
            PLEDGE,
            Select(
                f"SELECT n AS bill_no, 'b' || (n % 7 + 1) AS gem_code, n % 5 + 1 AS gems, n * 0.125 AS gross_g, "
                f"DATE '2024-01-01' + n AS pledged_on, CASE n % {len(NOTES)} {notes} END AS note, "
                f"'Person ' || n AS pledger "
                f"FROM generate_series(1, {BILLS}) AS n"
            ),
        )
        reports = Reports(settings, databases)
        reports._declared = DeclaredReports(settings.home, Sources((source,), {}))
        yield Shop(settings, folder, reports, Requests(lambda: databases.url("app")), warehouse)
        reports.close()


def behind(pages: ASGIApp, role: Role, *scopes: str) -> ASGIApp:
    """The pages and the look as the gateway has them, for somebody with a role."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    look = Starlette(routes=[Mount(LOOK, Files(directory=STATIC))])
    who = Principal("ada", roles_up_to(role), frozenset(scopes))

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        application = look if scope["path"].startswith(LOOK) else pages
        await application(with_principal(scope, who), receive, send)

    return web


@pytest.fixture(scope="package")
def site(shop: Shop) -> Iterator[str]:
    """The address of the pages, for an operator."""
    pages = create_pages(shop.reports, shop.settings, "a secret of the tests")
    with served(behind(pages, Role.OPERATOR), limits=Limits()) as found:
        yield found.url


@dataclass
class Person:
    """Somebody with a browser's cookies, but without a browser."""

    client: httpx.Client

    def open(self, path: str) -> httpx.Response:
        """A page."""
        return self.client.get(path)

    def hidden(self, page: str) -> dict[str, str]:
        """The hidden fields of a page's last form."""
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
        return {name: unescape(value) for name, value in found}

    def send(self, path: str, pairs: list[tuple[str, str]], form: str = "/reports/gem_check") -> httpx.Response:
        """Fill in the form of a page and send it to a path."""
        fields = [*self.hidden(self.open(form).text).items(), *pairs]
        return self.post(path, fields)

    def post(self, path: str, pairs: list[tuple[str, str]]) -> httpx.Response:
        """Send fields as they are."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.client.post(path, content=urlencode(pairs, errors="surrogatepass"), headers=kind)


@pytest.fixture
def person(site: str) -> Iterator[Person]:
    """An operator."""
    with httpx.Client(base_url=site, timeout=30) as client:
        yield Person(client)


def line(number: int, code: str = "b1", lower: str = "1", upper: str = "99") -> list[tuple[str, str]]:
    """The fields of one line of the form."""
    return [(f"lines.{number}.code", code), (f"lines.{number}.lower", lower), (f"lines.{number}.upper", upper)]


def beside(page: str, id_: str) -> str:
    """The message that stands beside a field; empty where there is none."""
    found = re.search(rf'id="{id_}-error">([^<]*)<', page)
    return unescape(found.group(1)).strip() if found else ""
