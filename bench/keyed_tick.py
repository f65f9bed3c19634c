"""Twenty new events, and what it costs facts and histories to follow them by keys, beside making them whole.

Twice, with ten times the history the second time: the cost must be that of the change. Written rows are counted by the
server; written files are relations that it creates, by its write-ahead log.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import psycopg

from bench.bed import Bed
from bench.clock import Timing, best, metered
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.lineage import ModelLineage
from tributary.assets.factory.model import SqlModel, read_model
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.sql_assets import keyed_model, write_model
from tributary.assets.sneakers.tables import EVENTS
from tributary.assets.social import tables as social
from tributary.resources.postgres.binaries import program
from tributary.resources.settings import PROJECT_ROOT
from tributary.resources.warehouse.base import NOBODY, Batches, Select, WriteReport
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import SourceObjects

DATABASE = "bench_keyed"
KEYED = (
    "core.dim_social_user",
    "core.bridge_social_identity",
    "core.fact_social_event",
    "staged.sneaker_entries",
    "core.dim_sneaker",
)
EVENTS_AT_ONE = 100_000
"""Events of each of the two sources at 1 times the history."""
TICK = 20
TICKS = 5
LIMIT = 0.1
GROWTH = 1.5
SOURCES = (*social.TABLES, EVENTS)


@dataclass(frozen=True)
class Cost:
    """What a tick or a rebuild took: time, rows that came or went, relations created, megabytes of log."""

    timing: Timing
    rows: int
    files: int
    megabytes: float

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.files} files and {self.megabytes:.1f} MB of log written"


class Place:
    """A warehouse with a history of so many events of each source."""

    def __init__(self, bed: Bed, size: int) -> None:
        self._bed, self._size, self._ticks = bed, size, 0
        bed.empty_database(DATABASE)
        self._url = bed.databases.url("app").replace(f"/{bed.databases.name('app')}?", f"/{DATABASE}?")
        self._warehouse = PostgresWarehouse(lambda: self._url)
        self._models = _models()
        every = {table.key: table for table in (*SOURCES, DIM_DATE)}
        self._lineage = ModelLineage(every | {key: model.table for key, model in self._models.items()})
        self._warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))
        for table, select in _history(size).items():
            self._warehouse.replace(_uncounted(table), Select(select), window=SourceObjects("source_object", ["0"]))
        self.rebuild()
        self.tick()  # makes the indexes

    def rebuild(self) -> Cost:
        """Make all tables whole."""
        return self._measured(forced=True)

    def tick(self) -> Cost:
        """Load twenty events, which is not measured, and let all tables follow."""
        self._ticks += 1
        name = f"1-{self._ticks}"
        for table, select in _news(self._size, self._ticks, name).items():
            self._warehouse.replace(_uncounted(table), Select(select), window=SourceObjects("source_object", [name]))
        return self._measured(forced=False)

    def _measured(self, *, forced: bool) -> Cost:
        self._bed.settle()
        with psycopg.connect(self._url, autocommit=True) as pg:
            written, begun = _written(pg), _place(pg)
            with metered(self._bed.data) as reading:
                reports = [self._make(model, forced=forced) for model in self._models.values()]
            rows = sum(count - written.get(relation, 0) for relation, count in _written(pg).items())
            ended = _place(pg)
        if any((report.keys is None) is not forced for report in reports):
            raise BenchError(f"The tables did not follow by keys as they should: {[one.keys for one in reports]}.")
        return Cost(Timing(reading.wall, reading.cpu), rows, self._created(begun, ended), (ended - begun) / 1e6)

    def _make(self, model: SqlModel, *, forced: bool) -> WriteReport:
        keyed = keyed_model(model, self._lineage)
        return write_model(self._warehouse, model, None, NOBODY, forced=forced, keyed=keyed)[0]

    def _created(self, begun: int, ended: int) -> int:
        """The relations created between two places of the log."""
        words = ["-p", str(self._bed.data / "pg_wal"), "-r", "Storage", "-s", _lsn(begun), "-e", _lsn(ended)]
        done = subprocess.run([program("pg_waldump"), *words], capture_output=True, text=True, check=False)
        return done.stdout.count("desc: CREATE")


def keyed_tick(bed: Bed) -> list[Figure]:
    """A tick and a rebuild at 1 and at 10 times the history."""
    figures, ticks = [], []
    for times in (1, 10):
        place = Place(bed, times * EVENTS_AT_ONE)
        costs = [place.tick() for _ in range(TICKS)]
        whole = place.rebuild()
        ticks.append(best([cost.timing for cost in costs]))
        most = max(costs, key=lambda cost: cost.rows)
        figures.append(
            Figure(
                "keyed_tick",
                f"{TICK} events of each source into {len(KEYED)} tables, {times * EVENTS_AT_ONE:,} events before",
                ticks[-1],
                "the same tables made whole",
                whole.timing,
                ratio_at_most(ticks[-1], whole.timing, LIMIT) if times > 1 else None,
                f"at most {most}; made whole, {whole}.",
            )
        )
    tick = f"{TICK} events, 10 times the history"
    return [
        *figures,
        Figure("keyed_tick", tick, ticks[1], "1 times", ticks[0], ratio_at_most(ticks[1], ticks[0], GROWTH)),
    ]


def _written(pg: psycopg.Connection) -> dict[int, int]:
    """Rows that came and went so far, by the relation in which a table's rows stand."""
    found = pg.execute(
        "SELECT s.relid, s.n_tup_ins + s.n_tup_del FROM pg_stat_user_tables AS s JOIN pg_inherits AS i "
        "ON i.inhrelid = s.relid"
    )
    return {int(relation): int(count) for relation, count in found}


def _place(pg: psycopg.Connection) -> int:
    """Where the write-ahead log ends, in bytes."""
    row = pg.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    return int(row[0]) if row else 0


def _lsn(place: int) -> str:
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


def _models() -> Mapping[str, SqlModel]:
    root = PROJECT_ROOT / "sql"
    folders = ModelFolders.under(root)
    paths = [path for source in ("social", "sneakers") for path in (root / source).rglob("*.sql")]
    found = {model.key: model for path in paths for model in [read_model(path, folders)] if model.key in KEYED}
    needs = {key: {other for other in model.reads if other in found} for key, model in found.items()}
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}


def _uncounted(table: Table) -> Table:
    """The table without the checks on what a reader counted, as there is none here."""
    return replace(table, checks=tuple(check for check in table.checks if not isinstance(check, CountCheck)))


def _history(size: int) -> Mapping[Table, str]:
    """Events of each source before the ticks: a tenth as many users and pairs as events."""
    return _made(f"generate_series(1, {size}) AS g", size, "0")


def _news(size: int, tick: int, name: str) -> Mapping[Table, str]:
    """Twenty events of each source, of users and pairs all over."""
    first = size + tick * TICK
    return _made(f"generate_series({first}, {first + TICK - 1}) AS g", size, name)


def _made(numbers: str, size: int, name: str) -> Mapping[Table, str]:
    """Rows of each table, a function of their numbers; of social events each fifth is of the same kind."""
    people = size // 10
    # A step that shares no factor with the number of people leads to all of them in no order.
    person, other = (f"'u' || ((g * {step}::bigint) % {people})" for step in (7_919, 104_729))
    moment = "(timestamp '2026-01-01' + g * interval '1 second')"
    message = f"'m' || g AS message_id, {moment} AS timestamp, {moment} AS sent_at, {moment} AS received_at"
    delivery = (
        f"{message}, '{name}' AS source_object, g::bigint AS record_offset, {person} AS user_id, "
        f"'b' || {person} AS anonymous_id"
    )
    own = {
        "social_users": "'n' || g % 5 AS username, 'e' || g AS email, 'about' AS about_me, '{}' AS traits",
        "social_posts": f"'p' || g AS post_id, {moment} AS published_at, 'words' AS body",
        "social_follows": f"{other} AS user_id_recipient",
        "social_unfollows": f"{other} AS user_id_recipient",
        "social_reactions": "'p' || g % 1000 AS post_id",
        "social_other_events": "'page' AS type, NULL AS event, NULL AS previous_id, '{}' AS properties",
    }
    found = {
        table: f"SELECT {delivery}, {own[table.name]} FROM {numbers} WHERE g % {len(social.TABLES)} = {place}"
        for place, table in enumerate(social.TABLES)
    }
    kind = f"CASE WHEN g <= {people} THEN 'bought' WHEN g % 50 = 7 THEN 'edited' ELSE 'worn' END"
    given = "CASE WHEN type = 'bought' THEN"
    events = f"""
        SELECT g::bigint AS event_id, type AS type, (g * 7919::bigint) % {people} + 1 AS sneaker_id,
            {given} g % 40 + 1 END AS manufacturer_id, {moment}::date AS event_date, {moment} AS event_time,
            {moment} AS recorded_at, {given} 'Pair' END AS name, {given} 'White' END AS color,
            {given} 'Suede' END AS material, {given} 100 END AS purchase_price,
            {given} 'Brand' || g % 40 END AS brand,
            CASE WHEN type = 'edited' THEN g - {people} END AS target_event_id,
            CASE WHEN type = 'edited' THEN 'event_date,event_time' END AS changed_fields,
            CASE WHEN type = 'edited' THEN {moment}::date - 1 END AS changed_event_date,
            CASE WHEN type = 'edited' THEN {moment} - interval '1 day' END AS changed_event_time,
            '{name}' AS source_object, g::bigint AS record_offset
        FROM (SELECT g, {kind} AS type FROM {numbers}) AS k"""
    return {table: _with_nulls(table, select) for table, select in {**found, EVENTS: events}.items()}


def _with_nulls(table: Table, select: str) -> str:
    """The SELECT with each column of the table that it does not name, as null."""
    named = set(re.findall(r" AS (\w+)", select))
    absent = [f"NULL AS {column.name}" for column in table.columns if column.name not in named]
    return f"SELECT {', '.join(['made.*', *absent])} FROM ({select}) AS made"
