"""A form app on an empty database, served over HTTP, and a collector who fills in its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
from flask import Flask
from sqlalchemy import Engine
from tests.answering import begin
from werkzeug.serving import make_server

from tributary.assets.sneakers.app.app import create_app
from tributary.assets.sneakers.app.database import migrate, open_engine, open_sessions
from tributary.assets.sneakers.app.service.opening import SneakerService, open_service
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.resources.principal import OWNER, with_principal

TODAY = date(2025, 6, 15)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database with the app's tables."""
    found = open_engine(database_url)
    migrate(found)
    yield found
    found.dispose()


@pytest.fixture
def service(engine: Engine) -> SneakerService:
    """The service, on 15 June 2025."""
    return open_service(open_sessions(engine), lambda: TODAY)


@pytest.fixture
def brand(service: SneakerService) -> int:
    """The id of a brand."""
    found = service.brands.add(uuid4(), "Nike").manufacturer_id
    assert found is not None
    return found


@pytest.fixture
def pair(service: SneakerService, brand: int) -> int:
    """The id of a pair that was bought on 1 May 2025 for 120.00."""
    found = service.pairs.buy(uuid4(), purchase(brand), date(2025, 5, 1)).sneaker_id
    assert found is not None
    return found


def purchase(brand: int | None, **changes: Any) -> Purchase:
    """A purchase that is fine."""
    values: dict[str, Any] = {"name": "Dunk Low", "color": "red", "material": "suede", "price": "120"}
    return Purchase(**values | {"manufacturer_id": brand} | changes)


@pytest.fixture
def app(database_url: str) -> Flask:
    """The app, on 15 June 2025, as its owner sees it."""
    made = create_app(database_url, "a secret of the tests", today=lambda: TODAY)
    asked, scope = made.wsgi_app, with_principal({}, OWNER)
    made.wsgi_app = lambda environ, start: asked({"asgi.scope": scope, **environ}, start)  # type: ignore[method-assign]
    return made


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address at which the app is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = begin(server)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def collector(site: str) -> Iterator[Collector]:
    """Somebody with a browser's cookies, but without a browser."""
    with httpx.Client(base_url=site, timeout=20) as client:
        yield Collector(client)


@dataclass
class Collector:
    """Opens pages and sends their forms, hidden fields included."""

    client: httpx.Client
    hidden: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> str:
        """The text of a page; its form's hidden fields are kept for `send`."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        self.hidden = {
            name: unescape(value)
            for name, value in re.findall(r'<input[^>]*name="(\w+)"[^>]*type="hidden" value="([^"]*)"', answer.text)
        }
        return answer.text

    def send(self, path: str, **values: object) -> httpx.Response:
        """Send the form that was opened, as often as one likes."""
        return self.client.post(path, data={**self.hidden, **{name: str(value) for name, value in values.items()}})

    def fill(self, path: str, **values: object) -> httpx.Response:
        """Open a form and send it once."""
        self.open(path)
        return self.send(path, **values)


def error_beside(page: str, name: str) -> str:
    """The message that a page shows beside a field; empty where there is none."""
    found = re.search(rf'id="{name}-error">([^<]*)<', page)
    return unescape(found.group(1)) if found else ""
