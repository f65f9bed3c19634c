"""The tables of the record of requests: in the schema `reports` of the database `app`, append-only.

`versions` makes the tables; here is what they hold. What may follow what is `requests`', how rows are read and written
`record`'s matter.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    MetaData,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from tributary.assets.reporting.requests import RecordError
from tributary.resources.postgres.migrating import TablesError, migrate, open_engine

SCHEMA = "reports"
_VERSIONS = Path(__file__).with_name("versions")
_OPTIONS = "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=30s"
_POOL = 5

metadata = MetaData(schema=SCHEMA)
_NOW = func.clock_timestamp()

request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("who", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("key", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("notify", Text, nullable=False, server_default=""),
    Column("token", Text),
)
"""What was asked, by whom, of which version of the report's file; `key` is that of the parameters, and `token` that
of the form or call that asked, so that what is sent twice is asked once."""

event = Table(
    "request_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("request_id", Text, ForeignKey(request.c.id), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("event", Text, nullable=False),
    Column("run_id", Text, nullable=False, server_default=""),
    Column("rows", BigInteger),
    Column("sentence", Text, nullable=False, server_default=""),
)
"""What became of a request; its state is that of its last event. `rows` are those written so far, or in all."""

saved = Table(
    "saved_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("saved_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("who", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("notify", Text, nullable=False, server_default=""),
    Column("removed_at", DateTime(timezone=True)),
    Column("token", Text),
)
"""Requests that are asked again and again, at the times of a cron expression in a time zone; `token` as above."""

evaluation = Table(
    "evaluation",
    metadata,
    Column("saved_id", Text, ForeignKey(saved.c.id), primary_key=True),
    Column("due_at", DateTime(timezone=True), primary_key=True),
    Column("request_id", Text, ForeignKey(request.c.id)),
    Column("sentence", Text, nullable=False, server_default=""),
)
"""Which times of a saved request were seen to, written together with the request; or why there is none."""


def open_tables(url: str, *, keeps: bool = False) -> Engine:
    """The database's engine, with the tables made where they are missing; processes that do it at once take turns.

    Args:
        url: of the database `app`; any PostgreSQL URL, whichever driver it names.
        keeps: whether connections are kept for the next use. A server that stops with its last user waits for those.

    Raises:
        RecordError: the tables cannot be made.
    """
    engine = open_engine(url, "tributary reports", _OPTIONS, _POOL if keeps else None)
    try:
        migrate(engine, SCHEMA, _VERSIONS)
    except TablesError as error:
        engine.dispose()
        raise RecordError(f"The record of requests cannot be opened: {error}") from None
    return engine
