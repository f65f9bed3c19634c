"""`/metrics` of a web process in front of a warehouse that was made, as Prometheus reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.collector.serving import WRITE_KEY, stream_of
from tests.conftest import RetailWarehouse
from tests.gateway.serving import served
from tributary.identity.keys import add_key
from tributary.identity.tables import open_tables
from tributary.launcher.state import write_state
from tributary.resources.gateway.patience import Limits
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Role
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Rejected
from tributary.web.app import create_app, policy_of

pytestmark = [pytest.mark.xdist_group("sample_retail"), pytest.mark.timeout(300)]

ODD = "staged.of_nobody"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Site(NamedTuple):
    url: str
    key: str

    def get(self, path: str, key: str | None = None, **headers: str) -> httpx.Response:
        return httpx.get(
            f"{self.url}{path}", headers={"Authorization": f"Bearer {key or self.key}", **headers}, timeout=60
        )

    def metrics(self) -> Series:
        answer = self.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        found: Series = {}
        for family in text_string_to_metric_families(answer.text):
            for one in family.samples:
                found[one.name, frozenset(one.labels.items())] = one.value
        return found


@pytest.fixture(scope="module")
def site(sample_retail: RetailWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = Settings(
        _env_file=None, home=sample_retail.home, collector_write_key=WRITE_KEY, login="users", dagster_port=9
    )
    with connect(settings) as databases:
        key = add_key(open_tables(databases.url("app")), "prometheus", Role.VIEWER, [], None)
        odd = [Rejected(number, 0, b"odd", "it is odd") for number in (1, 2)]
        sample_retail.warehouse.reject(ODD, {"odd.csv": odd})
        stream = stream_of(tmp_path_factory.mktemp("events"))
        with served(create_app(settings, databases, stream), policy_of(settings), limits=Limits()) as found:
            yield Site(found.url, key)
        stream.close()
        sample_retail.warehouse.reject(ODD, {"odd.csv": []})


def value(found: Series, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_how_the_platform_stands_is_read_of_what_runs_left(site: Site, sample_retail: RetailWarehouse) -> None:
    write_state(sample_retail.home, {"daemon": True, "web": False}, {"daemon": 1, "web": 2, "launcher": 3})
    found = site.metrics()
    rows = sample_retail.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"]
    assert value(found, "tributary_asset_rows", asset="gold.household_summary") == rows
    assert value(found, "tributary_table_rows", table="gold.household_summary") == rows
    assert value(found, "tributary_asset_failed", asset="gold.household_summary") == 0
    assert 0 < value(found, "tributary_asset_seconds", asset="gold.household_summary") < 60
    made = value(found, "tributary_asset_made_timestamp_seconds", asset="gold.household_summary")
    assert time.time() - 3600 < made < time.time()
    assert 0 < value(found, "tributary_table_age_seconds", table="core.dim_date") < 3600
    assert sum(number for (name, _), number in found.items() if name == "tributary_runs") >= 1
    assert value(found, "tributary_quarantine_records", table=ODD) == 2
    assert value(found, "tributary_part_up", part="daemon") == 0
    assert value(found, "tributary_part_up", part="web") == 1
    assert found["tributary_disk_free_bytes", frozenset()] > 0
    assert value(found, "tributary_answers", of="records") == value(found, "tributary_answers", of="warehouse") == 1
    assert value(found, "tributary_answers", of="dagster") == 0, "nobody listens at its port"
    assert found["process_resident_memory_bytes", frozenset()] > 0


def test_requests_are_counted_by_route_however_many_addresses_are_asked(site: Site) -> None:
    for number in range(12):
        assert site.get(f"/catalog/tables/core.nothing_{number}").status_code == 404
        site.get(f"/no/such/page/{number}")
        site.get(f"/api/v1/tables/gold.nothing_{number}")
    assert site.get("/catalog/tables/core.dim_date").status_code == 200
    httpx.post(f"{site.url}/v1/batch", json={"batch": [], "writeKey": WRITE_KEY})
    found = site.metrics()
    routes = {dict(labels)["route"] for name, labels in found if name == "tributary_http_requests_total"}
    assert not [route for route in routes if any(digit in route.replace("/v1", "") for digit in "0123456789")], routes
    assert len(routes) < 30
    assert "/v1" in routes
    counted = {
        dict(labels)["route"]: number
        for (name, labels), number in found.items()
        if name == "tributary_http_request_seconds_count"
    }
    assert max(number for route, number in counted.items() if route.startswith("/catalog")) >= 13
    assert max(number for route, number in counted.items() if route.startswith("/api/v1")) >= 12


def test_who_may_not_read_is_told_nothing(site: Site) -> None:
    site.get("/metrics")
    for answer in (httpx.get(f"{site.url}/metrics"), site.get("/metrics", "another key")):
        assert answer.status_code in (302, 303, 401)
        assert "tributary_" not in answer.text
    assert httpx.get(f"{site.url}/metrics", headers={"Host": "evil.example"}).status_code == 421


def test_the_form_that_is_asked_for_is_given(site: Site) -> None:
    answer = site.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
