"""A log of what people enter into a form: a table of the database `app` that is only added to, and what is pulled.

Entries are numbered in the order in which they are committed, so that what lies above the newest one in the lake is
what is new. In the lake they are JSON lines, an object a pull, named by its first and last entry. What an entry holds
is the form's matter. Loads without Dagster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from tributary.assets.factory.objects import Objects, SourceObject, Span, as_listed
from tributary.resources.app_database import AppDatabase
from tributary.resources.errors import TributaryError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.table import quoted

if TYPE_CHECKING:
    from tributary.resources.settings import Settings

PIECE = 10_000
"""Entries an object at most."""

_DDL = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {table} (
    entry_id bigint PRIMARY KEY, recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by text NOT NULL, details jsonb NOT NULL
);
COMMENT ON TABLE {table} IS 'What was entered into a form; only added to.'
"""


class EntryLogError(TributaryError):
    """What the lake holds is not of this log."""


class Pulled(NamedTuple):
    """What a pull did: how many entries and objects are new, and the newest entry that the lake holds."""

    entries: int
    objects: int
    newest: int


@dataclass(frozen=True)
class EntryLog:
    """A log, `<schema>.log` in the database `app`, and the prefix of its entries in the lake."""

    schema: str
    prefix: str

    @property
    def resource(self) -> str:
        """The name of the resource by which it is read."""
        return f"{self.schema}_app"

    def resources(self, settings: Settings) -> Mapping[str, object]:
        """The source's resource."""
        return {self.resource: AppDatabase(lambda: self.url(settings))}

    def url(self, settings: Settings) -> str:
        """The URL of its database."""
        from tributary.resources.postgres.shared import shared_databases

        return shared_databases(settings).url("app")

    def make(self, url: str) -> None:
        """Make the table where it is missing, in the database of a URL."""
        import psycopg

        with psycopg.connect(url) as connection:
            # Two processes may begin at once.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._table,))
            connection.execute(_DDL.format(schema=quoted(self.schema), table=self._table).encode())

    def append(self, url: str, details: Mapping[str, object], by: str) -> int:
        """Add an entry of somebody, and give its number; it is durable then."""
        import psycopg

        with psycopg.connect(url) as connection:
            # One at a time: a number that is lower than one which can be read is never to come.
            connection.execute(f"LOCK TABLE {self._table} IN SHARE ROW EXCLUSIVE MODE".encode())
            query = (
                f"INSERT INTO {self._table} (entry_id, entered_by, details) "
                f"SELECT coalesce(max(entry_id), 0) + 1, %s, %s::jsonb FROM {self._table} RETURNING entry_id"
            )
            row = connection.execute(query.encode(), (by, json.dumps(details))).fetchone()
        assert row is not None  # noqa: S101 - one row was inserted
        return int(row[0])

    def newest(self, app: AppDatabase) -> int:
        """The number of the newest entry; 0 without any."""
        with app.snapshot() as snapshot:
            if not snapshot.row("SELECT to_regclass(%s) IS NOT NULL AS there", (self._table,))["there"]:
                return 0
            return int(snapshot.row(f"SELECT coalesce(max(entry_id), 0) AS n FROM {self._table}")["n"])

    def held(self, lake: Lake) -> int:
        """The number of the newest entry that the lake holds; 0 without any."""
        return self._span(self._last(lake))[1]

    def pull(self, app: AppDatabase, lake: Lake) -> Pulled:
        """Bring the entries that the lake does not hold into it.

        Raises:
            EntryLogError: the newest that it holds is not in the database, or another one there.
            AppDatabaseError: the database cannot be read.
        """
        last = self._last(lake)
        held, entries, objects = self._span(last)[1], 0, 0
        if not self.newest(app) and not held:
            return Pulled(0, 0, 0)
        with closing(self._lines(app, held)) as lines:
            if last and next(lines, (0, b""))[1].rstrip() != lake.get(last).splitlines()[-1]:
                raise EntryLogError(
                    f"The lake holds entries of {self.schema} up to {held}, which is another one in the database, or "
                    f"not there: point TRIBUTARY_POSTGRES_URL at the right server, or delete the objects under "
                    f"{lake.url(self.prefix.rstrip('/'))} and the table made of them to begin anew."
                )
            while piece := list(islice(lines, PIECE)):
                held = piece[-1][0]
                lake.put(f"{self.prefix}{piece[0][0]:020}-{held:020}.jsonl", b"".join(line for _, line in piece))
                entries, objects = entries + len(piece), objects + 1
        return Pulled(entries, objects, held)

    def objects(self) -> Objects:
        """The objects of its entries, for a table that each run makes of all that is new."""
        return Objects(self._listed)

    @property
    def _table(self) -> str:
        return f'{quoted(self.schema)}."log"'

    def _lines(self, app: AppDatabase, first: int) -> Generator[tuple[int, bytes], None, None]:
        query = (
            "SELECT entry_id, to_json(recorded_at) #>> '{}' AS recorded_at, entered_by, details::text AS details "
            f"FROM {self._table} WHERE entry_id >= %s ORDER BY entry_id"
        )
        with app.snapshot() as snapshot:
            yield from ((row["entry_id"], _line(row)) for row in snapshot.rows(query, (max(first, 1),)))

    def _last(self, lake: Lake) -> str:
        return max((one.key for one in lake.list(self.prefix) if self._span(one.key)[1]), default="")

    def _span(self, key: str) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{20})-(\d{20})\.jsonl", key.removeprefix(self.prefix))
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def _listed(self, lake: Lake, _: Span | None) -> Iterator[SourceObject]:
        return (as_listed(one) for one in lake.list(self.prefix) if self._span(one.key)[1])


def _line(row: Mapping[str, Any]) -> bytes:
    """An entry as a line; the same bytes whenever it is read, as the details are the database's own text."""
    head = json.dumps({name: row[name] for name in ("entry_id", "recorded_at", "entered_by")}, ensure_ascii=False)
    return f'{head[:-1]}, "details": {row["details"]}}}\n'.encode()
