"""A session of one table of an environment: a session of production's table, to all who ask it.

Rows, note and turn are those of the table that stands in for it. So what a write means, and what it is noted to be made
from, is the same in an environment and in production, and what was published here can be published there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tributary.resources.warehouse.base import Note, Select, Source
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Built, EngineSession, MadeWay, Records
from tributary.resources.warehouse.environments.grants import grant_as_production
from tributary.resources.warehouse.environments.holding import RECORDS, ensure, held, note_rejects
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.rewriting import rewritten
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres import records
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.writing import PostgresSession
from tributary.resources.warehouse.quarantine import QUARANTINE
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Window


class EnvironmentSession(EngineSession):
    """One table of an environment in one session; `table` is production's.

    `views` are the views of production's, by `schema.table`, with the tables that each reads; `writes` says whether
    anything may be written.
    """

    def __init__(
        self,
        session: Session,
        table: Table,
        environment: Environment,
        views: Mapping[str, Sequence[str]],
        *,
        writes: bool,
    ) -> None:
        self.table = table
        self._session = session
        self._environment = environment
        self._views = views
        self._writes = writes
        self._inner = PostgresSession(session, environment.table(table))
        self._tables = held(session, environment) | {table.key}
        self._held = self._tables | set(RECORDS)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return self._inner.rows(self._own(sql), params)

    def owned(self, window: Window) -> Sql:
        return self._inner.owned(window)

    def is_any(self, column: str, values: Collection[str]) -> str:
        return self._inner.is_any(column, values)

    def is_current(self) -> bool:
        return self._inner.is_current()

    def note(self) -> Note | None:
        return self._inner.note()

    def renew_note(self, note: Note) -> None:
        self._inner.renew_note(note)

    def versions(self, names: Collection[str]) -> Mapping[str, str | None]:
        return versions(self._inner.versions, self._environment, names, self._tables, self._views)

    def describe(self) -> None:
        self._inner.describe()

    def size(self) -> int:
        return self._inner.size()

    def has(self, name: str) -> bool:
        return self._inner.has(self._key(name))

    def put(
        self,
        name: str,
        owned: Mapping[str, str | Sequence[str]],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        if name == QUARANTINE:
            sources = owned.get("source", "")
            note_rejects(
                self._session,
                self._environment,
                str(owned["table_name"]),
                [sources] if isinstance(sources, str) else sources,
            )
        self._inner.put(self._key(name), owned, columns, rows)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        self._ensure()
        with self._inner.turn(self._environment.key(name if name == self.table.key else "rejects")):
            yield

    @contextmanager
    def writing(self, window: Window | None) -> Iterator[str]:
        self._ensure()
        with self._inner.writing(window) as migrated:
            yield migrated

    def build(self, source: Source, window: Window | None) -> Built:
        if not isinstance(source, Select):
            return self._inner.build(source, window)
        built = self._inner.build(replace(source, sql=self._own(source.sql)), window)
        return replace(built, statement=source.sql)

    def standing(self, window: Window, looked_up: Collection[Sequence[str]]) -> str | None:
        return self._inner.standing(window, looked_up)

    def make_way(self, window: Window, *, remember: bool) -> MadeWay:
        return self._inner.make_way(window, remember=remember)

    def publish(self, window: Window | None, note: Note, changed: int, records: Records) -> None:
        self._inner.publish(window, note, changed, _WithGrants(records, self._grant))

    def discard(self) -> None:
        self._inner.discard()

    def tidy(self) -> None:
        self._inner.tidy()

    def _grant(self) -> None:
        grant_as_production(self._session, self._environment, self.table.key)

    def _ensure(self) -> None:
        if not self._writes:
            name = self._environment.name
            raise WarehouseError(
                f"{self.table.key} is written in {name} by `tributary --env {name} materialize` alone."
            )
        records.ensure(self._session, self._environment.key(self.table.key))
        ensure(self._session, self._environment)

    def _own(self, sql: str) -> str:
        return rewritten(sql, self._environment, self._held)

    def _key(self, name: str) -> str:
        return self._environment.key(name) if name in self._held else name


@dataclass(frozen=True)
class _WithGrants(Records):
    """Grants, in the transaction that publishes."""

    records: Records
    grant: Callable[[], None]

    def announce(self) -> None:
        self.records.announce()

    def write(self) -> None:
        self.records.write()
        self.grant()


def versions(
    ask: Callable[[Collection[str]], Mapping[str, str | None]],
    environment: Environment,
    names: Collection[str],
    tables: Collection[str],
    views: Mapping[str, Sequence[str]],
) -> dict[str, str | None]:
    """As `EngineSession.versions`, by production's names and in its words.

    A table that stands in for a view has the version that the view would have in its place. `ask` gives versions by the
    server's names.
    """
    parts: dict[str, set[str]] = {}
    for name in names:
        reached, waiting = {name}, [name]
        while waiting:
            one = waiting.pop()
            more = set(views.get(one, ())) - reached if one in tables else set()
            reached |= more
            waiting += more
        parts[name] = reached
    wanted = {one: environment.key(one) if one in tables else one for reached in parts.values() for one in reached}
    found = ask(list(wanted.values()))
    known = {one: found[key] for one, key in wanted.items()}
    return {name: _joined([known[one] for one in reached], environment) for name, reached in parts.items()}


def _joined(found: Sequence[str | None], environment: Environment) -> str | None:
    words = [word.removeprefix(environment.prefix) for text in found if text is not None for word in text.split(" ")]
    return None if None in found else " ".join(sorted(set(words)))
