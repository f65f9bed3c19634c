"""Personal data in pages is for whoever has the scope `pii`, whatever else they may."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine
from tests.gateway.conftest import Site
from tests.sneakers.app.conftest import Collector, purchase

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.service.opening import open_service
from tributary.identity.keys import add_key
from tributary.resources.principal import Role

pytestmark = pytest.mark.xdist_group("gateway_dagster")


def test_whom_a_pair_was_given_to(site: Site, engine: Engine) -> None:
    today = datetime.now(UTC).date()
    service = open_service(open_sessions(engine), lambda: today)
    brand = service.brands.add(uuid.uuid4(), f"Brand {uuid.uuid4().hex[:8]}").manufacturer_id
    pair = service.pairs.buy(uuid.uuid4(), purchase(brand), today - timedelta(days=9)).sneaker_id
    given = service.pairs.give(uuid.uuid4(), pair, today - timedelta(days=2), "Maya Example").event_id
    page = f"{site.origin}/sneakers/sneakers/{pair}"

    def client(scopes: list[str], role: Role) -> httpx.Client:
        key = add_key(engine, f"people-{uuid.uuid4().hex[:8]}", role, scopes, None)
        return httpx.Client(base_url=site.origin, headers={"Authorization": f"Bearer {key}"})

    with client(["pii"], Role.VIEWER) as sees, client([], Role.OPERATOR) as corrects, client([], Role.VIEWER) as looks:
        assert "to Maya Example" in sees.get(page).text
        for path in (page, f"/sneakers/entries/{given}/undo", f"/sneakers/entries/{given}/edit", "/sneakers/"):
            for one in (corrects, looks):
                assert "Maya" not in one.get(path).text, path
        assert "to …" in looks.get(page).text
        # What is not shown is not asked for, and stays as it is.
        collector = Collector(corrects)
        collector.open(f"/sneakers/entries/{given}/edit")
        day = (today - timedelta(days=1)).isoformat()
        sent = {**collector.hidden, "event_date": day, "recipient": "nobody"}
        assert corrects.post(f"/sneakers/entries/{given}/edit", data=sent).status_code == 303
        after = sees.get(page).text
        assert "to Maya Example" in after
        assert "corrected" in after
