"""Puts the parts of the web process together: which path belongs to which of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tributary.alerts.watching import Watch
from tributary.dagster_client import DagsterClient
from tributary.identity.audit import trim_daily
from tributary.identity.dagster_rules import GRAPHQL, DagsterRules
from tributary.identity.gate import Mounted
from tributary.identity.opening import open_gate
from tributary.identity.rules import ByMethod, Reading
from tributary.identity.signing import DAGSTER, DASHBOARD, signing_key
from tributary.identity.tables import open_tables
from tributary.launcher.services import DAGSTER_PATH, DASHBOARD_PATH
from tributary.problems import Look
from tributary.reports.service import Reports
from tributary.resources.addresses import CATALOG
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.serving import hosts_of
from tributary.resources.linked.files import PATH as LINKED
from tributary.resources.linked.files import application as linked_files
from tributary.resources.look.files import PATH as LOOK
from tributary.resources.look.files import STATIC, Files
from tributary.resources.postgres.databases import Databases
from tributary.resources.secret import session_secret
from tributary.resources.settings import Settings
from tributary.resources.stream.model import EventStream
from tributary.web.api.app import PATH as API_PATH
from tributary.web.api.app import Api
from tributary.web.api.reports import router as report_operations
from tributary.web.catalog.app import create_pages as create_catalog
from tributary.web.catalog.known import Knowing
from tributary.web.collector import COLLECTOR, Collector, normal_path
from tributary.web.front.app import FrontPage
from tributary.web.health import PATH as HEALTH
from tributary.web.health import Health
from tributary.web.machine.app import PATH as PLATFORM
from tributary.web.machine.app import PlatformPage
from tributary.web.machine.disk import Disk, measure_hourly
from tributary.web.metrics.app import PATH as METRICS
from tributary.web.metrics.app import Metrics
from tributary.web.metrics.standing import Standing
from tributary.web.mounts import find_mounts, open_mounts
from tributary.web.proxy import Upstream
from tributary.web.quarantine.app import PATH as QUARANTINE
from tributary.web.quarantine.app import QuarantinePages
from tributary.web.reports.app import LARGEST_FORM, create_pages
from tributary.web.reports.rules import ReportRules
from tributary.web.reports.showing import PATH as REPORTS

LARGEST_OF_DAGSTER = 8 * 1024 * 1024
"""Bytes of a request: a backfill that names a hundred thousand partitions has less than two million."""

_LARGEST_BODY = 64 * 1024


def create_app(settings: Settings, databases: Databases, stream: EventStream) -> ASGIApp:
    """The web process's application; the stream stays its opener's to close."""
    collector = Collector(stream, settings.collector_write_key.get_secret_value())
    dagster = Upstream(DAGSTER, settings.dagster_origin, signing_key(settings.home))
    dashboard = Upstream(DASHBOARD, settings.dashboard_origin, signing_key(settings.home))
    reports = Reports(settings, databases)
    api = Api(databases, settings.home, [report_operations(reports)], copy_of=settings.copied_from)
    engine = open_tables(databases.url("app"))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        told = Watch(settings, lambda: look(settings.alerts_quarantine), lambda: databases.url("app"))
        forever = (trim_daily(engine, settings.audit_days), measure_hourly(disk), told.until_cancelled())
        beside = [asyncio.ensure_future(one) for one in forever]
        yield
        for one in beside:
            one.cancel()
        await dagster.close()
        await dashboard.close()
        await api.close()
        reports.close()
        asked.close()

    app = FastAPI(title="Tributary", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    opened = open_mounts(databases, session_secret(settings))
    for one in opened:
        app.mount(one.mount.path, one.app)
    app.mount(API_PATH, api)
    health = Health(lambda: databases.url("app"), settings.home)
    asked = DagsterClient(settings)
    tiles = [
        (f"{DASHBOARD_PATH}/", "Dashboard", "Pictures of every source, each of which filters all others on its page."),
        (f"{DAGSTER_PATH}/", "Dagster", "The asset graph: materialise, backfill, watch the sensors, follow lineage."),
        (f"{CATALOG}/", "Catalogue", "Every table and column: what it means, where it comes from, what depends on it."),
        (f"{REPORTS}/", "Reports", "Questions that are asked by a form, with the answers as tables, charts and files."),
        ("/quarantine/", "Quarantine", "Records that no table could take, with their reasons; they are replayed here."),
        ("/platform/", "Platform", "Processes, disk, runs and what they cost, sensors with their last tick."),
        (f"{API_PATH}/docs", "Data API", "Tables for programs: filters, pages, exports, aggregates, named resources."),
        *(one.tile for one in opened),
        ("", "Event collector", "Segment's calls go to /v1/batch, /v1/track, /v1/identify and so on."),
    ]
    disk = Disk(settings, lambda: databases.url("app"))
    look = Look(settings, asked, health.down)
    app.mount("/", FrontPage(settings, look, health.down, tiles).application)

    mounted = [
        Mounted("", app, ByMethod()),
        # A server behind the one address is one line here: where it is, and what asking it takes.
        Mounted(DAGSTER_PATH, dagster, DagsterRules()),
        Mounted(DASHBOARD_PATH, dashboard, Reading()),
        Mounted(REPORTS, create_pages(reports, settings, session_secret(settings)), ReportRules()),
        Mounted(CATALOG, create_catalog(settings, Knowing(settings.home), api.serving, asked), Reading()),
        Mounted(QUARANTINE, QuarantinePages(settings, asked, session_secret(settings)).application, ByMethod()),
        Mounted(PLATFORM, PlatformPage(settings, asked, health.down, disk).application, Reading()),
        Mounted(LOOK, Starlette(routes=[Mount(LOOK, Files(directory=STATIC))]), None),
        Mounted(LINKED, linked_files(), None),
    ]
    metrics = Metrics(Standing(settings, databases, asked, health.down))
    mounted.append(Mounted(METRICS, metrics.application, Reading()))
    counted = [replace(one, application=metrics.requests.of(one.application, one.prefix)) for one in mounted]
    gate, taking = (
        open_gate(settings, engine, session_secret(settings), counted),
        metrics.requests.of(collector, COLLECTOR),
    )

    async def web(scope: Scope, receive: Receive, send: Send) -> Any:
        # The collector is asked thousands of times a second, so nothing else looks at its requests.
        if is_collector(path := scope.get("path", "")):
            is_health = path.endswith("/health") and normal_path(path) == HEALTH and scope["type"] == "http"
            asked = health if is_health else taking
            return await asked(scope, receive, send)
        return await gate(scope, receive, send)

    return web


def policy_of(settings: Settings) -> Policy:
    """What the web process allows: any page may send events, and nothing else."""
    graphql = frozenset({DAGSTER_PATH + GRAPHQL})
    secure = settings.is_secure
    return Policy(hosts_of(settings), public=is_collector, graphql=graphql, secure=secure, largest_body=_largest_body)


def is_collector(path: str) -> bool:
    """Whether a path belongs to the collector, which passes over slashes too many."""
    path = normal_path(path)
    return path == COLLECTOR or path.startswith(f"{COLLECTOR}/")


def _largest_body(path: str) -> int | None:
    # The collector bounds what it reads, and says so in its own form.
    if is_collector(path):
        return None
    if path.startswith(f"{DAGSTER_PATH}/"):
        return LARGEST_OF_DAGSTER
    if path.startswith(f"{REPORTS}/"):
        return LARGEST_FORM
    return next((one.largest_body for _, one in find_mounts() if path.startswith(f"{one.path}/")), _LARGEST_BODY)
