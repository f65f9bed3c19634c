"""What the form app logs when it fails: where and of what kind, never what somebody typed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from tests.sneakers.app.conftest import Collector

from tributary.resources.gateway.logs import described, hide_values

SECRET = "Maya's secret birthday pair"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def test_a_database_that_refuses_tells_no_statement_and_no_value(
    collector: Collector, pg: psycopg.Connection[Any], logged: pytest.LogCaptureFixture
) -> None:
    collector.open("/brands/add")
    pg.execute("ALTER TABLE sneakers.manufacturers ADD CONSTRAINT odd CHECK (name = 'x')")
    answer = collector.send("/brands/add", name=SECRET, collaborator=SECRET)
    assert answer.status_code == 500
    assert SECRET.partition("'")[0] not in answer.text
    told = logged.text
    assert "CheckViolation (state 23514, table manufacturers, constraint odd)" in told
    assert "brands.py" in told
    assert "secret" not in told
    assert "INSERT" not in told


def test_a_page_that_fails_tells_no_value(
    app: Flask, collector: Collector, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(f"no such pair: {SECRET}")

    monkeypatch.setattr("tributary.assets.sneakers.app.views.pages.all_pairs", fail)
    assert app.name
    assert collector.client.get("/sneakers").status_code == 500
    assert "ValueError" in logged.text
    assert "secret" not in logged.text


@pytest.fixture
def factory() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    hide_values()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("factory")
def test_whatever_library_logs_a_failure_no_value_is_told(engine: Engine, logged: pytest.LogCaptureFixture) -> None:
    with pytest.raises(IntegrityError) as raised, engine.begin() as connection:
        connection.execute(text("INSERT INTO sneakers.sneakers (name, color) VALUES (:name, 'red')"), {"name": SECRET})
    logging.getLogger("some.server").error("Exception in ASGI application\n", exc_info=raised.value)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("It failed for %s", "somebody")
    assert "NotNullViolation (state 23502, table sneakers" in logged.text
    assert "It failed for somebody" in logged.text
    assert "secret" not in logged.text
    assert "INSERT" not in logged.text


def test_an_absent_server_is_told_as_such() -> None:
    try:
        psycopg.connect("host=/nowhere dbname=x user=y password=hunter2")
    except psycopg.OperationalError as error:
        told = described(error)
    assert "/nowhere" in told
    assert "hunter2" not in told
